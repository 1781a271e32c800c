"""CodeDeploy's deployments of one group, as a person thinks of them.

A deployment brings a version, the tag of the image that its revision's task definition names; in
this workshop the tag is the commit. A rollback is a deployment of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import yaml

from workshop.aws import Aws, ClientError, error_code
from workshop.environment import CodeDeploy

ROLLBACK = "codeDeployRollback"
"""The creator of a rollback. Source: CodeDeploy API, `DeploymentInfo.creator`."""

RUNNING = frozenset({"Created", "Queued", "InProgress", "Baking", "Ready"})
"""The statuses of a deployment that has not ended. Source: CodeDeploy API, `DeploymentStatus`."""

_OVER = {"DeploymentAlreadyCompletedException", "DeploymentDoesNotExistException"}
_NOT_STOPPABLE = "UnsupportedActionForDeploymentTypeException"
_NOT_WAITING = {
    "DeploymentIsNotInReadyStateException",
    "InvalidDeploymentStatusException",
    _NOT_STOPPABLE,
}
_NOT_STARTED = {"DeploymentNotStartedException", "DeploymentTargetDoesNotExistException"}
_NO_GROUP = {"ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException"}
_NO_REVISION = {"RevisionDoesNotExistException", "ApplicationDoesNotExistException"}
_NO_OBJECT = {"NoSuchBucket", "NoSuchKey", "NoSuchVersion"}
_NO_DEFINITION = {"ClientException", "InvalidParameterException"}


@dataclass(frozen=True)
class LifecycleEvent:
    """One lifecycle event; times are None before it began or ended, `message` is diagnostics'."""

    name: str
    status: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str = ""


@dataclass(frozen=True)
class Deployment:
    """One deployment of the group.

    `task_definition` is the ARN that its revision names, `version` the image's tag there; both are
    '' where AWS does not tell any more. `configuration` names the deployment configuration, which
    says how traffic moves. `weights`: slot -> percent, empty before it has started.
    `rolled_back_by` and `rollback_of` are the ids of the deployment that undid it, and of the one
    that it undoes. `is_waiting_to_terminate`: traffic is where it is to be, and the tasks that it
    replaced still stand.
    """

    id: str
    status: str
    creator: str
    description: str
    created_at: datetime
    completed_at: datetime | None
    task_definition: str
    version: str
    configuration: str = ""
    events: tuple[LifecycleEvent, ...] = ()
    weights: dict[str, float] = field(default_factory=dict)
    error_code: str = ""
    error_message: str = ""
    rolled_back_by: str | None = None
    rollback_of: str | None = None
    is_waiting_to_terminate: bool = False

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def is_rollback(self) -> bool:
        return self.creator == ROLLBACK


def deployments(aws: Aws, codedeploy: CodeDeploy, limit: int = 20) -> list[Deployment]:
    """Return the group's deployments, newest first, at most `limit`; none without a group."""
    found = [read_deployment(aws, one) for one in islice(_ids(aws, codedeploy), limit)]
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def running_deployment(aws: Aws, codedeploy: CodeDeploy) -> Deployment | None:
    """Return the deployment that has not ended, or None: a group runs one at a time."""
    found = next(_ids(aws, codedeploy, includeOnlyStatuses=sorted(RUNNING)), None)
    return None if found is None else read_deployment(aws, found)


def read_deployment(aws: Aws, deployment_id: str) -> Deployment:
    """Return one deployment. Raises: ClientError if AWS has none of that id."""
    info = aws.client("codedeploy").get_deployment(deploymentId=deployment_id)["deploymentInfo"]
    target = _ecs_target(aws, deployment_id)
    definition = _task_definition(aws, info)
    error, rollback = info.get("errorInformation", {}), info.get("rollbackInfo", {})
    completed_at = info.get("completeTime")
    return Deployment(
        id=info["deploymentId"],
        status=info["status"],
        creator=info.get("creator", ""),
        description=info.get("description", ""),
        created_at=info["createTime"],
        completed_at=completed_at,
        task_definition=definition,
        version=_image_tag(aws, definition),
        configuration=info.get("deploymentConfigName", ""),
        events=tuple(_event(one) for one in target.get("lifecycleEvents", [])),
        weights=_weights(target),
        error_code=error.get("code", ""),
        error_message=error.get("message", ""),
        rolled_back_by=rollback.get("rollbackDeploymentId"),
        rollback_of=rollback.get("rollbackTriggeringDeploymentId"),
        is_waiting_to_terminate=completed_at is None and _has_switched(info, target),
    )


def end_termination_wait(aws: Aws, deployment_id: str) -> bool:
    """Let the replaced tasks go now; False if the deployment does not wait for that.

    Source: CodeDeploy API, ContinueDeployment with `TERMINATION_WAIT`.
    """
    try:
        aws.client("codedeploy").continue_deployment(
            deploymentId=deployment_id, deploymentWaitType="TERMINATION_WAIT"
        )
    except ClientError as error:
        if error_code(error) in _OVER | _NOT_WAITING:
            return False
        raise
    return True


def stop(aws: Aws, deployment_id: str, rollback: bool = True) -> bool:
    """Stop a deployment; False if it has ended already, or is a rollback that AWS does not stop.

    With `rollback` AWS sends traffic back by a deployment of its own, which `rolled_back_by`
    names once it has begun. Source: CodeDeploy API, StopDeployment with `autoRollbackEnabled`.
    """
    try:
        aws.client("codedeploy").stop_deployment(
            deploymentId=deployment_id, autoRollbackEnabled=rollback
        )
    except ClientError as error:
        if error_code(error) in _OVER | {_NOT_STOPPABLE}:
            return False
        raise
    return True


def slot_of(target_group_name: str) -> str:
    """Return the slot of a target group: `blue` of `ana-prod-blue`."""
    return target_group_name.rpartition("-")[2]


def weights_in_words(weights: Mapping[str, float]) -> str:
    """Return weights as `blue 0 %, green 100 %`."""
    return ", ".join(f"{slot} {percent:g} %" for slot, percent in sorted(weights.items()))


def _ids(aws: Aws, codedeploy: CodeDeploy, **filters: Any) -> Iterator[str]:
    """Yield the ids of the group's deployments, newest first as AWS lists them."""
    pages = aws.client("codedeploy").get_paginator("list_deployments")
    try:
        for page in pages.paginate(
            applicationName=codedeploy.application,
            deploymentGroupName=codedeploy.deployment_group,
            **filters,
        ):
            yield from page["deployments"]
    except ClientError as error:
        if error_code(error) not in _NO_GROUP:
            raise


def _ecs_target(aws: Aws, deployment_id: str) -> dict[str, Any]:
    """Return the deployment's one target, the service; empty before it has started."""
    client = aws.client("codedeploy")
    try:
        ids = client.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
        if not ids:
            return {}
        found = client.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=ids[:1])
    except ClientError as error:
        if error_code(error) in _NOT_STARTED:
            return {}
        raise
    return dict(found["deploymentTargets"][0]["ecsTarget"])


def _has_switched(info: dict[str, Any], target: dict[str, Any]) -> bool:
    """Tell whether all that a deployment has left to do is to end the replaced tasks.

    Of ECS, AWS may leave `instanceTerminationWaitTimeStarted` false all the while; the target has
    Succeeded from the moment that the wait begins. Source: aws/containers-roadmap#269.
    """
    is_told = bool(info.get("instanceTerminationWaitTimeStarted"))
    return is_told or target.get("status") == "Succeeded"


def _event(record: dict[str, Any]) -> LifecycleEvent:
    return LifecycleEvent(
        name=record["lifecycleEventName"],
        status=record["status"],
        started_at=record.get("startTime"),
        ended_at=record.get("endTime"),
        message=record.get("diagnostics", {}).get("message", ""),
    )


def _weights(target: dict[str, Any]) -> dict[str, float]:
    return {
        slot_of(one["targetGroup"]["name"]): one["trafficWeight"]
        for one in target.get("taskSetsInfo", [])
        if "targetGroup" in one and "trafficWeight" in one
    }


def _task_definition(aws: Aws, info: dict[str, Any]) -> str:
    """Return the task definition that the deployment's appspec names."""
    text = _appspec(aws, info)
    try:
        (resource,) = yaml.safe_load(text)["Resources"]
        return str(resource["TargetService"]["Properties"]["TaskDefinition"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        return ""


def _appspec(aws: Aws, info: dict[str, Any]) -> str:
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


def _image_tag(aws: Aws, task_definition: str) -> str:
    """Return the tag of the image in a task definition, '' where that is gone."""
    if not task_definition:
        return ""
    try:
        found = aws.client("ecs").describe_task_definition(taskDefinition=task_definition)
    except ClientError as error:
        if error_code(error) in _NO_DEFINITION:
            return ""
        raise
    image = str(found["taskDefinition"]["containerDefinitions"][0]["image"])
    return image.rsplit("/", 1)[-1].partition(":")[2]
