"""What a Docker or OCI client may do at /v2, and what it is refused."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from images_helpers import Registry, descriptor, sha256

from emulator.data_plane.registry.manifests import DOCKER_MANIFEST, OCI_INDEX
from emulator.data_plane.registry.tokens import RegistryTokens, TokenExpired
from emulator.server import Emulator


def test_nobody_pulls_without_a_login(registry: Registry) -> None:
    answer = registry.ask("GET", "/v2/", auth="")
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("login", ["AWS:nonsense", "root:secret", "AWS:"])
def test_a_wrong_password_is_refused(registry: Registry, login: str) -> None:
    auth = "Basic " + base64.b64encode(login.encode()).decode()
    assert registry.ask("GET", "/v2/", auth=auth).status == 401


def test_a_token_ends_after_twelve_hours(emulator: Emulator) -> None:
    tokens, now = RegistryTokens(), emulator.runtime.clock.now()
    token, expires_at = tokens.issue("123456789012", "us-west-2", now)
    assert expires_at == now + timedelta(hours=12)
    assert tokens.verify(token, now).account_id == "123456789012"
    with pytest.raises(TokenExpired):
        tokens.verify(token, now + timedelta(hours=12, seconds=1))


def test_a_logged_in_client_is_answered(registry: Registry) -> None:
    answer = registry.ask("GET", "/v2/")
    assert (answer.status, answer.body) == (200, b"{}")
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"


def test_an_unknown_repository_is_named(registry: Registry) -> None:
    answer = registry.ask("POST", "/v2/no/such/blobs/uploads/")
    assert (answer.status, answer.code) == (404, "NAME_UNKNOWN")
    assert "'no/such' does not exist" in answer.body.decode()


def test_a_blob_arrives_whole(registry: Registry, repository: str) -> None:
    started = registry.ask("POST", f"/v2/{repository}/blobs/uploads/")
    assert started.status == 202
    digest = sha256(b"content")
    location = started.headers["Location"]
    assert registry.ask("PUT", f"{location}?digest={digest}", b"content").status == 201
    head = registry.ask("HEAD", f"/v2/{repository}/blobs/{digest}")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "7", b"")
    assert registry.ask("GET", f"/v2/{repository}/blobs/{digest}").body == b"content"


def test_a_blob_arrives_in_parts(registry: Registry, repository: str) -> None:
    location = registry.ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
    first = registry.ask("PATCH", location, b"con", {"Content-Range": "0-2"})
    assert (first.status, first.headers["Range"]) == (202, "0-2")

    def parts() -> Iterator[bytes]:  # sent with chunked transfer encoding
        yield b"te"
        yield b"nt"

    assert registry.ask("PATCH", location, parts()).headers["Range"] == "0-6"
    assert registry.ask("GET", location).status == 204
    digest = sha256(b"content")
    assert registry.ask("PUT", f"{location}?digest={digest}").status == 201
    assert registry.ask("GET", f"/v2/{repository}/blobs/{digest}").body == b"content"


def test_a_part_out_of_order_is_refused(registry: Registry, repository: str) -> None:
    location = registry.ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
    answer = registry.ask("PATCH", location, b"later", {"Content-Range": "5-9"})
    assert (answer.status, answer.code) == (416, "BLOB_UPLOAD_INVALID")


def test_a_wrong_digest_leaves_nothing(registry: Registry, repository: str) -> None:
    wrong = sha256(b"something else")
    answer = registry.ask("POST", f"/v2/{repository}/blobs/uploads/?digest={wrong}", b"content")
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert registry.ask("HEAD", f"/v2/{repository}/blobs/{wrong}").status == 404


def test_a_cancelled_upload_is_unknown(registry: Registry, repository: str) -> None:
    location = registry.ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
    assert registry.ask("DELETE", location).status == 204
    assert registry.ask("PATCH", location, b"x").code == "BLOB_UPLOAD_UNKNOWN"


def test_a_blob_is_mounted_from_another_repository(
    registry: Registry, repository: str, aws: Callable[[str], Any], unique: Callable[[], str]
) -> None:
    digest, other = registry.push_blob(repository, b"shared"), unique()
    aws("ecr").create_repository(repositoryName=other)
    assert registry.ask("HEAD", f"/v2/{other}/blobs/{digest}").status == 404
    mount = f"/v2/{other}/blobs/uploads/?mount={digest}&from={repository}"
    assert registry.ask("POST", mount).status == 201
    assert registry.ask("GET", f"/v2/{other}/blobs/{digest}").body == b"shared"
    aws("ecr").delete_repository(repositoryName=repository, force=True)
    assert registry.ask("GET", f"/v2/{other}/blobs/{digest}").body == b"shared"


@pytest.mark.parametrize(
    ("wanted", "status", "body", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
    ],
)
def test_a_range_of_a_blob_is_sent(
    registry: Registry, repository: str, wanted: str, status: int, body: bytes, content_range: str
) -> None:
    digest = registry.push_blob(repository, b"0123456789")
    answer = registry.ask("GET", f"/v2/{repository}/blobs/{digest}", headers={"Range": wanted})
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["Content-Range"] == content_range


def test_a_range_beyond_a_blob_is_refused(registry: Registry, repository: str) -> None:
    digest = registry.push_blob(repository, b"0123456789")
    answer = registry.ask("GET", f"/v2/{repository}/blobs/{digest}", headers={"Range": "bytes=10-"})
    assert answer.status == 416


def test_a_manifest_is_read_by_tag_and_by_digest(registry: Registry, repository: str) -> None:
    digest = registry.push_image(repository, "v1")
    by_tag = registry.ask("GET", f"/v2/{repository}/manifests/v1")
    by_digest = registry.ask("GET", f"/v2/{repository}/manifests/{digest}")
    head = registry.ask("HEAD", f"/v2/{repository}/manifests/v1")
    assert by_tag.body == by_digest.body
    assert by_tag.headers["Content-Type"] == DOCKER_MANIFEST
    assert head.headers["Docker-Content-Digest"] == digest == sha256(by_tag.body)


def test_a_manifest_without_its_blobs_is_refused(registry: Registry, repository: str) -> None:
    missing = descriptor("application/octet-stream", b"never pushed")
    body = json.dumps({"schemaVersion": 2, "config": missing, "layers": []})
    answer = registry.ask(
        "PUT", f"/v2/{repository}/manifests/v1", body, {"Content-Type": DOCKER_MANIFEST}
    )
    assert (answer.status, answer.code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert missing["digest"] in answer.body.decode()


@pytest.mark.parametrize("body", ["no JSON", "[]", '{"schemaVersion": 1}', '{"schemaVersion": 2}'])
def test_what_is_no_manifest_is_refused(registry: Registry, repository: str, body: str) -> None:
    answer = registry.ask("PUT", f"/v2/{repository}/manifests/v1", body)
    assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")


def test_a_manifest_under_a_wrong_digest_is_refused(registry: Registry, repository: str) -> None:
    body, wrong = registry.manifest(repository), sha256(b"other")
    answer = registry.ask(
        "PUT", f"/v2/{repository}/manifests/{wrong}", body, {"Content-Type": DOCKER_MANIFEST}
    )
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")


def test_an_index_needs_its_images(registry: Registry, repository: str) -> None:
    def index(digest: str) -> str:
        child = {"mediaType": DOCKER_MANIFEST, "digest": digest, "size": 1}
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]})

    path, kind = f"/v2/{repository}/manifests/all", {"Content-Type": OCI_INDEX}
    refused = registry.ask("PUT", path, index(sha256(b"none")), kind)
    assert refused.code == "MANIFEST_BLOB_UNKNOWN"
    digest = registry.push_image(repository, "v1")
    assert registry.ask("PUT", path, index(digest), kind).status == 201


def test_an_unknown_tag_is_said_to_be(registry: Registry, repository: str) -> None:
    answer = registry.ask("GET", f"/v2/{repository}/manifests/none")
    assert (answer.status, answer.code) == (404, "MANIFEST_UNKNOWN")


def test_a_deleted_manifest_is_gone_with_its_tags(registry: Registry, repository: str) -> None:
    digest = registry.push_image(repository, "v1")
    assert registry.ask("DELETE", f"/v2/{repository}/manifests/{digest}").status == 202
    assert registry.ask("GET", f"/v2/{repository}/manifests/v1").status == 404


def test_tags_come_in_pages(registry: Registry, repository: str) -> None:
    for tag in ("c", "a", "b"):
        registry.push_image(repository, tag)
    first = registry.ask("GET", f"/v2/{repository}/tags/list?n=2")
    assert json.loads(first.body) == {"name": repository, "tags": ["a", "b"]}
    following = first.headers["Link"].partition(">")[0].lstrip("<")
    second = registry.ask("GET", following)
    assert json.loads(second.body)["tags"] == ["c"]
    assert second.headers["Link"] is None


def test_an_immutable_tag_stays(
    registry: Registry, repository: str, aws: Callable[[str], Any]
) -> None:
    registry.push_image(repository, "v1", b"one")
    aws("ecr").put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    body = registry.manifest(repository, b"two")
    answer = registry.ask(
        "PUT", f"/v2/{repository}/manifests/v1", body, {"Content-Type": DOCKER_MANIFEST}
    )
    assert (answer.status, answer.code) == (400, "TAG_INVALID")
    registry.push_image(repository, "v1", b"one")


def test_what_is_not_in_the_protocol_is_unsupported(registry: Registry, repository: str) -> None:
    assert registry.ask("POST", f"/v2/{repository}/manifests/v1").code == "UNSUPPORTED"
    assert registry.ask("GET", "/v2/_catalog").code == "UNSUPPORTED"
