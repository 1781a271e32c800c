"""ECR's repositories, and its images as a view of the registry's manifests."""

from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from moto.ecr.models import ECRBackend, Repository

from emulator.control_plane.base import Emulated
from emulator.control_plane.ecr.exceptions import (
    ImageAlreadyExists,
    ImageDigestDoesNotMatch,
    ImageNotFound,
    ImageTagAlreadyExists,
    InvalidParameter,
    LayersNotFound,
    ReferencedImagesNotFound,
    RepositoryNotEmpty,
)
from emulator.control_plane.ecr.layers import LayerOperations
from emulator.control_plane.ecr.lifecycle import plan_expiry

if TYPE_CHECKING:
    from emulator.data_plane.registry.store import ImageRecord, RepositoryKey


class EcrBackend(LayerOperations, Emulated, ECRBackend):
    """One account's registry in one region.

    moto keeps the repositories' settings; the image store alone keeps images.
    """

    def key(self, repository_name: str, registry_id: str | None = None) -> "RepositoryKey":
        """Return where the store keeps a repository. Raises RepositoryNotFoundException."""
        repository = self._get_repository(repository_name, registry_id)
        return self.store.key(self.account_id, self.region_name, repository.name)

    # repositories

    def create_repository(self, **options: Any) -> Repository:
        repository = super().create_repository(**options)
        repository.uri = f"{self.runtime.settings.registry_host}/{repository.name}"
        self.store.add_repository(self.key(repository.name, repository.registry_id))
        return repository

    def delete_repository(
        self, repository_name: str, registry_id: str | None = None, force: bool = False
    ) -> Repository:
        key = self.key(repository_name, registry_id)
        if self.store.images(key) and not force:
            raise RepositoryNotEmpty(repository_name, registry_id or self.account_id)
        repository = super().delete_repository(repository_name, registry_id, force)
        self.store.remove_repository(key)
        return repository

    def issue_token(self) -> tuple[str, datetime]:
        """Return a password for a Docker client's user `AWS`, and when it ends."""
        now = self.runtime.clock.now()
        return self.store.tokens.issue(self.account_id, self.region_name, now)

    # images

    def find_image(
        self,
        repository_name: str,
        image_id: dict[str, str],
        registry_id: str | None = None,
    ) -> "ImageRecord":
        """Return the image of a digest, a tag or both. Raises ImageNotFoundException."""
        key = self.key(repository_name, registry_id)
        digest, tag = image_id.get("imageDigest"), image_id.get("imageTag")
        record = self.store.find(key, digest or tag or "")
        if record is None or (digest and tag and tag not in record.tags):
            raise ImageNotFound(repository_name, key.account_id, digest, tag)
        return record

    def images_of(
        self, repository_name: str, registry_id: str | None, tag_status: str
    ) -> list["ImageRecord"]:
        """List a repository's images that are TAGGED, UNTAGGED or ANY."""
        records = self.store.images(self.key(repository_name, registry_id))
        wanted = {"TAGGED": [True], "UNTAGGED": [False]}.get(tag_status, [True, False])
        return [record for record in records if bool(record.tags) in wanted]

    def push(
        self,
        repository_name: str,
        body: bytes,
        media_type: str | None = None,
        tag: str | None = None,
        digest: str | None = None,
    ) -> "ImageRecord":
        """Take a manifest from the registry protocol or from PutImage.

        What it names must have been pushed before. A tag that is immutable stays where it is;
        pushing what is there already changes nothing.
        """
        key = self.key(repository_name)
        try:
            manifest = self.store.read_manifest(body, media_type)
        except ValueError as error:
            raise InvalidParameter(
                "Invalid parameter at 'ImageManifest' failed to satisfy constraint: "
                f"'Invalid image manifest: {error}'"
            ) from error
        if digest and digest != manifest.digest:
            raise ImageDigestDoesNotMatch(digest, manifest.digest)
        missing = self.store.missing_references(key, manifest)
        if missing:
            refusal = ReferencedImagesNotFound if manifest.manifests else LayersNotFound
            raise refusal(repository_name, key.account_id, missing)
        tagged = self.store.find(key, tag) if tag else None
        if tag and tagged and tagged.manifest.digest != manifest.digest:
            self._refuse_moving(self.repositories[repository_name], tag)
        record = self.store.put_manifest(key, manifest, tag, self.runtime.clock.now())
        self._note_pushed(key, record, tag)
        return record

    def put_image(
        self,
        repository_name: str,
        image_manifest: str,
        image_tag: str | None = None,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> "ImageRecord":
        """Push through ECR's API, where pushing the same again is an error."""
        body = image_manifest.encode()
        found = self._same_image(repository_name, body, image_manifest_mediatype)
        if found and (image_tag is None or image_tag in found.tags):
            registry_id, same = self.account_id, found.manifest.digest
            raise ImageAlreadyExists(repository_name, registry_id, same, image_tag)
        return self.push(repository_name, body, image_manifest_mediatype, image_tag, digest)

    def _same_image(
        self, repository_name: str, body: bytes, media_type: str | None
    ) -> "ImageRecord | None":
        key = self.key(repository_name)
        try:
            return self.store.find(key, self.store.read_manifest(body, media_type).digest)
        except ValueError:
            return None  # `push` says what is wrong with it

    def remove_image(self, repository_name: str, digest: str, tag: str | None) -> None:
        """Take one tag off an image, or the image away: without a tag, or with its last one."""
        key = self.key(repository_name)
        record = self.store.find(key, digest)
        if record is None:
            return
        if tag is not None and set(record.tags) != {tag}:
            self.store.untag(key, tag)
        else:
            self.store.delete_manifest(key, digest)

    def is_referenced(self, repository_name: str, digest: str) -> bool:
        """Tell whether an image is one of the platforms of another image."""
        return any(
            child.digest == digest
            for record in self.store.images(self.key(repository_name))
            for child in record.manifest.manifests
        )

    # rules

    def _refuse_moving(self, repository: Repository, tag: str) -> None:
        """Raise ImageTagAlreadyExistsException where the tag is immutable.

        The exclusion filters turn the repository's setting round for the tags that match one.
        Source: ECR API reference, imageTagMutability and ImageTagMutabilityExclusionFilter.
        """
        filters = repository.image_tag_mutability_exclusion_filters or []
        is_excluded = any(fnmatchcase(tag, found["filter"]) for found in filters)
        if repository.is_tag_immutable() != is_excluded:
            raise ImageTagAlreadyExists(repository.name, tag)

    def _note_pushed(self, key: "RepositoryKey", record: "ImageRecord", tag: str | None) -> None:
        arn = self.repositories[key.name].arn
        self.runtime.hints.emit("ecr.image", self.account_id, self.region_name, arn)
        self._publish(key.name, record, tag)
        self._apply_lifecycle(key)

    def _publish(self, repository_name: str, record: "ImageRecord", tag: str | None) -> None:
        """Tell EventBridge of a push.

        Source: Amazon ECR user guide, "Sample events: event for a completed image push".
        """
        from emulator.control_plane.events.delivery import publish_event

        detail = {
            "action-type": "PUSH",
            "result": "SUCCESS",
            "repository-name": repository_name,
            "image-digest": record.manifest.digest,
            "manifest-media-type": record.manifest.media_type,
            "artifact-media-type": record.manifest.artifact_media_type,
        }
        if tag:
            detail["image-tag"] = tag
        publish_event(
            self.runtime,
            self.account_id,
            self.region_name,
            "aws.ecr",
            "ECR Image Action",
            [],
            detail,
        )

    def _apply_lifecycle(self, key: "RepositoryKey") -> None:
        """Expire what the policy names; AWS does so within 24 hours of a push, we at once."""
        policy = self.repositories[key.name].lifecycle_policy
        if not policy:
            return
        for expired in plan_expiry(policy, self.store.images(key), self.runtime.clock.now()):
            if not self.is_referenced(key.name, expired.manifest.digest):
                self.store.delete_manifest(key, expired.manifest.digest)
