"""Lab 1's check of the newest commit's execution while its roll-out is in trouble."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from tests.unit.workshop.checks.blue_green_record import AT, HEAD, OLDER, Recorded, action, service
from tests.unit.workshop.checks.endings import ends

from workshop.checks import execution
from workshop.checks.diagnosis import tasks_in_trouble
from workshop.checks.execution import look_at_execution
from workshop.checks.model import Ending

UPDATED = AT + timedelta(seconds=2)
"""When the action has updated the service, and the commit's first task is created."""

ROLLING_BACK = "(service hello-server-staging) rolling back to deployment ecs-svc/1."


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch):
    """Return a function that says of which version a task stopped in trouble; none at first."""

    def say(version: str) -> None:
        task = {"createdAt": UPDATED, "containers": [{"image": f"127.0.0.1:4566/ana:{version}"}]}
        monkeypatch.setattr(execution, "tasks_in_trouble", lambda *_any: [task])

    monkeypatch.setattr(execution, "tasks_in_trouble", lambda *_any: [])
    monkeypatch.setattr(execution, "why_tasks_stop", lambda *_any: ("task 1 stopped: exited",))
    return say


def rolled_back(after_s: int, status: str = "InProgress") -> Recorded:
    """Return a record in which ECS gave its verdict so long after the Deploy action began."""
    event = {"createdAt": AT + timedelta(seconds=after_s), "message": ROLLING_BACK}
    deploy = action("Deploy", status)
    deploy["input"]["actionTypeId"]["provider"] = "ECS"
    return Recorded(
        actions=[action("Source"), action("Build"), deploy],
        status=status,
        record=service(events=[event]),
    )


def test_verdict_on_the_commits_own_tasks_fails(stopped):
    stopped(HEAD)
    found = look_at_execution(rolled_back(after_s=9))
    ends(found, Ending.FAILED, "brought the old revision back", ROLLING_BACK, "task 1 stopped")


@pytest.mark.parametrize(
    ("version", "after_s"),
    [(HEAD, 1), (OLDER, 9), (None, 9)],
    ids=["before the commit's tasks", "of an older commit's tasks", "no task of the commit yet"],
)
def test_verdict_on_an_earlier_commit_is_told_but_judges_nothing(stopped, version, after_s):
    if version:
        stopped(version)
    ends(look_at_execution(rolled_back(after_s)), Ending.NOT_YET, "ECS says", ROLLING_BACK)


@pytest.mark.parametrize(
    ("version", "cause"),
    [(HEAD, "brought the old revision back"), (OLDER, "did not become steady in time")],
)
def test_action_that_timed_out_is_explained_by_the_commits_own_tasks(stopped, version, cause):
    stopped(version)
    ends(look_at_execution(rolled_back(9, "Failed")), Ending.FAILED, cause)


def test_verdict_is_remembered_when_ecs_has_forgotten_the_tasks():
    found = look_at_execution(rolled_back(9, "Failed"))
    ends(found, Ending.FAILED, "brought the old revision back")


def test_tasks_in_trouble_are_those_of_every_page():
    ecs = boto3.client(
        "ecs", "us-west-2", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    view = Recorded(aws=Single(ecs))
    old, new = described("old", AT - timedelta(seconds=1)), described("new", AT)
    with Stubber(ecs) as stub:
        stub.add_response("list_tasks", {"taskArns": [old["taskArn"]], "nextToken": "more"})
        stub.add_response("describe_tasks", {"tasks": [old]})
        stub.add_response("list_tasks", {"taskArns": [new["taskArn"]]})
        stub.add_response("describe_tasks", {"tasks": [new]})
        assert tasks_in_trouble(view, "prod", AT) == [new]
        stub.assert_no_pending_responses()


def described(name: str, created_at: Any) -> dict[str, Any]:
    return {"taskArn": f"arn:task/{name}", "createdAt": created_at, "stoppedReason": "Task failed"}


class Single:
    """The way to AWS that leads to one client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def client(self, _service: str) -> Any:
        return self._client
