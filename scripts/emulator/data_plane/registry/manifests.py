"""Image manifests: Docker's schema 2 and OCI's, of one image and of several platforms."""

import json
from dataclasses import dataclass
from typing import Any

from emulator.data_plane.registry.blobs import digest_of, is_digest

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"

_SINGLE = {DOCKER_MANIFEST, OCI_MANIFEST}
_SEVERAL = {DOCKER_LIST, OCI_INDEX}


class ManifestInvalid(ValueError):
    """What was pushed is no manifest that the registry takes."""


@dataclass(frozen=True)
class Descriptor:
    """What a manifest says of a blob, or of another manifest."""

    media_type: str
    digest: str
    size_bytes: int
    architecture: str = ""


@dataclass(frozen=True)
class Manifest:
    """Either `config` and `layers`, or, of an index, `manifests`."""

    body: bytes
    digest: str
    media_type: str
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    manifests: tuple[Descriptor, ...]
    artifact_media_type: str | None

    @property
    def size_bytes(self) -> int:
        """Return the size of the compressed layers, as ECR gives an image's."""
        return sum(layer.size_bytes for layer in self.layers)

    @property
    def blobs(self) -> list[str]:
        described = [*self.layers, *([self.config] if self.config else [])]
        return [descriptor.digest for descriptor in described]


def parse_manifest(body: bytes, media_type: str | None = None) -> Manifest:
    """Read a manifest; the media type is its own, or the one it came with.

    Raises: ManifestInvalid.
    Source: OCI image specification, image manifest and image index; Docker's schema 2.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise ManifestInvalid(f"the manifest is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        raise ManifestInvalid("the manifest's schemaVersion is not 2")
    own_type = document.get("mediaType") or media_type or _guess(document)
    if media_type and own_type != media_type:
        raise ManifestInvalid(f"the manifest says it is `{own_type}`, the request `{media_type}`")
    if own_type not in _SINGLE | _SEVERAL:
        raise ManifestInvalid(f"`{own_type}` is not a media type of manifests")
    several = own_type in _SEVERAL
    config = None if several else _descriptor(document.get("config"))
    return Manifest(
        body=body,
        digest=digest_of(body),
        media_type=own_type,
        config=config,
        layers=() if several else _descriptors(document, "layers"),
        manifests=_descriptors(document, "manifests") if several else (),
        artifact_media_type=document.get("artifactType") or (config.media_type if config else None),
    )


def _guess(document: dict[str, Any]) -> str:
    return OCI_INDEX if "manifests" in document else OCI_MANIFEST


def _descriptors(document: dict[str, Any], key: str) -> tuple[Descriptor, ...]:
    found = document.get(key)
    if not isinstance(found, list):
        raise ManifestInvalid(f"the manifest has no list `{key}`")
    return tuple(_descriptor(item) for item in found)


def _descriptor(found: Any) -> Descriptor:
    if not isinstance(found, dict):
        raise ManifestInvalid(f"`{found}` is not a descriptor")
    digest, size = found.get("digest"), found.get("size")
    if not isinstance(digest, str) or not is_digest(digest) or not isinstance(size, int):
        raise ManifestInvalid(f"a descriptor needs a sha256 digest and a size; got {found}")
    platform = found.get("platform") or {}
    return Descriptor(
        str(found.get("mediaType", "")), digest, size, str(platform.get("architecture", ""))
    )
