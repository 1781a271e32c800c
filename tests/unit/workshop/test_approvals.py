"""What waits for a person, and what the person's decision meets."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from workshop.approvals import Carried, WaitingApproval, decide, waiting_approval
from workshop.aws import Aws, ClientError
from workshop.errors import UsageError

FIRST, SECOND, THIRD = (f"{n}0000000-0000-0000-0000-000000000000" for n in "123")
TOKEN = "9" * 8 + "-0000-0000-0000-000000000000"
SINCE = datetime(2026, 5, 1, tzinfo=UTC)
WAITING = WaitingApproval(FIRST, "c1", "Greet", TOKEN, "Approve", "Approve", SINCE)


@pytest.fixture
def pipeline(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("codepipeline")) as stub:
        yield stub


@pytest.fixture
def codecommit(aws: Aws) -> Iterator[Stubber]:
    with Stubber(aws.client("codecommit")) as stub:
        yield stub


def state(latest: dict[str, object], **more: object) -> dict[str, object]:
    stage = {
        "stageName": "Approve",
        "latestExecution": {"pipelineExecutionId": FIRST, "status": "InProgress"},
        "actionStates": [{"actionName": "Approve", "latestExecution": latest}],
    }
    return {"stageStates": [{"stageName": "Build", "actionStates": []}, {**stage, **more}]}


def add_execution(pipeline: Stubber, execution: str, commit: str) -> None:
    found = {"artifactRevisions": [{"name": "SourceArtifact", "revisionId": commit}]}
    pipeline.add_response(
        "get_pipeline_execution",
        {"pipelineExecution": found if commit else {}},
        {"pipelineName": "ana", "pipelineExecutionId": execution},
    )


def add_source(pipeline: Stubber) -> None:
    kind = {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"}
    action = {
        "name": "Source",
        "actionTypeId": kind,
        "configuration": {"RepositoryName": "ana-app"},
    }
    declared = {
        "name": "ana",
        "roleArn": "arn:aws:iam::1:role/r",
        "stages": [{"name": "Source", "actions": [action]}],
    }
    pipeline.add_response("get_pipeline", {"pipeline": declared}, {"name": "ana"})


def add_commit(codecommit: Stubber, commit: str, message: str) -> None:
    codecommit.add_response(
        "get_commit",
        {"commit": {"message": message}},
        {"repositoryName": "ana-app", "commitId": commit},
    )


def test_waiting_approval_is_told_with_its_commit_and_what_queues_behind(
    aws: Aws, pipeline: Stubber, codecommit: Stubber
):
    inbound = [
        {"pipelineExecutionId": one, "status": "InProgress"} for one in (SECOND, THIRD, SECOND)
    ]
    latest = {"status": "InProgress", "token": TOKEN, "lastStatusChange": SINCE}
    found = state(latest, inboundExecutions=inbound[:2], inboundExecution=inbound[2])
    pipeline.add_response("get_pipeline_state", found, {"name": "ana"})
    add_execution(pipeline, FIRST, "c1")
    add_source(pipeline)
    add_commit(codecommit, "c1", "Greet warmly\n\nThe whole reason.\n")
    add_execution(pipeline, SECOND, "c2")
    codecommit.add_client_error("get_commit", "CommitDoesNotExistException")
    add_execution(pipeline, THIRD, "")
    assert waiting_approval(aws, "ana") == WaitingApproval(
        FIRST,
        "c1",
        "Greet warmly",
        TOKEN,
        "Approve",
        "Approve",
        SINCE,
        behind=(Carried(SECOND, "c2", ""), Carried(THIRD, "", "")),
    )


@pytest.mark.parametrize(
    "latest",
    [
        {},
        {"status": "Succeeded", "summary": "ok"},
        {"status": "InProgress"},  # a deployment, say: it has no token
    ],
)
def test_nothing_waits_without_a_token_in_progress(aws: Aws, pipeline: Stubber, latest):
    pipeline.add_response("get_pipeline_state", state(latest), {"name": "ana"})
    assert waiting_approval(aws, "ana") is None


@pytest.mark.parametrize(("approved", "status"), [(True, "Approved"), (False, "Rejected")])
def test_decision_names_stage_action_and_token(
    aws: Aws, pipeline: Stubber, approved: bool, status: str
):
    asked = {
        "pipelineName": "ana",
        "stageName": "Approve",
        "actionName": "Approve",
        "result": {"summary": "seen", "status": status},
        "token": TOKEN,
    }
    pipeline.add_response("put_approval_result", {}, asked)
    decide(aws, "ana", WAITING, approved, "seen")
    pipeline.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ApprovalAlreadyCompletedException", "somebody else decided"),
        ("InvalidApprovalTokenException", "somebody else decided"),
        ("StageNotFoundException", "is not in pipeline `ana` any more"),
    ],
)
def test_decision_that_comes_too_late_says_so(aws: Aws, pipeline: Stubber, code: str, said: str):
    pipeline.add_client_error("put_approval_result", code)
    with pytest.raises(UsageError, match=said) as found:
        decide(aws, "ana", WAITING, True, "seen")
    assert code in found.value.message
    assert found.value.remedy


def test_error_that_nobody_can_mend_here_is_passed_on(aws: Aws, pipeline: Stubber):
    pipeline.add_client_error("put_approval_result", "ThrottlingException")
    with pytest.raises(ClientError, match="Throttling"):
        decide(aws, "ana", WAITING, True, "seen")


def test_summary_longer_than_aws_takes_is_refused_before_it_is_sent(aws: Aws, pipeline: Stubber):
    with pytest.raises(UsageError, match="513 characters"):
        decide(aws, "ana", WAITING, True, "x" * 513)
    pipeline.assert_no_pending_responses()
