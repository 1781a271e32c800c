"""CodeDeploy's deployments of one group, as a person thinks of them.

A deployment brings a version, the tag of the image that its revision's task definition names; in
this workshop the tag is the commit. A rollback is a deployment of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from workshop.aws import Aws, ClientError, error_code
from workshop.deployed_revision import appspec_of, deployed_by
from workshop.environment import CodeDeploy
from workshop.errors import UsageError

ROLLBACK = "codeDeployRollback"
"""The creator of a rollback. Source: CodeDeploy API, `DeploymentInfo.creator`."""

RUNNING = frozenset({"Created", "Queued", "InProgress", "Baking", "Ready"})
"""The statuses of a deployment that has not ended. Source: CodeDeploy API, `DeploymentStatus`."""

READY = "Ready"
"""The status of a deployment in its ready wait. Source: CodeDeploy API, `DeploymentStatus`."""

_OVER = {"DeploymentAlreadyCompletedException", "DeploymentDoesNotExistException"}
_NOT_STOPPABLE = "UnsupportedActionForDeploymentTypeException"
_NOT_WAITING = {
    "DeploymentIsNotInReadyStateException",
    "InvalidDeploymentStatusException",
    _NOT_STOPPABLE,
}
_NOT_STARTED = {"DeploymentNotStartedException", "DeploymentTargetDoesNotExistException"}
_ONE_AT_A_TIME = "DeploymentLimitExceededException"
_NO_GROUP = {"ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException"}


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
    replaced still stand. `test_listeners` (ARNs) are where it shows the new version first;
    `waits_for_reroute`: it waits for a person then.
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
    test_listeners: tuple[str, ...] = ()
    waits_for_reroute: bool = False

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def is_rollback(self) -> bool:
        return self.creator == ROLLBACK

    @property
    def is_ready(self) -> bool:
        """Tell whether the new version is on the test port, and a person is to send traffic on."""
        return self.status == READY

    @property
    def is_final(self) -> bool:
        """Tell whether AWS's record of it will never change: one that fails is undone later."""
        is_undone = self.rolled_back_by is not None
        return self.completed_at is not None and (self.status == "Succeeded" or is_undone)

    def has_passed(self, event: str) -> bool:
        """Tell whether a lifecycle event has succeeded."""
        return any(one.name == event and one.status == "Succeeded" for one in self.events)


def deployments(aws: Aws, codedeploy: CodeDeploy, limit: int = 20) -> list[Deployment]:
    """Return the group's deployments, newest first, at most `limit`; none without a group."""
    found = islice(each_deployment(aws, codedeploy), limit)
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def each_deployment(aws: Aws, codedeploy: CodeDeploy) -> Iterator[Deployment]:
    """Yield the group's deployments, newest first as AWS lists them, each read when asked for."""
    return (read_deployment(aws, one) for one in _ids(aws, codedeploy))


def running_deployment(aws: Aws, codedeploy: CodeDeploy) -> Deployment | None:
    """Return the deployment that has not ended, or None: a group runs one at a time."""
    found = next(_ids(aws, codedeploy, includeOnlyStatuses=sorted(RUNNING)), None)
    return None if found is None else read_deployment(aws, found)


def read_deployment(aws: Aws, deployment_id: str) -> Deployment:
    """Return one deployment; AWS is asked once for one that never changes again.

    Raises: ClientError if AWS has none of that id.
    """
    key = ("deployment", deployment_id)
    kept: Deployment | None = aws.unchanging.get(key)
    if kept is not None:
        return kept
    found = _ask_for(aws, deployment_id)
    if found.is_final:
        aws.unchanging[key] = found
    return found


def _ask_for(aws: Aws, deployment_id: str) -> Deployment:
    info = aws.client("codedeploy").get_deployment(deploymentId=deployment_id)["deploymentInfo"]
    target = _ecs_target(aws, deployment_id)
    definition, version = deployed_by(aws, info)
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
        version=version,
        events=tuple(_event(one) for one in target.get("lifecycleEvents", [])),
        weights=_weights(target),
        error_code=error.get("code", ""),
        error_message=error.get("message", ""),
        rolled_back_by=rollback.get("rollbackDeploymentId"),
        rollback_of=rollback.get("rollbackTriggeringDeploymentId"),
        is_waiting_to_terminate=completed_at is None and _has_switched(info, target),
        configuration=info.get("deploymentConfigName", ""),
        test_listeners=listeners_for_tests(info),
        waits_for_reroute=ready_wait_min(info) is not None,
    )


def listeners_for_tests(info: dict[str, Any]) -> tuple[str, ...]:
    """Return the ARNs of the listeners on which a group, or a deployment, shows new versions.

    Source: CodeDeploy API, `TargetGroupPairInfo.testTrafficRoute`.
    """
    pairs = info.get("loadBalancerInfo", {}).get("targetGroupPairInfoList", [])
    return tuple(
        arn for pair in pairs for arn in pair.get("testTrafficRoute", {}).get("listenerArns", [])
    )


def ready_wait_min(info: dict[str, Any]) -> int | None:
    """Return for how many minutes a group, or a deployment, waits for a person to re-route.

    None where nobody is waited for. Source: CodeDeploy API, `DeploymentReadyOption`.
    """
    option = info.get("blueGreenDeploymentConfiguration", {}).get("deploymentReadyOption", {})
    if option.get("actionOnTimeout") != "STOP_DEPLOYMENT":
        return None
    return int(option.get("waitTimeInMinutes", 0))


def reroute(aws: Aws, deployment_id: str) -> bool:
    """Send production's traffic to the new version; False if the deployment does not wait for that.

    Source: CodeDeploy API, ContinueDeployment with `READY_WAIT`.
    """
    return _continue(aws, deployment_id, "READY_WAIT")


def end_termination_wait(aws: Aws, deployment_id: str) -> bool:
    """Let the replaced tasks go now; False if the deployment does not wait for that.

    Source: CodeDeploy API, ContinueDeployment with `TERMINATION_WAIT`.
    """
    return _continue(aws, deployment_id, "TERMINATION_WAIT")


def _continue(aws: Aws, deployment_id: str, wait_type: str) -> bool:
    try:
        aws.client("codedeploy").continue_deployment(
            deploymentId=deployment_id, deploymentWaitType=wait_type
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


def redeploy(
    aws: Aws,
    codedeploy: CodeDeploy,
    deployment_id: str,
    configuration: str = "",
    ignore_alarms: bool = False,
) -> str:
    """Deploy once more what a deployment brought; return the id of the new one.

    Without a `configuration` the group's own shifts the traffic. `ignore_alarms` is for leaving a
    version that sets them off. Raises: UsageError where AWS does not tell any more what was
    deployed, or where another deployment runs.
    Source: CodeDeploy API, CreateDeployment: `appSpecContent`, `overrideAlarmConfiguration`.
    """
    client = aws.client("codedeploy")
    info = client.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
    text = appspec_of(aws, info)
    if not text:
        raise UsageError(
            f"AWS does not tell any more what deployment `{deployment_id}` deployed.",
            "Push a commit instead: it takes its way through the pipeline.",
        )
    settings: dict[str, Any] = {"deploymentConfigName": configuration} if configuration else {}
    if ignore_alarms:
        settings["overrideAlarmConfiguration"] = {"enabled": False}
    try:
        made = client.create_deployment(
            applicationName=codedeploy.application,
            deploymentGroupName=codedeploy.deployment_group,
            description=f"What {deployment_id} deployed, once more",
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": text}},
            **settings,
        )
    except ClientError as error:
        if error_code(error) != _ONE_AT_A_TIME:
            raise
        raise UsageError(
            f"Deployment group `{codedeploy.deployment_group}` is busy with another deployment.",
            "Follow it with `workshop watch`, and run the same command again when it has ended.",
        ) from error
    return str(made["deploymentId"])


def slot_serving(deployment: Deployment) -> str:
    """Return the slot that a deployment has given all traffic, `?` where none has it."""
    return next((slot for slot, weight in deployment.weights.items() if weight == 100), "?")


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
