"""Manual approval as its callers see it: the token, the answer, the message to the approvers."""

import json
import socket
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from tests.unit.emulator.refusals import refusal

from emulator.control_plane import registration

ACCOUNT, REGION = "123456789012", "us-west-2"
OTHER_TOKEN = "11111111-2222-3333-4444-555555555555"


class Approvals:
    """A pipeline of Source, Approve and Work, and the person who approves."""

    def __init__(self, workbench, declare, wait_until) -> None:
        self.bench = workbench
        self._declare = declare
        self._wait_until = wait_until

    def declaration(self, timeout: int | None = None, mode="QUEUED", **configuration: str):
        members = {"timeoutInMinutes": timeout} if timeout is not None else {}
        approve = self._declare("Approve", "Approval", "Manual", configuration, **members)
        build = self._declare(
            "Build", "Build", "CodeBuild", {"ProjectName": "p"}, inputs=["SourceOutput"]
        )
        stages = [
            self.bench.source_stage(),
            {"name": "Approve", "actions": [approve]},
            {"name": "Work", "actions": [build]},
        ]
        return self.bench.declaration(stages=stages, executionMode=mode)

    def create(self, **given) -> str:
        self.bench.pipelines.create_pipeline(pipeline=self.declaration(**given))
        return str(self.bench.summaries()[0]["pipelineExecutionId"])

    def state(self):
        """Return botocore's shape ActionState of the approval."""
        return self.bench.stage("Approve")["actionStates"][0]

    def token(self) -> str:
        """Wait for an approval to wait, and return its token."""
        return str(self._wait_until(lambda: self.state().get("latestExecution", {}).get("token")))

    def answer(self, token: str, status="Approved", summary="well", **changes: str):
        given = {"pipelineName": self.bench.name, "stageName": "Approve", "actionName": "Approve"}
        return self.bench.pipelines.put_approval_result(
            **{**given, **changes}, token=token, result={"status": status, "summary": summary}
        )

    def refusal(self, *args, **given) -> tuple[str, str]:
        return refusal(self.answer, *args, **given)


@pytest.fixture
def approvals(workbench, declare, wait_until, gate) -> Approvals:
    gate.succeed()
    return Approvals(workbench, declare, wait_until)


def test_waiting_approval_shows_its_token_and_what_to_review(approvals):
    execution_id = approvals.create(ExternalEntityLink="http://localhost/review")
    token = approvals.token()
    state = approvals.state()
    assert state["entityUrl"] == "http://localhost/review"
    latest = state["latestExecution"]
    assert (latest["status"], latest["token"]) == ("InProgress", token)
    assert latest["lastStatusChange"] <= datetime.now(UTC)
    assert not {"summary", "lastUpdatedBy", "externalExecutionId"} & set(latest)
    listed = approvals.bench.actions(execution_id)["Approve"]
    assert listed["status"] == "InProgress"
    assert listed["output"]["executionResult"]["externalExecutionId"] == token


def test_approval_without_a_link_shows_none(approvals):
    approvals.create()
    approvals.token()
    assert "entityUrl" not in approvals.state()


def test_approved_pipeline_goes_on_and_shows_who_said_what(approvals):
    execution_id = approvals.create()
    answer = approvals.answer(approvals.token(), summary="ship it")
    assert answer["approvedAt"] <= datetime.now(UTC)
    assert approvals.bench.ended(execution_id) == "Succeeded"
    latest = approvals.state()["latestExecution"]
    assert (latest["status"], latest["summary"]) == ("Succeeded", "ship it")
    assert latest["lastUpdatedBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert "token" not in latest
    listed = approvals.bench.actions(execution_id)["Approve"]
    assert listed["updatedBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert listed["output"]["executionResult"]["externalExecutionSummary"] == "ship it"


def test_rejected_pipeline_fails_with_the_reason(approvals):
    execution_id = approvals.create()
    approvals.answer(approvals.token(), "Rejected", "not on a Friday")
    assert approvals.bench.ended(execution_id) == "Failed"
    latest = approvals.state()["latestExecution"]
    assert (latest["status"], latest["summary"]) == ("Failed", "not on a Friday")
    assert approvals.bench.stage("Approve")["latestExecution"]["status"] == "Failed"
    assert "Build" not in approvals.bench.actions(execution_id)


def test_rejected_approval_is_retried_under_a_new_token(approvals):
    execution_id = approvals.create()
    first = approvals.token()
    approvals.answer(first, "Rejected", "not yet")
    approvals.bench.pipelines.retry_stage_execution(
        pipelineName=approvals.bench.name,
        stageName="Approve",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    second = approvals.token()
    assert second != first
    approvals.answer(second)
    assert approvals.bench.ended(execution_id) == "Succeeded"


def test_answer_without_a_comment_is_taken(approvals):
    execution_id = approvals.create()
    approvals.answer(approvals.token(), summary="")
    assert approvals.bench.ended(execution_id) == "Succeeded"
    assert "summary" not in approvals.state()["latestExecution"]


def test_approval_that_nobody_answers_expires(approvals, emulator):
    execution_id = approvals.create(timeout=5)
    token = approvals.token()
    with emulator.runtime.lock:
        registration.backend("codepipeline", ACCOUNT, REGION).let_time_pass(300)
    assert approvals.bench.ended(execution_id) == "Failed"
    error = approvals.bench.error(execution_id, "Approve")
    assert error["code"] == "JobFailed"
    assert "no response within 5 minutes" in error["message"]
    assert approvals.refusal(token)[0] == "InvalidApprovalTokenException"


def test_executions_behind_an_approval_are_shown_at_its_entrance(approvals, wait_until):
    first = approvals.create()
    token = approvals.token()
    later = [approvals.bench.start(), approvals.bench.start()]

    def inbound() -> list[str]:
        shown = approvals.bench.stage("Approve").get("inboundExecutions", [])
        return [execution["pipelineExecutionId"] for execution in shown]

    wait_until(lambda: inbound() == later)
    stage = approvals.bench.stage("Approve")
    assert stage["latestExecution"]["pipelineExecutionId"] == first
    assert stage["inboundExecution"]["pipelineExecutionId"] == later[-1]
    approvals.answer(token, "Rejected")
    wait_until(lambda: inbound() == later[1:])
    assert approvals.token() != token


def test_parallel_approval_shows_its_token_in_the_list_of_actions_only(approvals):
    execution_id = approvals.create(mode="PARALLEL")
    detail = approvals.bench.wait_for_action(execution_id, "Approve", "InProgress")
    assert "token" not in approvals.state()["latestExecution"]
    approvals.answer(detail["output"]["executionResult"]["externalExecutionId"])
    assert approvals.bench.ended(execution_id) == "Succeeded"


# Refusals.


def test_used_token_is_refused(approvals):
    execution_id = approvals.create()
    token = approvals.token()
    approvals.answer(token)
    approvals.bench.ended(execution_id)
    code, message = approvals.refusal(token)
    assert code == "ApprovalAlreadyCompletedException"
    assert message == "The approval action has already been approved or rejected."


@pytest.mark.parametrize(
    ("token", "changes", "code"),
    [
        (OTHER_TOKEN, {}, "InvalidApprovalTokenException"),
        (OTHER_TOKEN, {"pipelineName": "none"}, "PipelineNotFoundException"),
        (OTHER_TOKEN, {"stageName": "none"}, "StageNotFoundException"),
        (OTHER_TOKEN, {"actionName": "none"}, "ActionNotFoundException"),
        ("no-token", {}, "ValidationException"),
        (OTHER_TOKEN, {"status": "Maybe"}, "ValidationException"),
        (OTHER_TOKEN, {"summary": "x" * 513}, "ValidationException"),
    ],
)
def test_answer_to_nothing_is_refused(approvals, token, changes, code):
    approvals.create()
    approvals.token()
    assert approvals.refusal(token, **changes)[0] == code
    assert approvals.state()["latestExecution"]["status"] == "InProgress"


def test_too_long_timeout_is_refused(approvals):
    declaration = approvals.declaration(timeout=86_401)
    with pytest.raises(ClientError) as caught:
        approvals.bench.pipelines.create_pipeline(pipeline=declaration)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert "less than or equal to 86400" in error["Message"]


def test_longest_timeout_is_taken(approvals):
    approvals.create(timeout=86_400)
    approvals.token()


def test_timeout_of_another_action_is_refused(approvals):
    declaration = approvals.declaration()
    declaration["stages"][2]["actions"][0]["timeoutInMinutes"] = 10
    with pytest.raises(ClientError) as caught:
        approvals.bench.pipelines.create_pipeline(pipeline=declaration)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidActionDeclarationException"
    assert "only manual approval actions" in error["Message"]


def test_approval_with_an_artifact_is_refused(approvals):
    declaration = approvals.declaration()
    declaration["stages"][1]["actions"][0]["inputArtifacts"] = [{"name": "SourceOutput"}]
    with pytest.raises(ClientError) as caught:
        approvals.bench.pipelines.create_pipeline(pipeline=declaration)
    assert caught.value.response["Error"]["Code"] == "InvalidActionDeclarationException"


# The message to the approvers.


@pytest.fixture
def topic(aws, unique):
    """Return an SNS topic's ARN and a function that waits for what a subscriber got."""
    name = f"{unique()}-approvals"
    topic_arn = aws("sns").create_topic(Name=name)["TopicArn"]
    queue_url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    aws("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)

    def received():
        answer = aws("sqs").receive_message(QueueUrl=queue_url)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return topic_arn, received


def test_approvers_get_the_documented_message(approvals, topic, wait_until):
    topic_arn, received = topic
    approvals.create(
        NotificationArn=topic_arn,
        CustomData="Commit #{Src.VersionId} is on staging",
        ExternalEntityLink="http://localhost/review",
    )
    token = approvals.token()
    (notification,) = wait_until(received)
    name = approvals.bench.name
    subject = f"APPROVAL NEEDED: AWS CodePipeline {name} for action Approve"
    assert notification["Subject"] == subject
    message = json.loads(notification["Message"])
    page = (
        "https://console.aws.amazon.com/codesuite/codepipeline/pipelines/"
        f"{name}/view?region={REGION}"
    )
    assert (message["region"], message["consoleLink"]) == (REGION, page)
    approval = message["approval"]
    expires = datetime.strptime(approval.pop("expires"), "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert 6 <= (expires - datetime.now(UTC)).days <= 7
    version = approvals.bench.summaries()[0]["sourceRevisions"][0]["revisionId"]
    assert approval == {
        "pipelineName": name,
        "stageName": "Approve",
        "actionName": "Approve",
        "token": token,
        "externalEntityLink": "http://localhost/review",
        "approvalReviewLink": f"{page}#/Approve/Approve/approve/{token}",
        "customData": f"Commit {version} is on staging",
    }


@pytest.mark.parametrize(
    ("topic_arn", "message"),
    [
        (
            f"arn:aws:sns:{REGION}:{ACCOUNT}:nowhere",
            f"No Amazon SNS topic with the ARN arn:aws:sns:{REGION}:{ACCOUNT}:nowhere was found.",
        ),
        ("nowhere", "An invalid topic ARN (nowhere) was provided."),
    ],
)
def test_approval_that_nobody_can_be_told_of_fails(approvals, topic_arn, message):
    execution_id = approvals.create(NotificationArn=topic_arn)
    assert approvals.bench.ended(execution_id) == "Failed"
    error = approvals.bench.error(execution_id, "Approve")
    assert error["code"] == "ConfigurationError"
    assert error["message"].startswith(message)


def test_approval_waits_though_a_subscriber_is_gone(approvals, topic, aws):
    topic_arn, _ = topic
    name = topic_arn.rpartition(":")[2]
    aws("sqs").delete_queue(QueueUrl=aws("sqs").get_queue_url(QueueName=name)["QueueUrl"])
    execution_id = approvals.create(NotificationArn=topic_arn)
    approvals.answer(approvals.token())
    assert approvals.bench.summaries()[0]["pipelineExecutionId"] == execution_id
    assert approvals.state()["latestExecution"]["status"] == "Succeeded"


def test_subscriber_that_never_answers_stops_nobody(approvals, topic, aws):
    topic_arn, _ = topic
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(10)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        aws("sns").subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=endpoint)
        approvals.create(NotificationArn=topic_arn)
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(4) == b"POST"
            approvals.answer(approvals.token())
    assert approvals.state()["latestExecution"]["status"] == "Succeeded"


def test_answer_is_published_to_eventbridge(approvals, aws, wait_until):
    name = approvals.bench.name
    queue_url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    pattern = {
        "detail-type": ["CodePipeline Action Execution State Change"],
        "detail": {"pipeline": [name], "action": ["Approve"]},
    }
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    aws("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue_arn}])
    execution_id = approvals.create()
    approvals.answer(approvals.token(), "Rejected", "not yet")
    approvals.bench.ended(execution_id)
    aws("events").remove_targets(Rule=name, Ids=["q"])
    aws("events").delete_rule(Name=name)
    details = []

    def both() -> bool:
        answer = aws("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        details.extend(json.loads(m["Body"])["detail"] for m in answer.get("Messages", []))
        return len(details) == 2

    wait_until(both)
    by_state = {detail["state"]: detail for detail in details}
    assert set(by_state) == {"STARTED", "FAILED"}
    failed = by_state["FAILED"]
    assert failed["type"]["category"] == "Approval"
    assert failed["execution-result"]["external-execution-summary"] == "not yet"
