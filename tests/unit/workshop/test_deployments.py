"""CodeDeploy's record of one group, read."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from workshop.aws import Aws, ClientError
from workshop.deployments import (
    LifecycleEvent,
    deployments,
    end_termination_wait,
    read_deployment,
    running_deployment,
    stop,
)
from workshop.environment import CodeDeploy

GROUP = CodeDeploy("ana-hello-server", "ana-hello-server-prod")
AT = datetime(2026, 5, 1, tzinfo=UTC)
SPEC = {"Resources": [{"TargetService": {"Properties": {"TaskDefinition": "ana-prod:2"}}}]}


@pytest.fixture
def codedeploy(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("codedeploy")) as stub:
        yield stub


def add_deployment(stub: Stubber, deployment_id: str, status: str = "Succeeded", **more: Any):
    info = {"deploymentId": deployment_id, "status": status, "createTime": AT, **more}
    stub.add_response("get_deployment", {"deploymentInfo": info}, {"deploymentId": deployment_id})
    stub.add_client_error("list_deployment_targets", "DeploymentNotStartedException")


def ended(**more: Any) -> dict[str, Any]:
    return {"completeTime": AT, "creator": "user", **more}


def test_deployment_is_read_with_its_version_weights_events_and_rollback(
    aws: Aws, codedeploy: Stubber
):
    ecs = aws.client("ecs")
    container = {"name": "app", "image": "host:1/ana/app:c0ffee", "memory": 64}
    for _ in range(2):
        ecs.register_task_definition(family="ana-prod", containerDefinitions=[container])
    info = {
        "deploymentId": "d-1",
        "applicationName": "ana-hello-server",
        "status": "Stopped",
        "creator": "user",
        "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
        "createTime": AT,
        "completeTime": AT,
        "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "ab"}},
        "errorInformation": {"code": "MANUAL_STOP", "message": "Stopped by hand."},
        "rollbackInfo": {"rollbackDeploymentId": "d-2"},
        "instanceTerminationWaitTimeStarted": True,
    }
    codedeploy.add_response("get_deployment", {"deploymentInfo": info}, {"deploymentId": "d-1"})
    codedeploy.add_response("list_deployment_targets", {"targetIds": ["ana-prod:hello"]})
    sets = [
        {"trafficWeight": weight, "targetGroup": {"name": f"ana-prod-{slot}"}}
        for slot, weight in (("blue", 0.0), ("green", 100.0))
    ]
    event = {"lifecycleEventName": "Install", "status": "Failed", "startTime": AT}
    event |= {"diagnostics": {"message": "no image"}}
    target = {"ecsTarget": {"taskSetsInfo": sets, "lifecycleEvents": [event]}}
    codedeploy.add_response("batch_get_deployment_targets", {"deploymentTargets": [target]})
    content = {**info["revision"], "appSpecContent": {"content": json.dumps(SPEC)}}
    codedeploy.add_response(
        "get_application_revision",
        {"revision": content},
        {"applicationName": "ana-hello-server", "revision": info["revision"]},
    )
    found = read_deployment(aws, "d-1")
    assert (found.task_definition, found.version) == ("ana-prod:2", "c0ffee")
    assert found.configuration == "CodeDeployDefault.ECSAllAtOnce"
    assert found.weights == {"blue": 0.0, "green": 100.0}
    assert found.events == (LifecycleEvent("Install", "Failed", AT, None, "no image"),)
    assert (found.error_code, found.error_message) == ("MANUAL_STOP", "Stopped by hand.")
    assert (found.rolled_back_by, found.rollback_of) == ("d-2", None)
    assert not found.is_running
    assert not found.is_waiting_to_terminate


def test_ended_deployment_is_asked_for_once_and_a_stopped_one_until_it_is_undone(
    aws: Aws, codedeploy: Stubber
):
    add_deployment(codedeploy, "d-1", **ended())
    assert read_deployment(aws, "d-1") is read_deployment(aws, "d-1")
    add_deployment(codedeploy, "d-2", "Stopped", **ended())
    add_deployment(
        codedeploy, "d-2", "Stopped", **ended(rollbackInfo={"rollbackDeploymentId": "d-3"})
    )
    assert [read_deployment(aws, "d-2").rolled_back_by for _ in range(3)] == [None, "d-3", "d-3"]
    codedeploy.assert_no_pending_responses()


def test_what_a_running_deployment_brings_is_asked_for_once(aws: Aws, codedeploy: Stubber):
    container = {"name": "app", "image": "host:1/ana/app:c0ffee", "memory": 64}
    ecs = aws.client("ecs")
    for _ in range(2):
        ecs.register_task_definition(family="ana-prod", containerDefinitions=[container])
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "ab"}}
    content = {**revision, "appSpecContent": {"content": json.dumps(SPEC)}}
    more = {"applicationName": "ana-hello-server", "revision": revision}
    add_deployment(codedeploy, "d-1", "InProgress", **more)
    codedeploy.add_response("get_application_revision", {"revision": content})
    add_deployment(codedeploy, "d-1", "Ready", **more)
    found = [read_deployment(aws, "d-1") for _ in range(2)]
    assert [(one.status, one.version) for one in found] == [
        ("InProgress", "c0ffee"),
        ("Ready", "c0ffee"),
    ]


def test_appspec_that_get_deployment_tells_is_not_asked_for_again(aws: Aws, codedeploy: Stubber):
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(SPEC)}}
    add_deployment(codedeploy, "d-1", revision=revision)
    found = read_deployment(aws, "d-1")
    assert (found.task_definition, found.version) == ("ana-prod:2", "")


@pytest.mark.parametrize("content", ["", "a: [", "Resources: []", "version: 0.0", "- 1"])
def test_appspec_that_names_no_task_definition_brings_no_known_version(
    aws: Aws, codedeploy: Stubber, content: str
):
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
    add_deployment(codedeploy, "d-1", revision=revision)
    assert read_deployment(aws, "d-1").task_definition == ""


def test_rollback_names_what_it_undoes(aws: Aws, codedeploy: Stubber):
    undone = {"rollbackTriggeringDeploymentId": "d-1"}
    add_deployment(codedeploy, "d-2", creator="codeDeployRollback", rollbackInfo=undone)
    found = read_deployment(aws, "d-2")
    assert found.is_rollback
    assert found.rollback_of == "d-1"


def test_deployments_are_read_newest_first_up_to_the_limit(aws: Aws, codedeploy: Stubber):
    asked = {"applicationName": GROUP.application, "deploymentGroupName": GROUP.deployment_group}
    codedeploy.add_response("list_deployments", {"deployments": ["d-3", "d-2", "d-1"]}, asked)
    for one in ("d-3", "d-2"):
        add_deployment(codedeploy, one, **ended())
    assert [one.id for one in deployments(aws, GROUP, limit=2)] == ["d-3", "d-2"]
    codedeploy.assert_no_pending_responses()


def test_group_that_is_gone_has_no_deployments(aws: Aws, codedeploy: Stubber):
    codedeploy.add_client_error("list_deployments", "DeploymentGroupDoesNotExistException")
    assert deployments(aws, GROUP) == []
    codedeploy.add_client_error("list_deployments", "ApplicationDoesNotExistException")
    assert running_deployment(aws, GROUP) is None


def test_running_deployment_is_the_one_that_has_not_ended(aws: Aws, codedeploy: Stubber):
    asked = {
        "applicationName": GROUP.application,
        "deploymentGroupName": GROUP.deployment_group,
        "includeOnlyStatuses": ["Baking", "Created", "InProgress", "Queued", "Ready"],
    }
    codedeploy.add_response("list_deployments", {"deployments": ["d-1"]}, asked)
    add_deployment(
        codedeploy, "d-1", "InProgress", instanceTerminationWaitTimeStarted=True, creator="user"
    )
    found = running_deployment(aws, GROUP)
    assert found is not None
    assert found.is_running
    assert found.is_waiting_to_terminate


@pytest.mark.parametrize(("status", "is_waiting"), [("Succeeded", True), ("InProgress", False)])
def test_wait_that_get_deployment_does_not_tell_of_is_seen_from_the_target(
    aws: Aws, codedeploy: Stubber, status: str, is_waiting: bool
):
    info = {"deploymentId": "d-1", "status": "InProgress", "createTime": AT}
    info["instanceTerminationWaitTimeStarted"] = False
    codedeploy.add_response("get_deployment", {"deploymentInfo": info}, {"deploymentId": "d-1"})
    codedeploy.add_response("list_deployment_targets", {"targetIds": ["ana-prod:hello"]})
    target = {"ecsTarget": {"status": status}}
    codedeploy.add_response("batch_get_deployment_targets", {"deploymentTargets": [target]})
    assert read_deployment(aws, "d-1").is_waiting_to_terminate is is_waiting


def test_stop_asks_for_the_rollback(aws: Aws, codedeploy: Stubber):
    codedeploy.add_response(
        "stop_deployment",
        {"status": "Pending"},
        {"deploymentId": "d-1", "autoRollbackEnabled": True},
    )
    assert stop(aws, "d-1")


def test_stop_of_what_has_ended_is_no_error(aws: Aws, codedeploy: Stubber):
    codedeploy.add_client_error("stop_deployment", "DeploymentAlreadyCompletedException")
    assert not stop(aws, "d-1")
    codedeploy.add_client_error("stop_deployment", "ThrottlingException")
    with pytest.raises(ClientError):
        stop(aws, "d-1")


def test_termination_wait_is_ended_only_where_there_is_one(aws: Aws, codedeploy: Stubber):
    codedeploy.add_response(
        "continue_deployment",
        {},
        {"deploymentId": "d-1", "deploymentWaitType": "TERMINATION_WAIT"},
    )
    assert end_termination_wait(aws, "d-1")
    codedeploy.add_client_error("continue_deployment", "DeploymentIsNotInReadyStateException")
    assert not end_termination_wait(aws, "d-1")
