"""An image built here is pushed, resolved and unpacked for a task."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from images_helpers import Docker, Registry

from emulator.data_plane.registry.image import ImageNotFound
from emulator.data_plane.registry.manifests import DOCKER_MANIFEST, OCI_INDEX
from emulator.server import Emulator

DOCKERFILE = """\
FROM python:3
WORKDIR /app
COPY server.py .
ARG VERSION=none
ENV APP_VERSION=$VERSION
EXPOSE 80
STOPSIGNAL SIGINT
USER nobody
ENTRYPOINT ["python"]
CMD ["server.py"]
"""


@pytest.fixture
def reference(registry_host: str, repository: str) -> str:
    return f"{registry_host}/{repository}:v1"


def pushed(docker: Docker, reference: str) -> str:
    """Build and push the image, and return the digest that the push printed."""
    status, _, err = docker.build(
        DOCKERFILE, "--tag", reference, "--build-arg", "VERSION=abc", server_py="print()"
    )
    assert status == 0, err
    status, out, err = docker("push", reference)
    assert status == 0, err
    last = out.strip().splitlines()[-1].split()
    assert last[:2] == ["v1:", "digest:"]
    return last[2]


def test_a_built_image_is_what_a_task_gets(
    logged_in: Docker, emulator: Emulator, reference: str, tmp_path: Path
) -> None:
    digest = pushed(logged_in, reference)
    image = emulator.runtime.images.resolve(reference)
    assert (image.reference, image.digest) == (reference, digest)
    config = image.config
    assert config.env["APP_VERSION"] == "abc"
    assert (config.entrypoint, config.cmd) == (["python"], ["server.py"])
    assert (config.working_dir, config.exposed_ports, config.user) == ("/app", [80], "nobody")
    assert (config.stop_signal, config.labels["io.workshop.base"]) == ("SIGINT", "python")
    emulator.runtime.images.unpack(image, tmp_path / "task")
    assert (tmp_path / "task/app/server.py").read_text() == "print()"


def test_a_digest_names_the_image_too(
    logged_in: Docker, emulator: Emulator, reference: str
) -> None:
    digest = pushed(logged_in, reference)
    by_digest = f"{reference.removesuffix(':v1')}@{digest}"
    assert emulator.runtime.images.resolve(by_digest).digest == digest


@pytest.mark.parametrize("uri", ["nginx:latest", "docker.io/library/nginx", "127.0.0.1:1/x:y"])
def test_an_image_of_another_registry_cannot_be_pulled(emulator: Emulator, uri: str) -> None:
    with pytest.raises(ImageNotFound, match=f"CannotPullContainerError: .*{uri}.*own registry"):
        emulator.runtime.images.resolve(uri)


def test_an_image_deleted_since_cannot_be_unpacked(
    logged_in: Docker, emulator: Emulator, aws: Callable[[str], Any], reference: str, tmp_path: Path
) -> None:
    pushed(logged_in, reference)
    image = emulator.runtime.images.resolve(reference)
    name = reference.partition("/")[2].removesuffix(":v1")
    aws("ecr").delete_repository(repositoryName=name, force=True)
    with pytest.raises(ImageNotFound, match="not found"):
        emulator.runtime.images.unpack(image, tmp_path / "task")


def test_an_index_resolves_to_an_image(
    logged_in: Docker, emulator: Emulator, registry: Registry, repository: str, reference: str
) -> None:
    digest = pushed(logged_in, reference)
    child = {"mediaType": DOCKER_MANIFEST, "digest": digest, "size": 1}
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]})
    path = f"/v2/{repository}/manifests/all"
    assert registry.ask("PUT", path, index, {"Content-Type": OCI_INDEX}).status == 201
    found = emulator.runtime.images.resolve(reference.replace(":v1", ":all"))
    assert found.digest == digest


def test_an_image_of_the_registry_is_a_base(
    logged_in: Docker, monkeypatch: pytest.MonkeyPatch, reference: str, tmp_path: Path
) -> None:
    pushed(logged_in, reference)
    logins = (tmp_path / "store/config.json").read_text()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "config.json").write_text(logins)
    monkeypatch.setenv("WORKSHOP_IMAGE_STORE", str(fresh))
    text = f'FROM {reference}\nRUN cat server.py > copy && rm server.py\nCMD ["copy"]\n'
    status, _, err = logged_in.build(text)
    assert status == 0, err
    config = logged_in.config()
    assert "APP_VERSION=abc" in config["Env"]
    assert (config["Entrypoint"], config["Cmd"]) == (["python"], ["copy"])
    status, out, _ = logged_in("pull", reference)
    assert (status, f"Downloaded newer image for {reference}" in out) == (0, True)


def test_a_second_push_sends_no_layer_again(logged_in: Docker, reference: str) -> None:
    digest = pushed(logged_in, reference)
    _, out, _ = logged_in("push", reference)
    assert out.count("Layer already exists") == 2
    assert digest in out


def test_a_push_without_a_login_says_how_to(
    docker: Docker, reference: str, registry_host: str
) -> None:
    docker.build("FROM scratch\nENV A=1\n", "--tag", reference)
    status, _, err = docker("push", reference)
    assert status == 1
    assert "no basic auth credentials" in err
    assert f"docker login --username AWS --password-stdin {registry_host}" in err


def test_a_wrong_password_does_not_log_in(docker: Docker, registry_host: str) -> None:
    words = ("login", "-u", "AWS", "--password-stdin", registry_host)
    status, _, err = docker(*words, stdin="wrong")
    assert status == 1
    assert "failed with status 401" in err
    assert docker("logout", registry_host)[1] == "Not logged in\n"


def test_a_push_to_no_repository_names_it(logged_in: Docker, registry_host: str) -> None:
    logged_in.build("FROM scratch\nENV A=1\n", "--tag", f"{registry_host}/none:v1")
    status, _, err = logged_in("push", f"{registry_host}/none:v1")
    assert status == 1
    assert "name unknown: The repository with name 'none' does not exist" in err


def test_an_image_that_was_not_built_is_not_pushed(logged_in: Docker, reference: str) -> None:
    status, _, err = logged_in("push", reference)
    assert status == 1
    assert "An image does not exist locally with the tag" in err


def test_a_registry_elsewhere_is_out_of_reach(docker: Docker) -> None:
    docker.build("FROM scratch\nENV A=1\n", "--tag", "example.com/x:1")
    status, _, err = docker("push", "example.com/x:1")
    assert status == 1
    assert "`example.com` is not on this machine" in err


def test_tags_and_listings_know_the_image(docker: Docker, reference: str) -> None:
    docker.build("FROM scratch\nENV A=1\n")
    assert docker("tag", "it:latest", reference)[0] == 0
    _, out, _ = docker("image", "ls")
    assert reference.rpartition(":")[0] in out
    _, image_id, _ = docker("inspect", "--format", "{{.Id}}", reference)
    assert docker("inspect", "-f", "{{json .Config.Env}}", image_id.strip())[1] == '["A=1"]\n'
    assert "No such image: none" in docker("inspect", "none")[2]
    assert docker("--version")[1].startswith("Docker version")
