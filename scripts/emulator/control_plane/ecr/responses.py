"""ECR over HTTP: moto's operations on repositories, ours on images, layers and tokens."""

import base64
import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from emulator.control_plane.base import EmulatedResponse, NotEmulated
from emulator.control_plane.ecr.exceptions import ImageNotFound, ScanNotFound
from emulator.control_plane.ecr.layers import decode_part
from emulator.control_plane.ecr.pages import page

if TYPE_CHECKING:
    from emulator.data_plane.registry.store import ImageRecord

UNSCANNED = {
    "status": "UNSUPPORTED_IMAGE",
    "description": "The operating system and/or package manager are not supported.",
}
"""What ECR says of an image without an operating system, which images built here are.

Source: Amazon ECR user guide, "Troubleshooting image scanning: UnsupportedImageError".
"""

_DIGEST = re.compile(r"[0-9a-zA-Z_+.-]+:[0-9a-fA-F]{64}")


class EcrResponse(EmulatedResponse, ECRResponse):
    """One request to ECR."""

    validation_error_code = "InvalidParameterException"

    # tokens

    def get_authorization_token(self) -> ActionResult:
        token, expires_at = self.ecr_backend.issue_token()
        registries = self._get_param("registryIds") or [self.current_account]
        data = {
            "authorizationToken": base64.b64encode(f"AWS:{token}".encode()).decode(),
            "expiresAt": expires_at,
            "proxyEndpoint": self.ecr_backend.runtime.settings.endpoint_url,
        }
        return ActionResult({"authorizationData": [data for _ in registries]})

    # repositories

    def describe_repositories(self) -> ActionResult:
        names = self._get_param("repositoryNames")
        found = self.ecr_backend.describe_repositories(
            repository_names=names, registry_id=self._get_param("registryId")
        )
        found = sorted(found, key=lambda repository: repository.name)
        shown, next_token = self._page(found)
        return ActionResult({"repositories": shown, "nextToken": next_token})

    # images

    def put_image(self) -> ActionResult:
        name, tag = self._get_param("repositoryName"), self._get_param("imageTag")
        record = self.ecr_backend.put_image(
            name,
            self._get_param("imageManifest"),
            tag,
            self._get_param("imageManifestMediaType"),
            self._get_param("imageDigest"),
        )
        return ActionResult({"image": self._image(name, record, tag)})

    def list_images(self) -> ActionResult:
        records = self.ecr_backend.images_of(
            self._get_param("repositoryName"), self._get_param("registryId"), self._tag_status()
        )
        found = [
            _image_id(record.manifest.digest, tag)
            for record in records
            for tag in record.tags or (None,)
        ]
        shown, next_token = self._page(found)
        return ActionResult({"imageIds": shown, "nextToken": next_token})

    def describe_images(self) -> ActionResult:
        name, registry_id = self._get_param("repositoryName"), self._get_param("registryId")
        wanted = self._get_param("imageIds")
        backend = self.ecr_backend
        if wanted:
            found = [backend.find_image(name, image_id, registry_id) for image_id in wanted]
            records = list({record.manifest.digest: record for record in found}.values())
        else:
            records = backend.images_of(name, registry_id, self._tag_status())
        shown, next_token = self._page([self._detail(name, record) for record in records])
        return ActionResult({"imageDetails": shown, "nextToken": next_token})

    def batch_get_image(self) -> ActionResult:
        name = self._get_param("repositoryName")
        images, failures = [], []
        for image_id in self._get_param("imageIds"):
            record, failure = self._look_up(name, image_id)
            if failure:
                failures.append(failure)
            else:
                images.append(self._image(name, record, image_id.get("imageTag")))
        return ActionResult({"images": images, "failures": failures})

    def batch_delete_image(self) -> ActionResult:
        name = self._get_param("repositoryName")
        self.ecr_backend.key(name, self._get_param("registryId"))
        deleted, failures = [], []
        for image_id in self._get_param("imageIds"):
            record, failure = self._look_up(name, image_id)
            failure = failure or self._held_by_index(name, image_id, record)
            if failure:
                failures.append(failure)
                continue
            digest, tag = record.manifest.digest, image_id.get("imageTag")
            self.ecr_backend.remove_image(name, digest, tag)
            tags = (tag,) if tag else record.tags or (None,)
            deleted += [_image_id(digest, each) for each in tags]
        return ActionResult({"imageIds": deleted, "failures": failures})

    # scans

    def start_image_scan(self) -> ActionResult:
        raise NotEmulated("ecr:StartImageScan is not emulated: no image is looked at for findings.")

    def describe_image_scan_findings(self) -> ActionResult:
        name, image_id = self._get_param("repositoryName"), self._get_param("imageId")
        record = self.ecr_backend.find_image(name, image_id, self._get_param("registryId"))
        digest, tag = record.manifest.digest, image_id.get("imageTag")
        if not self._is_scanned_on_push(name):
            raise ScanNotFound(name, self.ecr_backend.account_id, digest, tag)
        return ActionResult(
            {
                "registryId": self.ecr_backend.account_id,
                "repositoryName": name,
                "imageId": _image_id(digest, tag),
                "imageScanStatus": UNSCANNED,
            }
        )

    # layers

    def upload_layer_part(self) -> ActionResult:
        result = self.ecr_backend.upload_layer_part(
            self._get_param("repositoryName"),
            self._get_param("uploadId"),
            self._get_param("partFirstByte"),
            self._get_param("partLastByte"),
            decode_part(self._get_param("layerPartBlob")),
            self._get_param("registryId"),
        )
        return ActionResult(result)

    def get_download_url_for_layer(self) -> ActionResult:
        digest = self._get_param("layerDigest")
        url = self.ecr_backend.download_url_for_layer(
            self._get_param("repositoryName"), digest, self._get_param("registryId")
        )
        return ActionResult({"downloadUrl": url, "layerDigest": digest})

    # parts of answers

    def _page(self, items: list[Any]) -> tuple[list[Any], str | None]:
        return page(items, self._get_param("maxResults"), self._get_param("nextToken"))

    def _tag_status(self) -> str:
        return str((self._get_param("filter") or {}).get("tagStatus", "ANY"))

    def _is_scanned_on_push(self, repository_name: str) -> bool:
        repository = self.ecr_backend.repositories[repository_name]
        return bool(repository.image_scanning_configuration.get("scanOnPush"))

    def _look_up(
        self, repository_name: str, image_id: dict[str, str]
    ) -> tuple[Any, dict[str, Any] | None]:
        """Return an image, or the failure that a batch operation lists instead."""
        digest = image_id.get("imageDigest")
        if not image_id:
            reason = "Invalid request parameters: both tag and digest cannot be null"
            return None, _failure(image_id, "MissingDigestAndTag", reason)
        if digest and not _DIGEST.fullmatch(digest):
            reason = (
                "Invalid request parameters: image digest should satisfy the regex "
                "'[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
            )
            return None, _failure(image_id, "InvalidImageDigest", reason)
        try:
            return self.ecr_backend.find_image(repository_name, image_id), None
        except ImageNotFound:
            return None, _failure(image_id, "ImageNotFound", "Requested image not found")

    def _held_by_index(
        self, repository_name: str, image_id: dict[str, str], record: "ImageRecord"
    ) -> dict[str, Any] | None:
        digest = record.manifest.digest
        if not self.ecr_backend.is_referenced(repository_name, digest):
            return None
        reason = f"Requested image referenced by manifest list: [{digest}]"
        return _failure(image_id, "ImageReferencedByManifestList", reason)

    def _image(
        self, repository_name: str, record: "ImageRecord", tag: str | None
    ) -> dict[str, Any]:
        return {
            "registryId": self.ecr_backend.account_id,
            "repositoryName": repository_name,
            "imageId": _image_id(record.manifest.digest, tag),
            "imageManifest": record.manifest.body.decode(),
            "imageManifestMediaType": record.manifest.media_type,
        }

    def _detail(self, repository_name: str, record: "ImageRecord") -> dict[str, Any]:
        manifest = record.manifest
        detail = {
            "registryId": self.ecr_backend.account_id,
            "repositoryName": repository_name,
            "imageDigest": manifest.digest,
            "imageSizeInBytes": manifest.size_bytes,
            "imagePushedAt": record.pushed_at,
            "imageManifestMediaType": manifest.media_type,
            "artifactMediaType": manifest.artifact_media_type,
        }
        if record.tags:
            detail["imageTags"] = list(record.tags)
        if self._is_scanned_on_push(repository_name):
            detail["imageScanStatus"] = UNSCANNED
        return detail


def _image_id(digest: str, tag: str | None) -> dict[str, str]:
    return {"imageDigest": digest, **({"imageTag": tag} if tag else {})}


def _failure(image_id: dict[str, str], code: str, reason: str) -> dict[str, Any]:
    return {"imageId": image_id, "failureCode": code, "failureReason": reason}
