"""The one owner of image blobs and manifests; ECR's API and the registry protocol are views."""

import platform
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from emulator.data_plane.registry.blobs import BlobStore, is_digest
from emulator.data_plane.registry.image import Image, ImageNotFound, parse_config
from emulator.data_plane.registry.manifests import Manifest, parse_manifest
from emulator.data_plane.registry.tokens import RegistryTokens
from emulator.data_plane.registry.unpack import UnpackError, unpack_layer

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "arm64": "arm64", "aarch64": "arm64"}


@dataclass(frozen=True)
class RepositoryKey:
    """An ECR repository. On AWS account and region stand in the registry's host name."""

    account_id: str
    region: str
    name: str


@dataclass(frozen=True)
class ImageRecord:
    """One manifest of a repository, with the tags that point at it now."""

    manifest: Manifest
    pushed_at: datetime
    tags: tuple[str, ...]


@dataclass
class _Repository:
    manifests: dict[str, tuple[Manifest, datetime]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)

    def record(self, digest: str) -> ImageRecord:
        manifest, pushed_at = self.manifests[digest]
        tags = tuple(tag for tag, found in self.tags.items() if found == digest)
        return ImageRecord(manifest, pushed_at, tags)


class ImageStore:
    """Blobs in a folder; which repository holds what, in memory, as ECR's repositories are.

    Whoever deletes asks ECR's backend, which decides by its own rules. A blob stays until the
    last repository that it was pushed to is deleted: a push under way may count on it.
    """

    def __init__(self, folder: Path, registry_host: str) -> None:
        self.blobs = BlobStore(folder)
        self.tokens = RegistryTokens()
        self._registry_host = registry_host
        self._repositories: dict[RepositoryKey, _Repository] = {}
        self._lock = threading.RLock()

    def start(self) -> None:
        """Make the folder, without what a killed emulator left: nothing of it is known any more."""
        self.blobs.clear()

    def stop(self) -> None:
        """Do nothing: the folder is the emulator's, and goes with it."""

    # repositories

    @staticmethod
    def key(account_id: str, region: str, name: str) -> RepositoryKey:
        return RepositoryKey(account_id, region, name)

    def add_repository(self, key: RepositoryKey) -> None:
        with self._lock:
            self._repositories[key] = _Repository()

    def remove_repository(self, key: RepositoryKey) -> None:
        """Forget a repository, and the blobs that no other holds; nothing happens without it."""
        with self._lock:
            removed = self._repositories.pop(key, _Repository())
            kept: set[str] = set()
            for repository in self._repositories.values():
                kept |= repository.blobs
            for digest in removed.blobs - kept:
                self.blobs.remove(digest)

    # blobs

    def link_blob(self, key: RepositoryKey, digest: str) -> None:
        """Note that a repository holds a blob which was uploaded to it, or mounted."""
        with self._lock:
            self._repositories[key].blobs.add(digest)

    def unlink_blob(self, key: RepositoryKey, digest: str) -> bool:
        """Take a blob out of one repository, and say whether it was there."""
        with self._lock:
            blobs = self._repositories[key].blobs
            found = digest in blobs
            blobs.discard(digest)
            return found

    def blob_size_bytes(self, key: RepositoryKey, digest: str) -> int | None:
        """Return the size of a repository's blob, or None where it has no such blob."""
        with self._lock:
            repository = self._repositories.get(key)
            if repository is None or digest not in repository.blobs:
                return None
        return self.blobs.size_bytes(digest)

    # manifests

    @staticmethod
    def read_manifest(body: bytes, media_type: str | None) -> Manifest:
        """Read what is about to be pushed. Raises ValueError for what is no manifest."""
        return parse_manifest(body, media_type)

    def missing_references(self, key: RepositoryKey, manifest: Manifest) -> list[str]:
        """List the digests that a manifest names and the repository lacks."""
        with self._lock:
            repository = self._repositories[key]
            missing = [digest for digest in manifest.blobs if digest not in repository.blobs]
            children = (child.digest for child in manifest.manifests)
            return missing + [digest for digest in children if digest not in repository.manifests]

    def put_manifest(
        self, key: RepositoryKey, manifest: Manifest, tag: str | None, now: datetime
    ) -> ImageRecord:
        """Add a manifest, and move the tag to it."""
        with self._lock:
            repository = self._repositories[key]
            repository.manifests.setdefault(manifest.digest, (manifest, now))
            if tag is not None:
                repository.tags[tag] = manifest.digest
            return repository.record(manifest.digest)

    def find(self, key: RepositoryKey, reference: str) -> ImageRecord | None:
        """Return the image that a tag or a digest names, or None."""
        with self._lock:
            repository = self._repositories.get(key)
            if repository is None:
                return None
            digest = reference if is_digest(reference) else repository.tags.get(reference)
            return repository.record(digest) if digest in repository.manifests else None

    def images(self, key: RepositoryKey) -> list[ImageRecord]:
        """List a repository's images in the order of their first push."""
        with self._lock:
            repository = self._repositories.get(key, _Repository())
            return [repository.record(digest) for digest in repository.manifests]

    def untag(self, key: RepositoryKey, tag: str) -> None:
        with self._lock:
            self._repositories[key].tags.pop(tag, None)

    def delete_manifest(self, key: RepositoryKey, digest: str) -> None:
        """Forget a manifest and every tag on it."""
        with self._lock:
            repository = self._repositories[key]
            repository.manifests.pop(digest, None)
            repository.tags = {
                tag: found for tag, found in repository.tags.items() if found != digest
            }

    # what tasks are made of

    def resolve(self, image_uri: str) -> Image:
        """Find the image that a container definition names.

        Shape: `<registry host>/<name>:<tag>`, `<registry host>/<name>@sha256:<hex>` or both.
        Raises: ImageNotFound, worded as the stopped reason of an ECS task.
        Source: Amazon ECS developer guide, CannotPullContainer task errors.
        """
        name, reference = self._split(image_uri)
        with self._lock:
            manifest = next(self._manifests(name, reference), None)
            if manifest is not None and manifest.manifests:
                manifest = next(self._manifests(name, _for_this_machine(manifest)), None)
        if manifest is None or manifest.config is None:
            raise _cannot_pull(image_uri, f"{image_uri}: not found")
        try:
            config = parse_config(self.blobs.read(manifest.config.digest))
        except (OSError, ValueError) as error:
            raise _cannot_pull(image_uri, f"its configuration cannot be read: {error}") from error
        return Image(image_uri, manifest.digest, config)

    def unpack(self, image: Image, folder: Path) -> None:
        """Write an image's files into a folder, which is made where it is missing.

        Raises: ImageNotFound where the image was deleted since, or a layer cannot be unpacked.
        """
        name, _ = self._split(image.reference)
        with self._lock:
            manifest = next(self._manifests(name, image.digest), None)
        if manifest is None:
            raise _cannot_pull(image.reference, f"{image.reference}: not found")
        folder.mkdir(parents=True, exist_ok=True)
        for layer in manifest.layers:
            try:
                unpack_layer(self.blobs.path(layer.digest), folder)
            except (OSError, UnpackError) as error:
                raise _cannot_pull(
                    image.reference, f"failed to extract layer {layer.digest}: {error}"
                ) from error

    def _split(self, image_uri: str) -> tuple[str, str]:
        host, _, rest = image_uri.partition("/")
        if host != self._registry_host or not rest:
            raise _cannot_pull(
                image_uri,
                f"the emulator runs images of its own registry `{self._registry_host}` only; "
                "push the image there",
            )
        tagged, _, digest = rest.partition("@")
        name, _, tag = tagged.partition(":")
        return name, digest or tag or "latest"

    def _manifests(self, name: str, reference: str) -> Iterator[Manifest]:
        """Yield what a name and reference mean, of every account and region that has it."""
        for key, repository in self._repositories.items():
            digest = reference if is_digest(reference) else repository.tags.get(reference, "")
            if key.name == name and digest in repository.manifests:
                yield repository.manifests[digest][0]


def _for_this_machine(index: Manifest) -> str:
    machine = _MACHINES.get(platform.machine().lower(), "")
    fitting = [child for child in index.manifests if child.architecture == machine]
    return (fitting or list(index.manifests))[0].digest


def _cannot_pull(image_uri: str, reason: str) -> ImageNotFound:
    return ImageNotFound(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
        f"failed to resolve ref {image_uri}: {reason}"
    )
