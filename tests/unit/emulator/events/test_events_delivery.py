"""Which rules an event reaches, and what their targets receive."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.control_plane import registration

ACCOUNT, REGION = "123456789012", "us-west-2"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/events"
PATTERN = {
    "source": ["aws.codecommit"],
    "detail-type": ["CodeCommit Repository State Change"],
    "detail": {
        "event": ["referenceCreated", "referenceUpdated"],
        "referenceType": ["branch"],
        "referenceName": ["main"],
    },
}
TRANSFORMER = {
    "InputPathsMap": {"commit": "$.detail.commitId"},
    "InputTemplate": '{"sourceRevisions": [{"actionName": "Source", '
    '"revisionType": "COMMIT_ID", "revisionValue": "<commit>"}]}',
}


@pytest.fixture
def starts(emulator, monkeypatch) -> list[tuple[str, dict[str, Any]]]:
    """Return a list that the pipeline starts of this test are noted in."""
    noted: list[tuple[str, dict[str, Any]]] = []

    def start(name, **arguments):
        noted.append((name, arguments))
        return "execution"

    with emulator.runtime.lock:
        backend = registration.backend("codepipeline", ACCOUNT, REGION)
        monkeypatch.setattr(backend, "start_pipeline_execution_from_event", start, raising=False)
    return noted


@pytest.fixture
def repository(aws, unique) -> dict[str, Any]:
    name = unique()
    return aws("codecommit").create_repository(repositoryName=name)["repositoryMetadata"]


@pytest.fixture
def rule(aws, unique, repository):
    """Return a function that makes a rule of the repository's events with one target."""
    made = []

    def make(target, pattern=PATTERN, state="ENABLED"):
        name = unique()
        narrowed = json.dumps({"resources": [repository["Arn"]], **pattern})
        arn = aws("events").put_rule(Name=name, EventPattern=narrowed, State=state)["RuleArn"]
        aws("events").put_targets(Rule=name, Targets=[{"Id": "only", **target}])
        made.append(name)
        return name, arn

    yield make
    for name in made:
        aws("events").remove_targets(Rule=name, Ids=["only"])
        aws("events").delete_rule(Name=name)


@pytest.fixture
def queue(aws, unique):
    """Return a queue's ARN and a function that takes the messages out of it."""
    url = aws("sqs").create_queue(QueueName=unique())["QueueUrl"]
    found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])

    def received():
        answer = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return found["Attributes"]["QueueArn"], received


def pipeline_target(unique, **more):
    return {"Arn": f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{unique()}", "RoleArn": ROLE, **more}


def commit(aws, repository, branch="main", content=b"1"):
    name = repository["repositoryName"]
    branches = aws("codecommit").list_branches(repositoryName=name)["branches"]
    parent = {}
    if branch in branches:
        found = aws("codecommit").get_branch(repositoryName=name, branchName=branch)
        parent = {"parentCommitId": found["branch"]["commitId"]}
    return aws("codecommit").put_file(
        repositoryName=name, branchName=branch, filePath="a", fileContent=content, **parent
    )["commitId"]


def test_commit_starts_the_pipeline_with_that_commit(aws, unique, repository, rule, starts):
    target = pipeline_target(unique, InputTransformer=TRANSFORMER)
    _, rule_arn = rule(target)
    commit_id = commit(aws, repository)
    revision = {
        "actionName": "Source",
        "revisionType": "COMMIT_ID",
        "revisionValue": commit_id,
    }
    assert starts == [
        (
            target["Arn"].split(":")[-1],
            {"source_revisions": [revision], "variables": [], "trigger_detail": rule_arn},
        )
    ]


def test_untransformed_event_starts_the_pipeline_at_the_branch_head(
    aws, unique, repository, rule, starts
):
    rule(pipeline_target(unique))
    commit(aws, repository)
    assert [arguments["source_revisions"] for _, arguments in starts] == [[]]


def test_disabled_rule_starts_nothing_until_it_is_enabled(aws, unique, repository, rule, starts):
    name, _ = rule(pipeline_target(unique), state="DISABLED")
    commit(aws, repository)
    assert starts == []
    aws("events").enable_rule(Name=name)
    commit(aws, repository, content=b"2")
    assert len(starts) == 1


def test_other_branch_does_not_match(aws, unique, repository, rule, starts):
    first = commit(aws, repository)
    rule(pipeline_target(unique))
    aws("codecommit").create_branch(
        repositoryName=repository["repositoryName"], branchName="topic", commitId=first
    )
    commit(aws, repository, branch="topic", content=b"2")
    assert starts == []


def test_other_repository_does_not_match(aws, unique, rule, starts):
    rule(pipeline_target(unique))
    other = aws("codecommit").create_repository(repositoryName=unique())["repositoryMetadata"]
    commit(aws, other)
    assert starts == []


def test_failed_delivery_is_logged_and_the_commit_stands(
    emulator, aws, unique, repository, rule, monkeypatch, caplog
):
    def fail(*_arguments, **_more):
        raise RuntimeError("the pipeline is out of order")

    backend = registration.backend("codepipeline", ACCOUNT, REGION)
    monkeypatch.setattr(backend, "start_pipeline_execution_from_event", fail, raising=False)
    name, _ = rule(pipeline_target(unique))
    with caplog.at_level(logging.ERROR, "emulator.control_plane.events.delivery"):
        assert commit(aws, repository)
    assert f"Rule `{name}` could not deliver" in caplog.text
    assert "out of order" in caplog.text


def test_events_of_a_branchs_life_are_as_documented(aws, repository, rule, queue):
    queue_arn, received = queue
    rule({"Arn": queue_arn}, pattern={"source": ["aws.codecommit"]})
    first = commit(aws, repository)
    second = commit(aws, repository, content=b"2")
    codecommit, name = aws("codecommit"), repository["repositoryName"]
    codecommit.create_branch(repositoryName=name, branchName="topic", commitId=first)
    codecommit.delete_branch(repositoryName=name, branchName="topic")

    def detail(event, branch, **commits):
        return {
            "callerUserArn": f"arn:aws:iam::{ACCOUNT}:root",
            "event": event,
            "referenceFullName": f"refs/heads/{branch}",
            "referenceName": branch,
            "referenceType": "branch",
            "repositoryId": repository["repositoryId"],
            "repositoryName": name,
            **commits,
        }

    events = received()
    assert [event["detail"] for event in events] == [
        detail("referenceCreated", "main", commitId=first),
        detail("referenceUpdated", "main", commitId=second, oldCommitId=first),
        detail("referenceCreated", "topic", commitId=first),
        detail("referenceDeleted", "topic", oldCommitId=first),
    ]
    envelope = {key: value for key, value in events[0].items() if key not in {"detail", "id"}}
    assert envelope.pop("time").endswith("Z")
    assert envelope == {
        "version": "0",
        "detail-type": "CodeCommit Repository State Change",
        "source": "aws.codecommit",
        "account": ACCOUNT,
        "region": REGION,
        "resources": [repository["Arn"]],
    }


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.referenceName"}, "main"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"branch": "$.detail.referenceName"},
                    "InputTemplate": '{"text": "on <branch>", "raw": <branch>}',
                }
            },
            {"text": "on main", "raw": "main"},
        ),
    ],
    ids=["constant", "path", "transformer"],
)
def test_queue_receives_what_the_target_asks_for(aws, repository, rule, queue, target, expected):
    queue_arn, received = queue
    rule({"Arn": queue_arn, **target})
    commit(aws, repository)
    assert received() == [expected]


def test_log_group_receives_the_event(aws, unique, repository, rule):
    group = f"/aws/events/{unique()}"
    aws("logs").create_log_group(logGroupName=group)
    rule({"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"})
    commit_id = commit(aws, repository)
    events = aws("logs").filter_log_events(logGroupName=group)["events"]
    assert [json.loads(event["message"])["detail"]["commitId"] for event in events] == [commit_id]


def test_event_of_a_caller_reaches_the_queue(aws, unique, queue):
    queue_arn, received = queue
    name, source = unique(), unique()
    aws("events").put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue_arn}])
    answer = aws("events").put_events(
        Entries=[
            {"Source": source, "DetailType": "greeting", "Detail": '{"a": [1]}'},
            {"Source": source, "DetailType": "greeting", "Detail": "{"},
        ]
    )
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == "MalformedDetail"
    assert [event["id"] for event in received()] == [answer["Entries"][0]["EventId"]]


def test_rule_of_a_schedule_matches_no_event(aws, unique, repository, queue):
    queue_arn, received = queue
    name = unique()
    aws("events").put_rule(Name=name, ScheduleExpression="rate(1 day)")
    aws("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": queue_arn}])
    commit(aws, repository)
    assert received() == []


def test_other_bus_receives_what_a_rule_forwards(aws, unique, repository, rule, queue):
    queue_arn, received = queue
    bus, name = unique(), unique()
    bus_arn = aws("events").create_event_bus(Name=bus)["EventBusArn"]
    pattern = json.dumps({"source": ["aws.codecommit"]})
    aws("events").put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    target = {"Id": "q", "Arn": queue_arn}
    aws("events").put_targets(Rule=name, EventBusName=bus, Targets=[target])
    rule({"Arn": bus_arn})
    commit_id = commit(aws, repository)
    assert [event["detail"]["commitId"] for event in received()] == [commit_id]


def test_archive_keeps_events_and_replays_them(aws, unique):
    bus, archive = unique(), unique()
    bus_arn = aws("events").create_event_bus(Name=bus)["EventBusArn"]
    aws("events").create_archive(ArchiveName=archive, EventSourceArn=bus_arn)
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": bus}
    aws("events").put_events(Entries=[entry])
    found = aws("events").describe_archive(ArchiveName=archive)
    assert found["EventCount"] == 1
    start = datetime(2026, 1, 1, tzinfo=UTC)
    aws("events").start_replay(
        ReplayName=archive,
        EventSourceArn=found["ArchiveArn"],
        EventStartTime=start,
        EventEndTime=start + timedelta(days=1),
        Destination={"Arn": bus_arn},
    )
    replay = aws("events").describe_replay(ReplayName=archive)
    assert (replay["State"], replay["EventStartTime"]) == ("COMPLETED", start)


def test_pipeline_target_without_a_role_is_refused(aws, unique):
    name = unique()
    aws("events").put_rule(Name=name, EventPattern='{"source": ["x"]}')
    target = {"Id": "p", "Arn": f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:p"}
    with pytest.raises(ClientError, match=r"ValidationException.*RoleArn is required"):
        aws("events").put_targets(Rule=name, Targets=[target])


def test_event_pattern_can_be_tried(aws):
    def tried(event):
        full = {"id": "1", "source": "s", "account": ACCOUNT, "region": REGION, **event}
        return aws("events").test_event_pattern(
            EventPattern='{"detail": {"branch": ["main"]}}', Event=json.dumps(full)
        )["Result"]

    assert tried({"detail": {"branch": "main"}})
    assert not tried({"detail": {"branch": "topic"}})
