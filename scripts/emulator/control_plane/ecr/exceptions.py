"""The refusals of ECR, by the codes that botocore's model lists."""

from emulator.control_plane.base import AwsError


def _image_id(digest: str | None, tag: str | None) -> str:
    return f"{{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}}"


def _place(repository: str, registry_id: str) -> str:
    return f"repository with name '{repository}' in the registry with id '{registry_id}'"


class InvalidParameter(AwsError):
    code = "InvalidParameterException"


class RepositoryNotEmpty(AwsError):
    code = "RepositoryNotEmptyException"

    def __init__(self, repository: str, registry_id: str) -> None:
        super().__init__(
            f"The {_place(repository, registry_id)} cannot be deleted because it still contains "
            "images"
        )


class ImageNotFound(AwsError):
    code = "ImageNotFoundException"

    def __init__(
        self, repository: str, registry_id: str, digest: str | None, tag: str | None
    ) -> None:
        super().__init__(
            f"The image with imageId {_image_id(digest, tag)} does not exist within the "
            f"{_place(repository, registry_id)}"
        )


class ImageAlreadyExists(AwsError):
    code = "ImageAlreadyExistsException"

    def __init__(self, repository: str, registry_id: str, digest: str, tag: str | None) -> None:
        super().__init__(
            f"Image with digest '{digest}' and tag '{tag or 'null'}' already exists in the "
            f"{_place(repository, registry_id)}"
        )


class ImageTagAlreadyExists(AwsError):
    code = "ImageTagAlreadyExistsException"

    def __init__(self, repository: str, tag: str) -> None:
        super().__init__(
            f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be "
            "overwritten because the tag is immutable."
        )


class ImageDigestDoesNotMatch(AwsError):
    code = "ImageDigestDoesNotMatchException"

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(
            f"The specified imageDigest '{wanted}' does not match the digest '{found}' that Amazon "
            "ECR calculated for the image."
        )


class LayersNotFound(AwsError):
    code = "LayersNotFoundException"

    def __init__(self, repository: str, registry_id: str, digests: list[str]) -> None:
        super().__init__(
            f"Layers with digests '{digests}' required for pushing image do not exist in the "
            f"{_place(repository, registry_id)}"
        )


class ReferencedImagesNotFound(AwsError):
    code = "ReferencedImagesNotFoundException"

    def __init__(self, repository: str, registry_id: str, digests: list[str]) -> None:
        super().__init__(
            f"Images with digests '{digests}' required for pushing image do not exist in the "
            f"{_place(repository, registry_id)}"
        )


class ScanNotFound(AwsError):
    code = "ScanNotFoundException"

    def __init__(
        self, repository: str, registry_id: str, digest: str | None, tag: str | None
    ) -> None:
        super().__init__(
            f"Image scan does not exist for the image with '{_image_id(digest, tag)}' in the "
            f"{_place(repository, registry_id)}"
        )


class UploadNotFound(AwsError):
    code = "UploadNotFoundException"

    def __init__(self, repository: str, registry_id: str, upload_id: str) -> None:
        super().__init__(
            f"Upload with id '{upload_id}' could not be found for the "
            f"{_place(repository, registry_id)}"
        )


class InvalidLayerPart(AwsError):
    code = "InvalidLayerPartException"

    def __init__(
        self, repository: str, registry_id: str, upload_id: str, last_valid_byte: int
    ) -> None:
        super().__init__(
            f"Invalid layer part upload for upload with id '{upload_id}' in the "
            f"{_place(repository, registry_id)}"
        )
        self.registry_id = registry_id
        self.repository_name = repository
        self.upload_id = upload_id
        self.last_valid_byte_received = last_valid_byte


class InvalidLayer(AwsError):
    code = "InvalidLayerException"


class LayerInaccessible(AwsError):
    code = "LayerInaccessibleException"

    def __init__(self, repository: str, registry_id: str, digest: str) -> None:
        super().__init__(
            f"Layer with digest '{digest}' does not exist in the {_place(repository, registry_id)}"
        )
