"""Rest before a reset: from any state, in the order that AWS needs, and again if interrupted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from workshop.aws import Aws
from workshop.deployments import Deployment
from workshop.environment import BuildProject, CodeDeploy, Environment, environment_from_outputs
from workshop.errors import InfrastructureError
from workshop.progress import silent
from workshop.quiesce import codedeploy as codedeploy_at_rest
from workshop.quiesce import quiesce, wake
from workshop.waiting import wait_until

ACCOUNT = "123456789012"
PIPELINE = "ana-hello-server"
FIRST = "11111111-2222-3333-4444-555555555555"
SECOND = "21111111-2222-3333-4444-555555555555"
TOKEN = "31111111-2222-3333-4444-555555555555"
PROJECT = BuildProject("p", "/g")
GROUP = CodeDeploy("ana-hello-server", "ana-hello-server-prod")
AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_pause_between_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)


@pytest.fixture
def environment() -> Environment:
    balancer = {"name": "b", "arn": "arn", "dns_name": "localhost", "port": 80}
    return environment_from_outputs(
        {
            "region": "us-east-1",
            "prefix": "ana",
            "step": "1.3",
            "clusters": {"staging": "ana-staging", "prod": "ana-prod"},
            "load_balancers": {"staging": balancer, "prod": balancer},
            "pipeline": {"name": PIPELINE},
        }
    )


@pytest.fixture
def pipeline(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("codepipeline")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def add_executions(stub: Stubber, **statuses: str) -> None:
    ids = {"first": FIRST, "second": SECOND}
    listed = [
        {"pipelineExecutionId": ids[name], "status": status} for name, status in statuses.items()
    ]
    stub.add_response(
        "list_pipeline_executions",
        {"pipelineExecutionSummaries": listed},
        {"pipelineName": PIPELINE},
    )


def add_stop(stub: Stubber, execution: str, refusal: str = "") -> None:
    if refusal:
        stub.add_client_error("stop_pipeline_execution", refusal)
        return
    stub.add_response(
        "stop_pipeline_execution",
        {"pipelineExecutionId": execution},
        {
            "pipelineName": PIPELINE,
            "pipelineExecutionId": execution,
            "abandon": True,
            "reason": ANY,
        },
    )


def add_nothing_waits(stub: Stubber) -> None:
    stub.add_response("get_pipeline_state", {"stageStates": []}, {"name": PIPELINE})


def add_waiting(stub: Stubber, execution: str) -> None:
    latest = {"status": "InProgress", "token": TOKEN, "lastStatusChange": AT}
    stage = {
        "stageName": "Approve",
        "latestExecution": {"pipelineExecutionId": execution, "status": "InProgress"},
        "actionStates": [{"actionName": "Approve", "latestExecution": latest}],
    }
    stub.add_response("get_pipeline_state", {"stageStates": [stage]}, {"name": PIPELINE})
    stub.add_response("get_pipeline_execution", {"pipelineExecution": {}})


# Trigger and executions


def test_trigger_is_disabled_and_woken_again_and_nobody_elses(
    aws: Aws, environment: Environment, pipeline: Stubber
):
    events = aws.client("events")
    arn = f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:{PIPELINE}"
    for name, target in [("ana-push", arn), ("ana-b-push", f"{arn}-b")]:
        events.put_rule(Name=name, EventPattern="{}", State="ENABLED")
        events.put_targets(Rule=name, Targets=[{"Id": "pipeline", "Arn": target}])
    add_executions(pipeline)
    quiesce(aws, environment, silent)
    assert events.describe_rule(Name="ana-push")["State"] == "DISABLED"
    assert events.describe_rule(Name="ana-b-push")["State"] == "ENABLED"
    wake(aws, environment)
    assert events.describe_rule(Name="ana-push")["State"] == "ENABLED"


def test_environment_without_a_pipeline_is_at_rest(aws: Aws, environment: Environment):
    quiesce(aws, replace(environment, pipeline=None), silent)
    wake(aws, replace(environment, pipeline=None))


def test_pipeline_that_is_gone_is_at_rest(aws: Aws, environment: Environment, pipeline: Stubber):
    pipeline.add_client_error("list_pipeline_executions", "PipelineNotFoundException")
    quiesce(aws, environment, silent)


def test_every_execution_is_stopped_once_and_waited_for(
    aws: Aws, environment: Environment, pipeline: Stubber
):
    add_executions(pipeline, first="InProgress")
    add_nothing_waits(pipeline)
    add_stop(pipeline, FIRST)
    add_executions(pipeline, first="Stopping", second="InProgress")
    add_nothing_waits(pipeline)
    add_stop(pipeline, SECOND)
    add_executions(pipeline, first="Stopped", second="Stopped")
    quiesce(aws, environment, silent)


def test_execution_that_somebody_stopped_to_wait_is_abandoned(
    aws: Aws, environment: Environment, pipeline: Stubber
):
    add_executions(pipeline, first="Stopping")
    add_nothing_waits(pipeline)
    add_stop(pipeline, FIRST)
    add_executions(pipeline, first="Stopped")
    quiesce(aws, environment, silent)


def test_execution_that_ends_while_it_is_stopped_is_at_rest(
    aws: Aws, environment: Environment, pipeline: Stubber
):
    add_executions(pipeline, first="InProgress")
    add_nothing_waits(pipeline)
    add_stop(pipeline, FIRST, refusal="PipelineExecutionNotStoppableException")
    add_executions(pipeline, first="Succeeded")
    quiesce(aws, environment, silent)


def test_execution_of_a_pipeline_too_busy_to_stop_it_is_stopped_at_the_next_look(
    aws: Aws, environment: Environment, pipeline: Stubber
):
    add_executions(pipeline, first="InProgress")
    add_nothing_waits(pipeline)
    add_stop(pipeline, FIRST, refusal="ConflictException")
    add_executions(pipeline, first="InProgress")
    add_nothing_waits(pipeline)
    add_stop(pipeline, FIRST)
    add_executions(pipeline, first="Stopped")
    quiesce(aws, environment, silent)
    pipeline.assert_no_pending_responses()


def test_waiting_approval_is_rejected_as_a_reset_and_the_next_in_line_too(
    aws: Aws, environment: Environment, pipeline: Stubber
):
    add_executions(pipeline, first="InProgress")
    for execution in (FIRST, SECOND):
        add_waiting(pipeline, execution)
        if execution == FIRST:  # decided by somebody while we looked
            pipeline.add_client_error("put_approval_result", "ApprovalAlreadyCompletedException")
            add_stop(pipeline, FIRST, refusal="PipelineExecutionNotStoppableException")
            add_executions(pipeline, second="InProgress")
    asked = {
        "pipelineName": PIPELINE,
        "stageName": "Approve",
        "actionName": "Approve",
        "result": {"summary": ANY, "status": "Rejected"},
        "token": TOKEN,
    }
    pipeline.add_response("put_approval_result", {}, asked)
    add_stop(pipeline, SECOND, refusal="PipelineExecutionNotStoppableException")
    add_executions(pipeline, first="Failed", second="Failed")
    told: list[Any] = []
    quiesce(aws, environment, told.append)
    assert f"Rejected the approval of execution `{SECOND}`." in [
        event.text for event in told if hasattr(event, "text")
    ]


def test_builds_are_stopped_and_waited_for(aws: Aws, environment: Environment, pipeline: Stubber):
    add_executions(pipeline)
    standing = replace(environment, build=PROJECT)
    with Stubber(aws.client("codebuild")) as build:
        for status in ("IN_PROGRESS", "STOPPED"):
            build.add_response("list_builds_for_project", {"ids": ["p:1"]})
            build.add_response(
                "batch_get_builds", {"builds": [{"id": "p:1", "buildStatus": status}]}
            )
            if status == "IN_PROGRESS":
                build.add_response("stop_build", {}, {"id": "p:1"})
        quiesce(aws, standing, silent)
        build.assert_no_pending_responses()


def test_deployments_come_after_what_starts_them(
    aws: Aws, environment: Environment, monkeypatch: pytest.MonkeyPatch
):
    called: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: called.append(name)

    order = ["disable_rules", "end_executions", "stop_builds", "end_deployments"]
    for name in order:
        monkeypatch.setattr(f"workshop.quiesce.{name}", note(name))
    quiesce(aws, replace(environment, codedeploy=GROUP, build=PROJECT), silent)
    assert called == order


# Deployments


def deployment(deployment_id: str, status: str = "InProgress", **more: Any) -> Deployment:
    return Deployment(
        **{
            "id": deployment_id,
            "status": status,
            "creator": "user",
            "description": "",
            "created_at": AT,
            "completed_at": None,
            "task_definition": "",
            "version": "",
            **more,
        }
    )


class Group:
    """A group whose course is what runs at each look, and the newest where nothing does.

    `calls` is what was asked of it.
    """

    def __init__(self, *running: Deployment | None, newest: Sequence[Deployment] = ()) -> None:
        self.running = list(running)
        self.newest = list(newest)
        self.calls: list[tuple[str, ...]] = []
        self.quiet_looks = 0

    def running_deployment(self, *_: Any) -> Deployment | None:
        return self.running.pop(0) if self.running else None

    def deployments(self, *_: Any, limit: int) -> list[Deployment]:
        self.quiet_looks += 1
        if not self.newest:
            return []
        return [self.newest.pop(0) if len(self.newest) > 1 else self.newest[0]][:limit]

    def stop(self, _aws: Aws, deployment_id: str, rollback: bool) -> bool:
        self.calls.append(("stop", deployment_id, "rollback" if rollback else "no rollback"))
        return True

    def end_termination_wait(self, _aws: Aws, deployment_id: str) -> bool:
        self.calls.append(("continue", deployment_id))
        return True


def end(group: Group, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Group:
    for name in ("running_deployment", "deployments", "stop", "end_termination_wait"):
        monkeypatch.setattr(codedeploy_at_rest, name, getattr(group, name))
    codedeploy_at_rest.end_deployments(aws, GROUP, silent)
    return group


ROLLBACK = deployment("d-2", creator="codeDeployRollback")


def test_running_deployment_is_stopped_once_and_its_rollback_waited_for(aws, monkeypatch):
    running = deployment("d-1")
    stopped, done = replace(running, status="Stopped"), replace(ROLLBACK, status="Succeeded")
    group = Group(
        running, running, None, None, ROLLBACK, ROLLBACK, None, newest=[stopped, stopped, done]
    )
    end(group, aws, monkeypatch)
    assert group.calls == [("stop", "d-1", "rollback")]
    assert group.running == []


def test_termination_wait_is_ended_and_traffic_stays_where_it_is(aws, monkeypatch):
    waiting = deployment("d-1", is_waiting_to_terminate=True)
    done = deployment("d-1", "Succeeded")
    group = end(Group(waiting, waiting, None, newest=[done]), aws, monkeypatch)
    assert group.calls == [("continue", "d-1")]


def test_rollback_that_runs_already_is_let_be(aws, monkeypatch):
    done = replace(ROLLBACK, status="Succeeded")
    assert end(Group(ROLLBACK, None, newest=[done]), aws, monkeypatch).calls == []


def test_rollback_that_hangs_is_stopped_as_it_is(aws, monkeypatch):
    monkeypatch.setattr(codedeploy_at_rest, "_ROLLBACK_PATIENCE_S", -1)
    stopped = replace(ROLLBACK, status="Stopped")
    group = end(Group(ROLLBACK, ROLLBACK, None, newest=[stopped]), aws, monkeypatch)
    assert group.calls == [("stop", "d-2", "no rollback")]


def test_group_without_deployments_is_at_rest(aws, monkeypatch):
    assert end(Group(), aws, monkeypatch).calls == []


def test_deployment_that_failed_is_given_time_for_its_rollback(aws, monkeypatch):
    group = end(Group(newest=[deployment("d-1", "Failed")]), aws, monkeypatch)
    assert group.quiet_looks == 5


def test_wait_that_never_ends_names_what_it_waited_for():
    with pytest.raises(InfrastructureError, match=r"The pipeline still runs after 0 s\."):
        wait_until(lambda: False, "The pipeline still runs", timeout_s=0)
