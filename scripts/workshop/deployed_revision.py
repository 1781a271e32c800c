"""What a deployment deployed: its AppSpec, the task definition in it, and the image in that."""

from typing import Any

import yaml

from workshop.aws import Aws, ClientError, error_code

_NO_REVISION = {"RevisionDoesNotExistException", "ApplicationDoesNotExistException"}
_NO_OBJECT = {"NoSuchBucket", "NoSuchKey", "NoSuchVersion"}
_NO_DEFINITION = {"ClientException", "InvalidParameterException"}


def deployed_by(aws: Aws, info: dict[str, Any]) -> tuple[str, str]:
    """Return what a deployment brings: its task definition's ARN, and the tag of the image there.

    Both are '' where AWS does not tell them any more. `info` is CodeDeploy's `DeploymentInfo`.
    """
    key = ("deployed", info["deploymentId"])
    if key in aws.unchanging:
        definition, version = aws.unchanging[key]
        return definition, version
    definition = _task_definition_of(appspec_of(aws, info))
    version = _deployed_tag(aws, definition)
    if version:
        aws.unchanging[key] = definition, version
    return definition, version


def _task_definition_of(appspec: str) -> str:
    """Return the task definition that an AppSpec names, '' where it cannot be read."""
    try:
        (resource,) = yaml.safe_load(appspec)["Resources"]
        return str(resource["TargetService"]["Properties"]["TaskDefinition"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        return ""


def appspec_of(aws: Aws, info: dict[str, Any]) -> str:
    """Return the text of a deployment's appspec, '' where AWS does not tell it.

    CodePipeline may hand it over as a file in S3.
    Source: CodeDeploy API, GetDeployment: "The content property of the appSpecContent object in the
    returned revision is always null. Use GetApplicationRevision and the sha256 property".
    """
    revision = info.get("revision", {})
    if "s3Location" in revision:
        return _object(aws, revision["s3Location"])
    found = revision.get("appSpecContent", {})
    if found.get("content") or not found.get("sha256"):
        return str(found.get("content") or "")
    try:
        answer = aws.client("codedeploy").get_application_revision(
            applicationName=info["applicationName"], revision=revision
        )
    except ClientError as error:
        if error_code(error) in _NO_REVISION:
            return ""
        raise
    return str(answer["revision"].get("appSpecContent", {}).get("content") or "")


def _object(aws: Aws, location: dict[str, str]) -> str:
    version = {"VersionId": location["version"]} if location.get("version") else {}
    try:
        found = aws.client("s3").get_object(
            Bucket=location["bucket"], Key=location["key"], **version
        )
    except ClientError as error:
        if error_code(error) not in _NO_OBJECT:
            raise
        return ""
    return str(found["Body"].read().decode("utf-8", "replace"))


def _deployed_tag(aws: Aws, task_definition: str) -> str:
    """Return the tag of the image in a task definition, '' where that is gone."""
    if not task_definition:
        return ""
    try:
        found = aws.client("ecs").describe_task_definition(taskDefinition=task_definition)
    except ClientError as error:
        if error_code(error) in _NO_DEFINITION:
            return ""
        raise
    return image_tag(found["taskDefinition"]["containerDefinitions"][0]["image"])


def image_tag(image: str) -> str:
    """Return the tag of an image's address, `[REGISTRY[:PORT]/]REPOSITORY[:TAG]`, '' without."""
    return image.rsplit("/", 1)[-1].partition(":")[2]
