"""ECR's own API for layers, onto the same blobs that a Docker client pushes and pulls."""

import base64
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from emulator.control_plane.ecr.exceptions import (
    InvalidLayer,
    InvalidLayerPart,
    LayerInaccessible,
    UploadNotFound,
)
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from emulator.data_plane.registry.store import ImageStore, RepositoryKey

PART_SIZE_BYTES = 10 * 1024 * 1024
"""Source: ECR API reference, InitiateLayerUpload: an advisory part size."""

_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class LayerOperations:
    """The layer operations of an ECR backend."""

    runtime: ClassVar[Runtime]

    @property
    def store(self) -> "ImageStore":
        return self.runtime.images

    def key(self, repository_name: str, registry_id: str | None = None) -> "RepositoryKey":
        raise NotImplementedError

    def issue_token(self) -> tuple[str, Any]:
        raise NotImplementedError

    def initiate_layer_upload(
        self, repository_name: str, registry_id: str | None = None
    ) -> dict[str, Any]:
        self.key(repository_name, registry_id)
        return {"uploadId": self.store.blobs.start_upload(), "partSize": PART_SIZE_BYTES}

    def upload_layer_part(
        self,
        repository_name: str,
        upload_id: str,
        part_first_byte: int,
        part_last_byte: int,
        layer_part_blob: bytes,
        registry_id: str | None = None,
    ) -> dict[str, Any]:
        key = self.key(repository_name, registry_id)
        arrived = self._upload_size_bytes(key, upload_id)
        is_whole = part_last_byte - part_first_byte + 1 == len(layer_part_blob)
        if part_first_byte != arrived or not is_whole:
            raise InvalidLayerPart(key.name, key.account_id, upload_id, arrived - 1)
        size = self.store.blobs.append(upload_id, [layer_part_blob], part_first_byte)
        return {**_upload(key, upload_id), "lastByteReceived": size - 1}

    def complete_layer_upload(
        self,
        repository_name: str,
        upload_id: str,
        layer_digests: list[str],
        registry_id: str | None = None,
    ) -> dict[str, Any]:
        key = self.key(repository_name, registry_id)
        self._upload_size_bytes(key, upload_id)
        try:
            digest = self.store.blobs.finish(upload_id, layer_digests[0])
        except ValueError as error:
            raise InvalidLayer(f"Invalid layer upload: {error}") from error
        self.store.link_blob(key, digest)
        return {**_upload(key, upload_id), "layerDigest": digest}

    def batch_check_layer_availability(
        self, repository_name: str, layer_digests: list[str], registry_id: str | None = None
    ) -> dict[str, Any]:
        key = self.key(repository_name, registry_id)
        layers, failures = [], []
        for digest in layer_digests:
            size = self.store.blob_size_bytes(key, digest)
            if size is None:
                failures.append(_missing(digest))
            else:
                layers.append(
                    {
                        "layerDigest": digest,
                        "layerAvailability": "AVAILABLE",
                        "layerSize": size,
                        "mediaType": _LAYER_TYPE,
                    }
                )
        return {"layers": layers, "failures": failures}

    def download_url_for_layer(
        self, repository_name: str, layer_digest: str, registry_id: str | None = None
    ) -> str:
        """Return a URL that needs no further login, as S3's presigned ones on AWS."""
        key = self.key(repository_name, registry_id)
        if self.store.blob_size_bytes(key, layer_digest) is None:
            raise LayerInaccessible(key.name, key.account_id, layer_digest)
        token, _ = self.issue_token()
        endpoint_url = self.runtime.settings.endpoint_url
        return f"{endpoint_url}/v2/{key.name}/blobs/{layer_digest}?token={quote(token)}"

    def _upload_size_bytes(self, key: "RepositoryKey", upload_id: str) -> int:
        try:
            return self.store.blobs.upload_size_bytes(upload_id)
        except LookupError as error:
            raise UploadNotFound(key.name, key.account_id, upload_id) from error


def decode_part(blob: str | bytes) -> bytes:
    """Return a layer part's bytes; ECR's JSON carries them in base64."""
    return base64.b64decode(blob) if isinstance(blob, str) else blob


def _upload(key: "RepositoryKey", upload_id: str) -> dict[str, Any]:
    return {"registryId": key.account_id, "repositoryName": key.name, "uploadId": upload_id}


def _missing(digest: str) -> dict[str, str]:
    return {
        "layerDigest": digest,
        "failureCode": "MissingLayerDigest",
        "failureReason": f"Layer digest '{digest}' could not be found",
    }
