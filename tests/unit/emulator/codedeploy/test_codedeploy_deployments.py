"""Deployments as callers of CodeDeploy see them; the service has no tasks, so none takes long."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from codedeploy_bench import Bench, blue_green
from tests.unit.emulator.refusals import refusal

from emulator.control_plane import registration
from emulator.control_plane.codedeploy.exceptions import DeploymentLimitExceededException
from emulator.engines.deployment.events import StopRequested
from emulator.server import Emulator

LIFECYCLE = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
]
ROLLBACK = {
    "enabled": True,
    "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"],
}


@pytest.fixture
def waiting(bench: Bench) -> tuple[Bench, str]:
    """Return a deployment in status Ready, which waits for an hour to be continued."""
    bench.create_group(blueGreenDeploymentConfiguration=blue_green("STOP_DEPLOYMENT"))
    deployment_id = bench.start()
    bench.wait_for(deployment_id, "Ready")
    return bench, deployment_id


def test_successful_deployment_is_shown_whole(bench: Bench) -> None:
    bench.create_group(autoRollbackConfiguration=ROLLBACK)
    deployment_id = bench.start(description="first")
    bench.deploy.get_waiter("deployment_successful").wait(
        deploymentId=deployment_id, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600}
    )
    shown = bench.deployment(deployment_id)
    settings = bench.settings()
    assert {name: shown[name] for name in settings if name in shown} == {
        name: value for name, value in settings.items() if name in shown
    }
    assert shown["status"] == "Succeeded"
    assert shown["creator"] == "user"
    assert shown["description"] == "first"
    assert shown["computePlatform"] == "ECS"
    assert shown["autoRollbackConfiguration"] == ROLLBACK
    assert shown["deploymentOverview"] == {
        "Pending": 0,
        "InProgress": 0,
        "Succeeded": 1,
        "Failed": 0,
        "Skipped": 0,
        "Ready": 0,
    }
    assert shown["instanceTerminationWaitTimeStarted"] is True
    assert shown["createTime"] <= shown["startTime"] <= shown["completeTime"]
    assert "errorInformation" not in shown
    assert "rollbackInfo" not in shown
    listed = bench.deploy.batch_get_deployments(deploymentIds=[deployment_id, "d-NOBODY000"])
    assert listed["deploymentsInfo"] == [shown]
    last = bench.group()["lastSuccessfulDeployment"]
    assert (last["deploymentId"], last["status"]) == (deployment_id, "Succeeded")
    assert last["endTime"] == shown["completeTime"]


def test_target_shows_lifecycle_and_task_sets(bench: Bench) -> None:
    bench.create_group()
    deployment_id = bench.start()
    bench.wait_for(deployment_id, "Succeeded")
    target = bench.target(deployment_id)
    assert target["deploymentTargetType"] == "ECSTarget"
    shown = target["ecsTarget"]
    assert shown["deploymentId"] == deployment_id
    assert shown["targetId"] == f"{bench.room.cluster}:{bench.service}"
    assert shown["targetArn"].endswith(f":service/{bench.room.cluster}/{bench.service}")
    assert shown["status"] == "Succeeded"
    assert [event["lifecycleEventName"] for event in shown["lifecycleEvents"]] == LIFECYCLE
    assert {event["status"] for event in shown["lifecycleEvents"]} <= {"Succeeded", "Skipped"}
    green = next(each for each in shown["taskSetsInfo"] if each["taskSetLabel"] == "Green")
    assert green["identifer"].startswith("ecs-svc/")
    assert green["targetGroup"] == {"name": bench.green}
    assert green["trafficWeight"] == 100.0
    assert green["status"] == "PRIMARY"
    assert {"desiredCount", "pendingCount", "runningCount"} <= green.keys()
    batch = bench.deploy.batch_get_deployment_targets(
        deploymentId=deployment_id, targetIds=[shown["targetId"]]
    )
    assert batch["deploymentTargets"] == [target]


def test_second_deployment_swaps_the_slots_back(bench: Bench) -> None:
    bench.create_group()
    bench.wait_for(bench.start(), "Succeeded")
    second = bench.start()
    bench.wait_for(second, "Succeeded")
    task_sets = bench.target(second)["ecsTarget"]["taskSetsInfo"]
    slots = {each["taskSetLabel"]: each["targetGroup"]["name"] for each in task_sets}
    assert slots == {"Blue": bench.green, "Green": bench.blue}


def test_second_deployment_of_a_group_waits_for_the_first(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    code, message = refusal(bench.deploy.create_deployment, **bench.request())
    assert code == "DeploymentLimitExceededException"
    named = f"The Deployment Group '{bench.group_name}' already has an active Deployment"
    assert message == f"{named} '{deployment_id}'"


def test_no_deployment_comes_between_a_stopped_one_and_its_rollback(
    waiting: tuple[Bench, str], emulator: Emulator
) -> None:
    bench, deployment_id = waiting
    backend = registration.backend("codedeploy", "123456789012", "us-west-2")
    with emulator.runtime.lock:  # nothing else moves
        backend.apply(deployment_id, StopRequested(auto_rollback=True))
        with pytest.raises(DeploymentLimitExceededException):
            backend.start(bench.request())
    undoing = bench.deployment(deployment_id)["rollbackInfo"]["rollbackDeploymentId"]
    bench.wait_for(undoing, "Succeeded")


def test_ready_deployment_goes_on_when_continued(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    shown = bench.target(deployment_id)["ecsTarget"]
    assert shown["status"] == "Ready"
    assert "deploymentOverview" not in bench.deployment(deployment_id)
    assert {e["taskSetLabel"]: e["trafficWeight"] for e in shown["taskSetsInfo"]} == {
        "Blue": 100.0,
        "Green": 0.0,
    }
    bench.deploy.continue_deployment(deploymentId=deployment_id)
    bench.wait_for(deployment_id, "Succeeded")
    again = refusal(bench.deploy.continue_deployment, deploymentId=deployment_id)
    assert again[0] == "DeploymentAlreadyCompletedException"


@pytest.mark.parametrize("name", ["continue", "skip"])
def test_termination_wait_ends_when_asked(bench: Bench, name: str) -> None:
    bench.create_group(blueGreenDeploymentConfiguration=blue_green(termination_min=60))
    deployment_id = bench.start()
    bench.wait_until(lambda: bench.deployment(deployment_id)["instanceTerminationWaitTimeStarted"])
    assert bench.deployment(deployment_id)["status"] == "InProgress"
    early = refusal(bench.deploy.continue_deployment, deploymentId=deployment_id)
    assert early[0] == "DeploymentIsNotInReadyStateException"
    if name == "continue":
        bench.deploy.continue_deployment(
            deploymentId=deployment_id, deploymentWaitType="TERMINATION_WAIT"
        )
    else:
        bench.deploy.skip_wait_time_for_instance_termination(deploymentId=deployment_id)
    bench.wait_for(deployment_id, "Succeeded")


def test_stopped_deployment_without_rollback_stays_as_it_is(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    answer = bench.deploy.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=False)
    assert answer["status"] == "Succeeded"
    shown = bench.deployment(deployment_id)
    assert shown["status"] == "Stopped"
    assert shown["errorInformation"]["code"] == "MANUAL_STOP"
    assert "rollbackInfo" not in shown
    again = refusal(bench.deploy.stop_deployment, deploymentId=deployment_id)
    assert again[0] == "DeploymentAlreadyCompletedException"


def test_rollback_is_a_deployment_of_its_own(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    bench.deploy.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)
    info = bench.wait_until(lambda: bench.deployment(deployment_id).get("rollbackInfo"))
    rollback = bench.wait_for(info["rollbackDeploymentId"], "Succeeded")
    assert rollback["creator"] == "codeDeployRollback"
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment_id
    assert deployment_id in rollback["rollbackInfo"]["rollbackMessage"]
    assert "revision" not in rollback, "nothing was deployed before"
    shown = bench.group()
    assert shown["lastAttemptedDeployment"]["deploymentId"] == rollback["deploymentId"]
    assert "targetRevision" not in shown
    assert bench.deployment(deployment_id)["status"] == "Stopped"


def test_rollback_names_the_revision_that_it_returns_to(bench: Bench) -> None:
    bench.create_group()
    first = bench.start()
    bench.wait_for(first, "Succeeded")
    bench.deploy.update_deployment_group(
        applicationName=bench.application,
        currentDeploymentGroupName=bench.group_name,
        blueGreenDeploymentConfiguration=blue_green("STOP_DEPLOYMENT"),
    )
    second = bench.start(json.dumps(bench.appspec(TaskDefinition=bench.define())))
    bench.wait_for(second, "Ready")
    wanted = bench.deployment(first)["revision"]
    assert bench.deployment(second)["previousRevision"] == wanted
    bench.deploy.stop_deployment(deploymentId=second, autoRollbackEnabled=True)
    info = bench.wait_until(lambda: bench.deployment(second).get("rollbackInfo"))
    rollback = bench.wait_for(info["rollbackDeploymentId"], "Succeeded")
    assert rollback["revision"] == wanted


def test_deployment_goes_on_when_its_group_is_deleted(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    bench.deploy.delete_deployment_group(
        applicationName=bench.application, deploymentGroupName=bench.group_name
    )
    bench.deploy.continue_deployment(deploymentId=deployment_id)
    bench.wait_for(deployment_id, "Succeeded")


def test_groups_later_settings_leave_a_running_deployment_alone(
    waiting: tuple[Bench, str],
) -> None:
    bench, deployment_id = waiting
    bench.deploy.update_deployment_group(
        applicationName=bench.application,
        currentDeploymentGroupName=bench.group_name,
        blueGreenDeploymentConfiguration=blue_green(),
    )
    shown = bench.deployment(deployment_id)
    assert shown["blueGreenDeploymentConfiguration"] == blue_green("STOP_DEPLOYMENT")


def test_deployments_are_listed_newest_first_and_by_filter(bench: Bench) -> None:
    bench.create_group()
    ids = []
    for _ in range(3):
        ids.append(bench.start())
        bench.wait_for(ids[-1], "Succeeded")
    of_group = {
        "applicationName": bench.application,
        "deploymentGroupName": bench.group_name,
    }
    listed = bench.deploy.list_deployments
    assert listed(**of_group)["deployments"] == ids[::-1]
    assert listed(**of_group, includeOnlyStatuses=["Stopped"])["deployments"] == []
    assert listed(**of_group, includeOnlyStatuses=["Succeeded"])["deployments"] == ids[::-1]
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    within = {"start": now - hour, "end": now + hour}
    assert listed(**of_group, createTimeRange=within)["deployments"] == ids[::-1]
    before = {"end": now - hour}
    assert listed(**of_group, createTimeRange=before)["deployments"] == []
    assert listed(**of_group, externalId="stack")["deployments"] == []


def test_list_of_many_deployments_comes_in_pages(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.control_plane.codedeploy.declaration_responses.PAGE_SIZE", 2)
    bench.create_group()
    ids = []
    for _ in range(3):
        ids.append(bench.start())
        bench.wait_for(ids[-1], "Succeeded")
    pages = bench.deploy.get_paginator("list_deployments").paginate(
        applicationName=bench.application, deploymentGroupName=bench.group_name
    )
    assert [page["deployments"] for page in pages] == [ids[:0:-1], ids[:1]]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"applicationName": "a"}, "DeploymentGroupNameRequiredException"),
        ({"deploymentGroupName": "g"}, "ApplicationNameRequiredException"),
        (
            {"applicationName": "nobody", "deploymentGroupName": "g"},
            "ApplicationDoesNotExistException",
        ),
        ({"includeOnlyStatuses": ["Fine"]}, "InvalidDeploymentStatusException"),
        ({"nextToken": "none"}, "InvalidNextTokenException"),
        (
            {"createTimeRange": {"start": datetime(2030, 1, 1), "end": datetime(2020, 1, 1)}},  # noqa: DTZ001
            "InvalidTimeRangeException",
        ),
    ],
)
def test_impossible_lists_are_refused(bench: Bench, asked: dict[str, Any], code: str) -> None:
    assert refusal(bench.deploy.list_deployments, **asked)[0] == code


def test_targets_are_listed_by_status(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    listed = bench.deploy.list_deployment_targets
    target_id = f"{bench.room.cluster}:{bench.service}"
    assert listed(deploymentId=deployment_id)["targetIds"] == [target_id]
    ready = {"TargetStatus": ["Ready"]}
    assert listed(deploymentId=deployment_id, targetFilters=ready)["targetIds"] == [target_id]
    failed = {"TargetStatus": ["Failed"]}
    assert listed(deploymentId=deployment_id, targetFilters=failed)["targetIds"] == []


def test_impossible_targets_are_refused(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    one = bench.deploy.get_deployment_target
    wrong = refusal(one, deploymentId=deployment_id, targetId="other:service")
    assert wrong[0] == "DeploymentTargetDoesNotExistException"
    empty = refusal(one, deploymentId=deployment_id, targetId="")
    assert empty[0] == "DeploymentTargetIdRequiredException"
    several = refusal(
        bench.deploy.batch_get_deployment_targets,
        deploymentId=deployment_id,
        targetIds=["a:b", "c:d"],
    )
    assert several[0] == "DeploymentTargetListSizeExceededException"
    listed = bench.deploy.list_deployment_targets
    for filters, code in (
        ({"TargetStatus": ["Fine"]}, "InvalidInstanceStatusException"),
        ({"ServerInstanceLabel": ["Red"]}, "InvalidInstanceTypeException"),
        ({"Mood": ["Fine"]}, "InvalidTargetFilterNameException"),
    ):
        refused = refusal(listed, deploymentId=deployment_id, targetFilters=filters)
        assert refused[0] == code


def test_operations_on_instances_refuse_ecs(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    for call, given in (
        (bench.deploy.list_deployment_instances, {}),
        (bench.deploy.get_deployment_instance, {"instanceId": "i-1"}),
        (bench.deploy.batch_get_deployment_instances, {"instanceIds": ["i-1"]}),
    ):
        code, message = refusal(call, deploymentId=deployment_id, **given)
        assert code == "InvalidComputePlatformException"
        assert "ListDeploymentTargets" in message


@pytest.mark.parametrize(
    ("deployment_id", "code"),
    [
        ("d-1", "InvalidDeploymentIdException"),
        ("", "DeploymentIdRequiredException"),
        ("d-NOBODY000", "DeploymentDoesNotExistException"),
    ],
)
def test_unknown_deployments_are_refused(bench: Bench, deployment_id: str, code: str) -> None:
    for call in (
        bench.deploy.get_deployment,
        bench.deploy.stop_deployment,
        bench.deploy.continue_deployment,
        bench.deploy.list_deployment_targets,
    ):
        assert refusal(call, deploymentId=deployment_id)[0] == code


def test_unknown_wait_type_is_refused(waiting: tuple[Bench, str]) -> None:
    bench, deployment_id = waiting
    code, _ = refusal(
        bench.deploy.continue_deployment, deploymentId=deployment_id, deploymentWaitType="LUNCH"
    )
    assert code == "InvalidDeploymentWaitTypeException"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"applicationName": "nobody"}, "ApplicationDoesNotExistException"),
        ({"deploymentGroupName": None}, "DeploymentGroupNameRequiredException"),
        ({"deploymentGroupName": "nobody"}, "DeploymentGroupDoesNotExistException"),
        ({"deploymentConfigName": "none"}, "DeploymentConfigDoesNotExistException"),
        ({"description": "x" * 257}, "DescriptionTooLongException"),
        ({"revision": {}}, "RevisionRequiredException"),
        ({"targetInstances": {"autoScalingGroups": ["x"]}}, "InvalidTargetInstancesException"),
        (
            {"updateOutdatedInstancesOnly": True},
            "InvalidUpdateOutdatedInstancesOnlyValueException",
        ),
        (
            {"ignoreApplicationStopFailures": True},
            "InvalidIgnoreApplicationStopFailuresValueException",
        ),
        ({"fileExistsBehavior": "BURN"}, "InvalidFileExistsBehaviorException"),
        ({"autoRollbackConfiguration": {"enabled": True}}, "InvalidAutoRollbackConfigException"),
        (
            {"overrideAlarmConfiguration": {"enabled": True}},
            "InvalidAlarmConfigException",
        ),
    ],
)
def test_impossible_deployment_is_refused_and_leaves_nothing(
    bench: Bench, changed: dict[str, Any], code: str
) -> None:
    bench.create_group()
    assert refusal(bench.deploy.create_deployment, **bench.request(**changed))[0] == code
    assert "lastAttemptedDeployment" not in bench.group()


def test_options_that_mean_nothing_to_ecs_are_tolerated(bench: Bench) -> None:
    bench.create_group()
    deployment_id = bench.start(
        ignoreApplicationStopFailures=False,
        updateOutdatedInstancesOnly=False,
        fileExistsBehavior="OVERWRITE",
        overrideAlarmConfiguration={"enabled": False},
    )
    shown = bench.wait_for(deployment_id, "Succeeded")
    assert shown["fileExistsBehavior"] == "OVERWRITE"


def test_deployments_own_configuration_and_rollback_win_over_the_groups(bench: Bench) -> None:
    bench.create_group(autoRollbackConfiguration=ROLLBACK)
    own = {"enabled": False, "events": []}
    deployment_id = bench.start(
        deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes",
        autoRollbackConfiguration=own,
    )
    shown = bench.deployment(deployment_id)
    assert shown["deploymentConfigName"] == "CodeDeployDefault.ECSCanary10Percent5Minutes"
    assert shown["autoRollbackConfiguration"] == own
