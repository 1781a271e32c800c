"""CodePipeline as its callers see it; what CodeBuild would do is decided by the test."""

import json

import pytest
from tests.unit.emulator.refusals import refusal


def test_created_pipeline_starts_by_itself(workbench, gate):
    gate.succeed()
    execution_id = workbench.create()
    assert workbench.ended(execution_id) == "Succeeded"
    execution = workbench.execution(execution_id)
    assert execution["trigger"]["triggerType"] == "CreatePipeline"
    assert execution["executionMode"] == "SUPERSEDED"
    assert execution["executionType"] == "STANDARD"


def test_execution_shows_the_revision_it_took(workbench, gate):
    gate.succeed()
    version = workbench.put_source({"file.txt": "newer"})
    execution_id = workbench.create()
    workbench.ended(execution_id)
    (revision,) = workbench.execution(execution_id)["artifactRevisions"]
    assert revision["revisionId"] == version
    assert revision["name"] == "SourceOutput"
    (summary,) = workbench.summaries()
    assert summary["sourceRevisions"][0]["revisionId"] == version
    assert summary["sourceRevisions"][0]["actionName"] == "Source"
    assert workbench.stage("Source")["actionStates"][0]["currentRevision"]["revisionId"] == version


def test_pinned_source_revision_is_taken_instead_of_the_newest(workbench, gate):
    first = workbench.put_source({"file.txt": "first"})
    workbench.put_source({"file.txt": "second"})
    gate.succeed()
    workbench.ended(workbench.create())
    gate.succeed()
    pinned = {
        "actionName": "Source",
        "revisionType": "S3_OBJECT_VERSION_ID",
        "revisionValue": first,
    }
    execution_id = workbench.start(sourceRevisions=[pinned])
    workbench.ended(execution_id)
    assert workbench.execution(execution_id)["artifactRevisions"][0]["revisionId"] == first


def test_artifact_lies_in_the_bucket_under_its_listed_key(workbench, gate, aws):
    gate.succeed()
    execution_id = workbench.create()
    workbench.ended(execution_id)
    actions = workbench.actions(execution_id)
    (written,) = actions["Source"]["output"]["outputArtifacts"]
    assert actions["Build"]["input"]["inputArtifacts"] == [written]
    location = written["s3location"]
    assert location["bucket"] == workbench.artifact_bucket
    assert location["key"].split("/")[:2] == [workbench.name[:20], "SourceOutp"]
    stored = aws("s3").get_object(Bucket=location["bucket"], Key=location["key"])
    with stored["Body"] as body:
        assert body.read().startswith(b"PK")


def test_output_variables_reach_a_later_configuration(workbench, gate, declare):
    gate.succeed()
    overrides = json.dumps([{"name": "V", "value": "#{Src.VersionId}", "type": "PLAINTEXT"}])
    build = declare(
        "Build",
        "Build",
        "CodeBuild",
        {"ProjectName": "p", "EnvironmentVariables": overrides},
        inputs=["SourceOutput"],
    )
    execution_id = workbench.create(build)
    workbench.ended(execution_id)
    actions = workbench.actions(execution_id)
    version = actions["Source"]["output"]["outputVariables"]["VersionId"]
    shown = actions["Build"]["input"]
    assert "#{Src.VersionId}" in shown["configuration"]["EnvironmentVariables"]
    assert version in shown["resolvedConfiguration"]["EnvironmentVariables"]


def test_failed_action_is_shown_with_its_error(workbench, gate):
    gate.fail()
    execution_id = workbench.create()
    assert workbench.ended(execution_id) == "Failed"
    stage = workbench.stage("Work")
    assert stage["latestExecution"] == {
        "pipelineExecutionId": execution_id,
        "status": "Failed",
        "type": "STANDARD",
    }
    latest = stage["actionStates"][0]["latestExecution"]
    assert latest["errorDetails"] == {"code": "JobFailed", "message": "it broke"}
    listed = workbench.actions(execution_id)["Build"]
    assert listed["output"]["executionResult"]["errorDetails"]["message"] == "it broke"


def test_retry_puts_the_same_execution_in_again(workbench, gate):
    gate.fail()
    execution_id = workbench.create()
    workbench.ended(execution_id)
    gate.succeed()
    workbench.pipelines.retry_stage_execution(
        pipelineName=workbench.name,
        stageName="Work",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    assert workbench.ended(execution_id) == "Succeeded"
    assert workbench.stage("Work")["retryStageMetadata"]["manualStageRetryAttempt"] == 1


def test_latest_action_executions_leave_out_what_was_retried(workbench, gate):
    gate.fail()
    execution_id = workbench.create()
    workbench.ended(execution_id)
    gate.succeed()
    workbench.pipelines.retry_stage_execution(
        pipelineName=workbench.name,
        stageName="Work",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    workbench.ended(execution_id)
    wanted = {"pipelineExecutionId": execution_id, "startTimeRange": "Latest"}
    latest = workbench.pipelines.list_action_executions(
        pipelineName=workbench.name, filter={"latestInPipelineExecution": wanted}
    )["actionExecutionDetails"]
    assert [(d["actionName"], d["status"]) for d in latest] == [
        ("Build", "Succeeded"),
        ("Source", "Succeeded"),
    ]


def test_unforeseen_error_of_an_action_fails_it(workbench, gate):
    gate.fail(ValueError("unforeseen"))
    execution_id = workbench.create()
    assert workbench.ended(execution_id) == "Failed"
    assert workbench.error(execution_id, "Build") == {
        "code": "InternalError",
        "message": "ValueError: unforeseen",
    }


def test_abandoned_execution_is_stopped_with_its_reason(workbench, gate, wait_until):
    execution_id = workbench.create()
    workbench.wait_for_action(execution_id, "Build", "InProgress")
    workbench.pipelines.stop_pipeline_execution(
        pipelineName=workbench.name,
        pipelineExecutionId=execution_id,
        abandon=True,
        reason="enough",
    )
    assert workbench.ended(execution_id) == "Stopped"
    assert workbench.actions(execution_id)["Build"]["status"] == "Abandoned"
    assert wait_until(gate.abandoned.is_set)
    assert workbench.summaries()[0]["stopTrigger"] == {"reason": "enough"}


def test_newer_execution_supersedes_the_one_between_stages(workbench, gate, wait_until):
    first = workbench.create()
    workbench.wait_for_action(first, "Build", "InProgress")
    second = workbench.start()
    wait_until(lambda: workbench.stage("Work").get("inboundExecution"))
    third = workbench.start()
    assert workbench.ended(second) == "Superseded"
    gate.succeed()
    gate.succeed()
    assert workbench.ended(first) == "Succeeded"
    assert workbench.ended(third) == "Succeeded"


def test_disabled_transition_is_shown_and_holds(workbench, gate, wait_until):
    gate.succeed()
    workbench.ended(workbench.create())
    transition = {"pipelineName": workbench.name, "stageName": "Work", "transitionType": "Inbound"}
    workbench.pipelines.disable_stage_transition(**transition, reason="release freeze")
    execution_id = workbench.start()
    waiting = wait_until(lambda: workbench.stage("Work").get("inboundExecution"))
    assert waiting["pipelineExecutionId"] == execution_id
    state = workbench.stage("Work")["inboundTransitionState"]
    assert (state["enabled"], state["disabledReason"]) == (False, "release freeze")
    gate.succeed()
    workbench.pipelines.enable_stage_transition(**transition)
    assert workbench.ended(execution_id) == "Succeeded"


def test_outbound_transition_of_a_stage_is_the_inbound_one_of_the_next(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    workbench.pipelines.disable_stage_transition(
        pipelineName=workbench.name,
        stageName="Source",
        transitionType="Outbound",
        reason="x",
    )
    assert not workbench.stage("Work")["inboundTransitionState"]["enabled"]


def test_same_client_request_token_gives_the_same_execution(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    gate.succeed()
    first = workbench.start(clientRequestToken="once")
    assert workbench.start(clientRequestToken="once") == first
    workbench.ended(first)


def test_pipeline_variables_are_resolved_and_shown(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create(variables=[{"name": "Note", "defaultValue": "none"}]))
    gate.succeed()
    execution_id = workbench.start(variables=[{"name": "Note", "value": "hi"}])
    workbench.ended(execution_id)
    shown = workbench.execution(execution_id)["variables"]
    assert shown == [{"name": "Note", "resolvedValue": "hi"}]


def test_pipeline_with_an_unset_variable_is_created_but_not_started(workbench):
    declaration = workbench.declaration(variables=[{"name": "Note"}])
    workbench.pipelines.create_pipeline(pipeline=declaration)
    assert workbench.summaries() == []
    code, message = refusal(workbench.pipelines.start_pipeline_execution, name=workbench.name)
    assert code == "ValidationException"
    assert "Note" in message


def test_executions_are_listed_in_pages_newest_first(workbench, gate):
    gate.succeed()
    ids = [workbench.create()]
    workbench.ended(ids[0])
    for _ in range(2):
        gate.succeed()
        ids.append(workbench.start())
        workbench.ended(ids[-1])
    pages = workbench.pipelines.get_paginator("list_pipeline_executions").paginate(
        pipelineName=workbench.name, PaginationConfig={"PageSize": 2}
    )
    sizes_and_ids = [
        [summary["pipelineExecutionId"] for summary in page["pipelineExecutionSummaries"]]
        for page in pages
    ]
    assert sizes_and_ids == [[ids[2], ids[1]], [ids[0]]]


def test_executions_can_be_filtered_by_a_stage_they_succeeded_in(workbench, gate):
    gate.fail()
    failed = workbench.create()
    workbench.ended(failed)

    def succeeded_in(stage: str) -> list[str]:
        answer = workbench.pipelines.list_pipeline_executions(
            pipelineName=workbench.name, filter={"succeededInStage": {"stageName": stage}}
        )
        return [s["pipelineExecutionId"] for s in answer["pipelineExecutionSummaries"]]

    assert succeeded_in("Source") == [failed]
    assert succeeded_in("Work") == []


def test_update_makes_a_new_version_and_keeps_the_old_one(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    changed = workbench.declaration(executionMode="QUEUED")
    updated = workbench.pipelines.update_pipeline(pipeline=changed)["pipeline"]
    assert (updated["version"], updated["executionMode"]) == (2, "QUEUED")
    old = workbench.pipelines.get_pipeline(name=workbench.name, version=1)["pipeline"]
    assert old["executionMode"] == "SUPERSEDED"
    answer = workbench.pipelines.get_pipeline(name=workbench.name)
    assert answer["metadata"]["updated"] > answer["metadata"]["created"]
    assert len(workbench.summaries()) == 1


def test_deleted_pipeline_is_gone_and_its_actions_with_it(workbench, gate):
    execution_id = workbench.create()
    workbench.wait_for_action(execution_id, "Build", "InProgress")
    workbench.pipelines.delete_pipeline(name=workbench.name)
    workbench.pipelines.delete_pipeline(name=workbench.name)
    code, message = refusal(workbench.pipelines.get_pipeline_state, name=workbench.name)
    assert code == "PipelineNotFoundException"
    assert workbench.name in message


def test_tags_are_kept_added_and_removed(workbench, gate):
    gate.succeed()
    arn = f"arn:aws:codepipeline:us-west-2:123456789012:{workbench.name}"
    client = workbench.pipelines
    client.create_pipeline(pipeline=workbench.declaration(), tags=[{"key": "step", "value": "1.3"}])
    client.tag_resource(resourceArn=arn, tags=[{"key": "more", "value": "x"}])
    client.untag_resource(resourceArn=arn, tagKeys=["step"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "more", "value": "x"}]
    assert client.get_pipeline(name=workbench.name)["metadata"]["pipelineArn"] == arn
    workbench.ended(workbench.summaries()[0]["pipelineExecutionId"])


def test_action_types_are_those_that_are_emulated(workbench):
    types = workbench.pipelines.list_action_types(actionOwnerFilter="AWS")["actionTypes"]
    providers = {(t["id"]["category"], t["id"]["provider"]) for t in types}
    assert {("Source", "CodeCommit"), ("Build", "CodeBuild"), ("Deploy", "ECS")} <= providers
    assert {("Approval", "Manual"), ("Deploy", "CodeDeployToECS")} <= providers
    assert ("Deploy", "CloudFormation") not in providers


def test_events_from_a_rule_start_an_execution_with_its_trigger(workbench, gate, emulator):
    from emulator.control_plane import registration

    gate.succeed()
    workbench.ended(workbench.create())
    gate.succeed()
    with emulator.runtime.lock:
        backend = registration.backend("codepipeline", "123456789012", "us-west-2")
        execution_id = backend.start_pipeline_execution_from_event(
            workbench.name, source_revisions=[], variables=[], trigger_detail="arn:of:the:rule"
        )
    workbench.ended(execution_id)
    trigger = workbench.execution(execution_id)["trigger"]
    assert trigger == {"triggerType": "CloudWatchEvent", "triggerDetail": "arn:of:the:rule"}


def test_state_changes_are_published_to_eventbridge(workbench, gate, aws, wait_until):
    queue_url = aws("sqs").create_queue(QueueName=workbench.prefix)["QueueUrl"]
    pattern = {"source": ["aws.codepipeline"], "detail": {"pipeline": [workbench.name]}}
    aws("events").put_rule(Name=workbench.prefix, EventPattern=json.dumps(pattern))
    queue_arn = f"arn:aws:sqs:us-west-2:123456789012:{workbench.prefix}"
    aws("events").put_targets(Rule=workbench.prefix, Targets=[{"Id": "q", "Arn": queue_arn}])
    gate.fail()
    execution_id = workbench.create()
    workbench.ended(execution_id)
    aws("events").remove_targets(Rule=workbench.prefix, Ids=["q"])
    aws("events").delete_rule(Name=workbench.prefix)

    events = []

    def all_there() -> bool:
        answer = aws("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        events.extend(json.loads(m["Body"]) for m in answer.get("Messages", []))
        return len(events) == 10

    wait_until(all_there)
    by_kind = {
        (e["detail-type"].split()[1], e["detail"].get("action"), e["detail"]["state"]): e
        for e in events
    }
    assert ("Pipeline", None, "STARTED") in by_kind
    assert ("Stage", None, "FAILED") in by_kind
    failed = by_kind["Action", "Build", "FAILED"]["detail"]
    assert failed["execution-id"] == execution_id
    assert failed["stage"] == "Work"
    assert failed["execution-result"]["error-code"] == "JobFailed"
    assert failed["type"]["provider"] == "CodeBuild"


# Refusals.


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("get_pipeline", {"name": "none"}),
        ("get_pipeline_state", {"name": "none"}),
        ("start_pipeline_execution", {"name": "none"}),
        ("list_pipeline_executions", {"pipelineName": "none"}),
        ("list_action_executions", {"pipelineName": "none"}),
        ("get_pipeline_execution", {"pipelineName": "none", "pipelineExecutionId": "x"}),
        ("stop_pipeline_execution", {"pipelineName": "none", "pipelineExecutionId": "x"}),
    ],
)
def test_unknown_pipeline_is_not_found(aws, operation, given):
    code, _ = refusal(getattr(aws("codepipeline"), operation), **given)
    assert code == "PipelineNotFoundException"


def test_unknown_execution_is_not_found(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    code, _ = refusal(
        workbench.pipelines.get_pipeline_execution,
        pipelineName=workbench.name,
        pipelineExecutionId="none",
    )
    assert code == "PipelineExecutionNotFoundException"


def test_engines_refusal_reaches_the_caller_as_aws_error(workbench, gate):
    gate.succeed()
    execution_id = workbench.create()
    workbench.ended(execution_id)
    code, _ = refusal(
        workbench.pipelines.stop_pipeline_execution,
        pipelineName=workbench.name,
        pipelineExecutionId=execution_id,
    )
    assert code == "PipelineExecutionNotStoppableException"


def test_second_pipeline_of_a_name_is_refused(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    code, _ = refusal(workbench.pipelines.create_pipeline, pipeline=workbench.declaration())
    assert code == "PipelineNameInUseException"


def test_role_that_does_not_trust_codepipeline_is_refused(workbench, aws):
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs.amazonaws.com"},
    }
    role = aws("iam").create_role(
        RoleName=f"{workbench.prefix}-other",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Role"]["Arn"]
    code, message = refusal(
        workbench.pipelines.create_pipeline, pipeline=workbench.declaration(roleArn=role)
    )
    assert code == "InvalidStructureException"
    assert message == f"CodePipeline is not authorized to perform AssumeRole on role {role}"


@pytest.mark.parametrize(
    ("category", "provider"), [("Invoke", "Lambda"), ("Deploy", "CloudFormation")]
)
def test_provider_that_is_not_emulated_is_refused_by_name(workbench, declare, category, provider):
    code, message = refusal(
        workbench.pipelines.create_pipeline,
        pipeline=workbench.declaration(declare("X", category, provider, {})),
    )
    assert code == "NotImplementedException"
    assert f"the provider `{provider}`" in message
    assert "not emulated yet" in message


def test_source_revision_of_an_unknown_action_is_refused(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    given = [{"actionName": "Nope", "revisionType": "COMMIT_ID", "revisionValue": "x"}]
    code, message = refusal(
        workbench.pipelines.start_pipeline_execution,
        name=workbench.name,
        sourceRevisions=given,
    )
    assert code == "ValidationException"
    assert "Nope" in message


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("retry_stage_execution", {"retryMode": "SOME", "pipelineExecutionId": "x"}),
        ("disable_stage_transition", {"transitionType": "Sideways", "reason": "x"}),
        ("enable_stage_transition", {"transitionType": "Sideways"}),
    ],
)
def test_value_outside_its_enumeration_is_refused(workbench, gate, operation, given):
    gate.succeed()
    workbench.ended(workbench.create())
    code, message = refusal(
        getattr(workbench.pipelines, operation),
        pipelineName=workbench.name,
        stageName="Work",
        **given,
    )
    assert code == "ValidationException"
    assert "enum value set" in message


def test_next_token_that_was_never_given_is_refused(workbench, gate):
    gate.succeed()
    workbench.ended(workbench.create())
    code, _ = refusal(
        workbench.pipelines.list_pipeline_executions,
        pipelineName=workbench.name,
        nextToken="made-up",
    )
    assert code == "InvalidNextTokenException"
