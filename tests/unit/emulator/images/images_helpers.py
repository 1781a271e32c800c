"""A client of the registry, and a `docker`, for tests."""

import hashlib
import http.client
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.data_plane.image_builder import cli
from emulator.data_plane.registry.manifests import DOCKER_MANIFEST


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["errors"][0]["code"])


@dataclass
class Registry:
    """Requests to the registry under test, as a logged-in client sends them."""

    port: int
    auth: str

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: str | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        given = self.auth if auth is None else auth
        authorization = {"Authorization": given} if given else {}
        try:
            connection.request(method, path, body, {**authorization, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def push_blob(self, name: str, content: bytes) -> str:
        digest = sha256(content)
        answer = self.ask("POST", f"/v2/{name}/blobs/uploads/?digest={digest}", content)
        assert answer.status == 201, answer.body
        return digest

    def push_image(self, name: str, tag: str, layer: bytes = b"layer") -> str:
        """Push an image of one layer and return its digest."""
        body = self.manifest(name, layer)
        answer = self.ask(
            "PUT", f"/v2/{name}/manifests/{tag}", body, {"Content-Type": DOCKER_MANIFEST}
        )
        assert answer.status == 201, answer.body
        return answer.headers["Docker-Content-Digest"]

    def manifest(self, name: str, layer: bytes = b"layer") -> bytes:
        """Push the blobs of an image, and return its manifest."""
        config = b"{}"
        document = {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": descriptor("application/vnd.docker.container.image.v1+json", config),
            "layers": [descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
        }
        self.push_blob(name, config)
        self.push_blob(name, layer)
        return json.dumps(document).encode()


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": sha256(content), "size": len(content)}


@dataclass
class Docker:
    """Runs `docker` in this process: `docker("build", ".")` gives status, stdout and stderr."""

    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    folder: Path

    def __call__(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        self.capture.readouterr()
        self.patch.setattr("sys.stdin", io.StringIO(stdin))
        status = cli.main(list(words))
        out, err = self.capture.readouterr()
        return status, out, err

    def build(self, dockerfile: str, *options: str, **files: str) -> tuple[int, str, str]:
        """Build from a Dockerfile's text and a context of `name_ext="content"`."""
        context = self.folder / "context"
        context.mkdir(exist_ok=True)
        (context / "Dockerfile").write_text(dockerfile)
        for name, content in files.items():
            (context / name.replace("_", ".")).write_text(content)
        return self("build", "-t", "it", *options, str(context))

    def config(self) -> dict[str, Any]:
        """Return the configuration of the image that `build` made."""
        _, out, _ = self("inspect", "it")
        found: dict[str, Any] = json.loads(out)[0]["Config"]
        return found
