"""ECR's API shows what the registry holds, and changes it by ECR's rules."""

import base64
import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from images_helpers import Registry, sha256

from emulator.control_plane.ecr.lifecycle import plan_expiry
from emulator.data_plane.registry.image import ImageNotFound
from emulator.data_plane.registry.manifests import DOCKER_MANIFEST
from emulator.server import Emulator

Aws = Callable[[str], Any]


def test_a_repository_lies_on_the_emulators_port(
    aws: Aws, emulator: Emulator, repository: str
) -> None:
    found = aws("ecr").describe_repositories(repositoryNames=[repository])["repositories"][0]
    assert found["repositoryUri"] == f"{emulator.settings.registry_host}/{repository}"


def test_a_token_is_for_this_registry(aws: Aws, emulator: Emulator) -> None:
    data = aws("ecr").get_authorization_token()["authorizationData"][0]
    assert data["proxyEndpoint"] == emulator.settings.endpoint_url
    left = data["expiresAt"] - datetime.now(UTC)
    assert timedelta(hours=11, minutes=59) < left <= timedelta(hours=12)


def test_a_pushed_image_is_described(aws: Aws, registry: Registry, repository: str) -> None:
    digest = registry.push_image(repository, "v1", b"twelve bytes")
    registry.push_image(repository, "latest", b"twelve bytes")
    (found,) = aws("ecr").describe_images(repositoryName=repository)["imageDetails"]
    assert found["imageDigest"] == digest
    assert sorted(found["imageTags"]) == ["latest", "v1"]
    assert found["imageSizeInBytes"] == 12
    assert found["imageManifestMediaType"] == DOCKER_MANIFEST
    assert found["artifactMediaType"] == "application/vnd.docker.container.image.v1+json"
    assert abs(found["imagePushedAt"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_tag_moves_to_the_newer_image(aws: Aws, registry: Registry, repository: str) -> None:
    older = registry.push_image(repository, "v1", b"one")
    newer = registry.push_image(repository, "v1", b"two")
    ids = aws("ecr").list_images(repositoryName=repository)["imageIds"]
    assert ids == [{"imageDigest": older}, {"imageDigest": newer, "imageTag": "v1"}]
    untagged = aws("ecr").list_images(repositoryName=repository, filter={"tagStatus": "UNTAGGED"})
    assert untagged["imageIds"] == [{"imageDigest": older}]


def test_images_come_in_pages(aws: Aws, registry: Registry, repository: str) -> None:
    for tag in ("a", "b", "c"):
        registry.push_image(repository, tag, tag.encode())
    pages = (
        aws("ecr")
        .get_paginator("list_images")
        .paginate(repositoryName=repository, PaginationConfig={"PageSize": 2})
    )
    assert [len(found["imageIds"]) for found in pages] == [2, 1]


def test_an_unknown_image_is_refused(aws: Aws, repository: str) -> None:
    with pytest.raises(ClientError, match="does not exist within the repository") as refused:
        aws("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": "none"}])
    assert refused.value.response["Error"]["Code"] == "ImageNotFoundException"


def test_an_image_is_got_and_put_by_the_api(aws: Aws, registry: Registry, repository: str) -> None:
    registry.push_image(repository, "v1")
    got = aws("ecr").batch_get_image(
        repositoryName=repository, imageIds=[{"imageTag": "v1"}, {"imageTag": "none"}]
    )
    assert [failure["failureCode"] for failure in got["failures"]] == ["ImageNotFound"]
    manifest = got["images"][0]["imageManifest"]
    aws("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag="v2")
    assert registry.ask("GET", f"/v2/{repository}/manifests/v2").body.decode() == manifest
    with pytest.raises(ClientError, match="ImageAlreadyExistsException"):
        aws("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag="v2")


def test_an_immutable_tag_is_refused_by_the_api(
    aws: Aws, registry: Registry, repository: str
) -> None:
    registry.push_image(repository, "v1", b"one")
    aws("ecr").put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    other = registry.manifest(repository, b"two").decode()
    with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
        aws("ecr").put_image(repositoryName=repository, imageManifest=other, imageTag="v1")


def test_a_deleted_tag_leaves_the_image_its_others(
    aws: Aws, registry: Registry, repository: str
) -> None:
    digest = registry.push_image(repository, "v1")
    registry.push_image(repository, "v2")
    for tag, left in (("v1", 200), ("v2", 404)):
        deleted = aws("ecr").batch_delete_image(
            repositoryName=repository, imageIds=[{"imageTag": tag}]
        )
        assert deleted["imageIds"] == [{"imageDigest": digest, "imageTag": tag}]
        assert registry.ask("GET", f"/v2/{repository}/manifests/{digest}").status == left


def test_a_repository_with_images_goes_only_by_force(
    aws: Aws, emulator: Emulator, registry: Registry, repository: str
) -> None:
    registry.push_image(repository, "v1")
    uri = f"{emulator.settings.registry_host}/{repository}:v1"
    assert emulator.runtime.images.resolve(uri).reference == uri
    with pytest.raises(ClientError, match="RepositoryNotEmptyException"):
        aws("ecr").delete_repository(repositoryName=repository)
    aws("ecr").delete_repository(repositoryName=repository, force=True)
    with pytest.raises(ImageNotFound, match=f"CannotPullContainerError: .*{uri}: not found"):
        emulator.runtime.images.resolve(uri)


def test_no_findings_are_made_up(aws: Aws, registry: Registry, repository: str) -> None:
    registry.push_image(repository, "v1")
    image = {"repositoryName": repository, "imageId": {"imageTag": "v1"}}
    with pytest.raises(ClientError, match="ScanNotFoundException"):
        aws("ecr").describe_image_scan_findings(**image)
    with pytest.raises(ClientError, match="StartImageScan is not emulated"):
        aws("ecr").start_image_scan(**image)
    aws("ecr").put_image_scanning_configuration(
        repositoryName=repository, imageScanningConfiguration={"scanOnPush": True}
    )
    found = aws("ecr").describe_image_scan_findings(**image)
    assert found["imageScanStatus"]["status"] == "UNSUPPORTED_IMAGE"
    assert "imageScanFindings" not in found


def test_a_push_expires_what_the_lifecycle_policy_says(
    aws: Aws, registry: Registry, repository: str
) -> None:
    aws("ecr").put_lifecycle_policy(
        repositoryName=repository,
        lifecyclePolicyText=json.dumps({"rules": [rule("imageCountMoreThan", 2)]}),
    )
    for tag in ("a", "b", "c"):
        registry.push_image(repository, tag, tag.encode())
    left = aws("ecr").list_images(repositoryName=repository)["imageIds"]
    assert [image["imageTag"] for image in left] == ["b", "c"]


def test_a_layer_goes_up_and_down_by_the_api(aws: Aws, registry: Registry, repository: str) -> None:
    ecr, digest = aws("ecr"), sha256(b"content")
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    part = {"repositoryName": repository, "uploadId": upload}
    ecr.upload_layer_part(**part, partFirstByte=0, partLastByte=6, layerPartBlob=b"content")
    with pytest.raises(ClientError, match="InvalidLayerPartException"):
        ecr.upload_layer_part(**part, partFirstByte=0, partLastByte=6, layerPartBlob=b"content")
    assert ecr.complete_layer_upload(**part, layerDigests=[digest])["layerDigest"] == digest
    check = ecr.batch_check_layer_availability(
        repositoryName=repository, layerDigests=[digest, sha256(b"none")]
    )
    assert [layer["layerSize"] for layer in check["layers"]] == [7]
    assert [failure["failureCode"] for failure in check["failures"]] == ["MissingLayerDigest"]
    assert registry.ask("GET", f"/v2/{repository}/blobs/{digest}").body == b"content"
    url = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digest)
    with urllib.request.urlopen(url["downloadUrl"], timeout=10) as answer:
        assert answer.read() == b"content"


def test_a_token_opens_its_own_accounts_registry(
    emulator: Emulator, registry: Registry, repository: str
) -> None:
    other = emulator.runtime.client("ecr", "210987654321", "us-west-2")
    token = other.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert base64.b64decode(token).startswith(b"AWS:")
    answer = registry.ask("GET", f"/v2/{repository}/tags/list", auth=f"Basic {token}")
    assert answer.code == "NAME_UNKNOWN"


class Pushed(NamedTuple):
    tags: tuple[str, ...]
    pushed_at: datetime


NOW = datetime(2026, 1, 31, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=20), NOW - timedelta(days=1)


def rule(
    count_type: str, number: int, status: str = "any", priority: int = 1, **selection: Any
) -> dict[str, Any]:
    found = {"tagStatus": status, "countType": count_type, "countNumber": number, **selection}
    if count_type == "sinceImagePushed":
        found["countUnit"] = "days"
    return {"rulePriority": priority, "selection": found, "action": {"type": "expire"}}


@pytest.mark.parametrize(
    ("rules", "expired"),
    [
        ([rule("imageCountMoreThan", 3)], []),
        ([rule("imageCountMoreThan", 1)], ["v1", ""]),
        ([rule("sinceImagePushed", 14)], ["v1"]),
        ([rule("sinceImagePushed", 30)], []),
        ([rule("imageCountMoreThan", 0, "untagged")], [""]),
        ([rule("imageCountMoreThan", 0, "tagged", tagPrefixList=["v1"])], ["v1"]),
        ([rule("imageCountMoreThan", 0, "tagged", tagPatternList=["*2"])], ["v2"]),
        (
            [
                rule("imageCountMoreThan", 5, "tagged", 1, tagPrefixList=["v"]),
                rule("imageCountMoreThan", 0, priority=2),
            ],
            [""],
        ),
    ],
)
def test_lifecycle_rules_select_by_tag_count_and_age(
    rules: list[dict[str, Any]], expired: list[str]
) -> None:
    middle = NOW - timedelta(days=10)
    images = [Pushed(("v1",), OLD), Pushed((), middle), Pushed(("v2",), NEW)]
    found = plan_expiry(json.dumps({"rules": rules}), images, NOW)
    assert sorted("".join(image.tags) for image in found) == sorted(expired)


def test_a_push_is_told_to_eventbridge(
    aws: Aws, registry: Registry, repository: str, unique: Callable[[], str]
) -> None:
    queue = aws("sqs").create_queue(QueueName=unique())["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    pattern = {"source": ["aws.ecr"], "detail": {"repository-name": [repository]}}
    name = unique()
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    targets = [{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}]
    aws("events").put_targets(Rule=name, Targets=targets)
    digest = registry.push_image(repository, "v1")
    (message,) = aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "ECR Image Action"
    detail = event["detail"]
    assert (detail["action-type"], detail["result"]) == ("PUSH", "SUCCESS")
    assert (detail["image-tag"], detail["image-digest"]) == ("v1", digest)
