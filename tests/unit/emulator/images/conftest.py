"""A registry with one repository, logged in to, and a `docker` with a store of its own."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from images_helpers import Docker, Registry

from emulator.server import Emulator


@pytest.fixture
def password(aws: Callable[[str], Any]) -> str:
    data = aws("ecr").get_authorization_token()["authorizationData"][0]
    return base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")


@pytest.fixture
def registry(emulator: Emulator, password: str) -> Registry:
    auth = base64.b64encode(f"AWS:{password}".encode()).decode()
    return Registry(emulator.settings.port, f"Basic {auth}")


@pytest.fixture
def repository(aws: Callable[[str], Any], unique: Callable[[], str]) -> str:
    name = f"images/{unique()}"
    aws("ecr").create_repository(repositoryName=name)
    return name


@pytest.fixture
def docker(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Docker:
    monkeypatch.setenv("WORKSHOP_IMAGE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("WORKSHOP_PRIVILEGED", "1")
    return Docker(capsys, monkeypatch, tmp_path)


@pytest.fixture
def registry_host(emulator: Emulator) -> str:
    return emulator.settings.registry_host


@pytest.fixture
def logged_in(docker: Docker, registry_host: str, password: str) -> Docker:
    status, _, err = docker(
        "login", "--username", "AWS", "--password-stdin", registry_host, stdin=password + "\n"
    )
    assert status == 0, err
    return docker
