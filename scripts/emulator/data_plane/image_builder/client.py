"""A small client of the local registry, on the standard library alone to start quickly."""

import http.client
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from emulator.data_plane.image_builder.errors import ENGINE, DockerError
from emulator.data_plane.image_builder.references import Reference
from emulator.data_plane.registry.blobs import digest_of
from emulator.data_plane.registry.manifests import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
)

_TIMEOUT_S = 60
_ACCEPT = ", ".join((DOCKER_MANIFEST, OCI_MANIFEST, DOCKER_LIST, OCI_INDEX))


class RegistryRefused(DockerError):
    """The registry answered, and refused; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class RegistryClient:
    """Speaks the distribution protocol to one registry on loopback."""

    def __init__(self, host: str, auth: str | None) -> None:
        name, _, port = host.partition(":")
        if name not in {"127.0.0.1", "localhost"}:
            raise DockerError(
                f"the registry `{host or 'docker.io'}` is not on this machine; without a container "
                f"engine only the local registry is reached. To use it, {ENGINE}."
            )
        self._host = host
        self._address = (name, int(port or 80))
        self._headers = {"Authorization": f"Basic {auth}"} if auth else {}

    def ping(self) -> None:
        """Ask whether the login is good. Raises RegistryRefused."""
        self._ask("GET", "/v2/")

    def has_blob(self, name: str, digest: str) -> bool:
        try:
            self._ask("HEAD", f"/v2/{name}/blobs/{digest}")
        except RegistryRefused as error:
            if error.status != http.client.NOT_FOUND:
                raise
            return False
        return True

    def push_blob(self, name: str, digest: str, path: Path) -> None:
        headers, _ = self._ask("POST", f"/v2/{name}/blobs/uploads/")
        location = urlsplit(headers["Location"])
        with path.open("rb") as content:
            self._ask(
                "PUT",
                f"{location.path}?digest={digest}",
                content,
                {
                    "Content-Type": "application/octet-stream",
                    "Content-Length": str(path.stat().st_size),
                },
            )

    def pull_blob(self, name: str, digest: str, path: Path) -> None:
        connection, response = self._open("GET", f"/v2/{name}/blobs/{digest}")
        draft = path.with_suffix(".part")
        try:
            self._refuse(response)
            with draft.open("wb") as file:
                shutil.copyfileobj(response, file, 1 << 20)
        finally:
            connection.close()
        if digest_of(draft.read_bytes()) != digest:
            draft.unlink()
            raise DockerError(f"the registry sent something else than blob `{digest}`")
        draft.replace(path)

    def push_manifest(self, reference: Reference, body: bytes, media_type: str) -> str:
        """Push a manifest under its tag, and return its digest."""
        headers, _ = self._ask(
            "PUT",
            f"/v2/{reference.name}/manifests/{reference.tag}",
            body,
            {"Content-Type": media_type},
        )
        return headers["Docker-Content-Digest"]

    def pull_manifest(self, reference: Reference) -> bytes:
        _, body = self._ask(
            "GET",
            f"/v2/{reference.name}/manifests/{reference.digest or reference.tag}",
            headers={"Accept": _ACCEPT},
        )
        return body

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[http.client.HTTPMessage, bytes]:
        connection, response = self._open(method, path, body, headers)
        try:
            self._refuse(response)
            return response.headers, response.read()
        finally:
            connection.close()

    def _open(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_S)
        try:
            connection.request(method, path, body, {**self._headers, **(headers or {})})
            return connection, connection.getresponse()
        except OSError as error:
            connection.close()
            raise DockerError(
                f'Get "http://{self._host}/v2/": {error}. Is the emulator running?'
            ) from error

    def _refuse(self, response: http.client.HTTPResponse) -> None:
        if response.status < 400:
            return
        body = response.read()
        try:
            found = json.loads(body)["errors"][0]
            reason = f"{found['code'].lower().replace('_', ' ')}: {found['message']}"
        except (ValueError, LookupError, TypeError):
            reason = f"{response.status} {response.reason}"
        if response.status == http.client.UNAUTHORIZED:
            reason = (
                f"no basic auth credentials for `{self._host}`; run `aws ecr get-login-password | "
                f"docker login --username AWS --password-stdin {self._host}` first ({reason})"
            )
        raise RegistryRefused(response.status, reason)
