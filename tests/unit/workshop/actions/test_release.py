"""A push waits for a trigger that is new, and for no other."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from workshop.actions import release

EXECUTION = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "codepipeline",
        region_name="us-west-2",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
    client.close()


@pytest.fixture
def context(stub: Stubber) -> Any:
    told: list[Any] = []
    return SimpleNamespace(
        aws=SimpleNamespace(client=lambda _service: stub.client),
        view=SimpleNamespace(pipeline=SimpleNamespace(name="ana-hello-server")),
        progress=told.append,
        told=told,
    )


def executions(stub: Stubber, *statuses: str) -> None:
    listed = [{"pipelineExecutionId": EXECUTION, "status": status} for status in statuses]
    stub.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": listed})


def actions(stub: Stubber, **statuses: str) -> None:
    listed = [{"stageName": stage, "status": status} for stage, status in statuses.items()]
    stub.add_response("list_action_executions", {"actionExecutionDetails": listed})


def test_push_waits_until_the_first_build_has_ended(
    stub: Stubber, context: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)
    executions(stub)
    actions(stub)
    executions(stub, "InProgress")
    actions(stub, Source="Succeeded", Build="InProgress")
    executions(stub, "InProgress")
    actions(stub, Source="Succeeded", Build="Succeeded", Deploy="InProgress")
    release.let_first_build_end(context)
    assert len(context.told) == 1


@pytest.mark.parametrize("ended", ["Succeeded", "Failed", "Stopped", "Superseded"])
def test_push_does_not_wait_where_an_execution_has_ended(stub: Stubber, context: Any, ended: str):
    executions(stub, "InProgress", ended)
    release.let_first_build_end(context)
    assert context.told == []


def test_push_goes_ahead_when_no_build_ends(
    stub: Stubber, context: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(release, "_FIRST_BUILD_S", 0)
    monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)
    monkeypatch.setattr(release, "has_built", lambda _context: False)
    release.let_first_build_end(context)
    assert len(context.told) == 1
