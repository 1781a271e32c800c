"""The images that one build has made or pulled, and its logins: a folder of the build's own."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.data_plane.image_builder.errors import DockerError
from emulator.data_plane.image_builder.references import Reference
from emulator.data_plane.registry.blobs import digest_of
from emulator.data_plane.registry.manifests import Manifest, parse_manifest

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class LocalImage:
    """One image: its manifest, and its configuration as JSON."""

    manifest: Manifest
    config: dict[str, Any]

    @property
    def image_id(self) -> str:
        """Return the digest of the configuration, which Docker calls the image's id."""
        assert self.manifest.config is not None  # noqa: S101 (an index is never stored here)
        return self.manifest.config.digest


class LocalStore:
    """Blobs by digest, references to manifests, and credentials by host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._blobs = folder / "blobs"
        self._references = folder / "references.json"
        self._logins = folder / "config.json"
        self._blobs.mkdir(mode=0o700, parents=True, exist_ok=True)

    # blobs

    def path(self, digest: str) -> Path:
        return self._blobs / digest.removeprefix("sha256:")

    def has(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def add(self, content: bytes) -> str:
        digest = digest_of(content)
        self.path(digest).write_bytes(content)
        return digest

    # images

    def save(self, config: dict[str, Any], layers: list[str], tags: list[Reference]) -> LocalImage:
        """Store an image of layers that are stored already, under some references."""
        content = json.dumps(config, separators=(",", ":")).encode()
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": _descriptor(DOCKER_CONFIG, self.add(content), len(content)),
            "layers": [
                _descriptor(DOCKER_LAYER, digest, self.path(digest).stat().st_size)
                for digest in layers
            ],
        }
        return self.save_manifest(json.dumps(document, indent=3).encode(), tags)

    def save_manifest(self, body: bytes, tags: list[Reference]) -> LocalImage:
        """Store a manifest whose blobs are stored already."""
        digest = self.add(body)
        references = self._read(self._references)
        references.update({str(tag): digest for tag in tags})
        self._write(self._references, references)
        return self._image(digest)

    def find(self, text: str, reference: Reference | None = None) -> LocalImage | None:
        """Return the image of a reference or of an id, whole or its beginning; or None."""
        references = self._read(self._references)
        digest = references.get(str(reference) if reference else text)
        if digest:
            return self._image(digest)
        wanted = text.removeprefix("sha256:")
        images = (self._image(found) for found in sorted(set(references.values())))
        fits = (
            image for image in images if image.image_id.removeprefix("sha256:").startswith(wanted)
        )
        return next(fits, None) if len(wanted) >= 4 else None

    def images(self) -> list[tuple[str, LocalImage]]:
        """List references and their images, by name."""
        return [
            (name, self._image(digest))
            for name, digest in sorted(self._read(self._references).items())
        ]

    def tag(self, image: LocalImage, reference: Reference) -> None:
        self.save_manifest(image.manifest.body, [reference])

    def _image(self, digest: str) -> LocalImage:
        manifest = parse_manifest(self.path(digest).read_bytes())
        if manifest.config is None:
            raise DockerError(f"`{digest}` is a list of images, not an image")
        return LocalImage(manifest, json.loads(self.path(manifest.config.digest).read_bytes()))

    # logins

    def login(self, host: str) -> str | None:
        """Return `user:password` in base64 for a registry, or None."""
        found = self._read(self._logins).get("auths", {}).get(host)
        return found["auth"] if found else None

    def save_login(self, host: str, auth: str) -> None:
        logins = self._read(self._logins)
        logins.setdefault("auths", {})[host] = {"auth": auth}
        self._write(self._logins, logins)

    def remove_login(self, host: str) -> bool:
        logins = self._read(self._logins)
        found = logins.get("auths", {}).pop(host, None)
        self._write(self._logins, logins)
        return found is not None

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        return found

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content, indent=2))
        draft.replace(path)


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "size": size, "digest": digest}
