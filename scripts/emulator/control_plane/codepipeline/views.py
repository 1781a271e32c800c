"""What an API call shows of the engine's state: functions from it to botocore's shapes."""

from collections.abc import Sequence
from typing import Any

from emulator.control_plane.answers import present
from emulator.control_plane.codepipeline.action_types import EMULATED
from emulator.engines.pipeline.declaration import Action, ExecutionMode, Stage
from emulator.engines.pipeline.model import (
    ActionRun,
    Artifact,
    Execution,
    External,
    Pipeline,
    Revision,
    StageRun,
)

Json = dict[str, Any]


def stage_states(pipeline: Pipeline, region: str) -> list[Json]:
    """Source: botocore shape StageState."""
    return [_stage_state(pipeline, stage, region) for stage in pipeline.structure.stages]


def _stage_state(pipeline: Pipeline, stage: Stage, region: str) -> Json:
    state = pipeline.stages[stage.name]
    waiting = [
        {"pipelineExecutionId": e.id, "status": "InProgress", "type": "STANDARD"}
        for e in pipeline.waiting_for(stage.name)
    ]
    latest = pipeline.executions.get(state.latest_execution_id or "")
    run = latest.stage_runs[stage.name] if latest else None
    return present(
        stageName=stage.name,
        inboundExecution=waiting[-1] if waiting else None,
        inboundExecutions=waiting,
        inboundTransitionState=present(
            enabled=state.enabled,
            disabledReason=state.disabled_reason,
            lastChangedBy=state.changed_by,
            lastChangedAt=state.changed_at,
        ),
        actionStates=[_action_state(pipeline, stage, a, region) for a in stage.actions],
        latestExecution=_stage_execution(latest, run) if latest and run else None,
        retryStageMetadata=_retry_metadata(run),
    )


def _stage_execution(execution: Execution, run: StageRun) -> Json:
    return {
        "pipelineExecutionId": execution.id,
        "status": run.status.value,
        "type": "STANDARD",
    }


def _retry_metadata(run: StageRun | None) -> Json | None:
    if run is None or not run.retries:
        return None
    return {
        "manualStageRetryAttempt": run.retries,
        "latestRetryTrigger": "ManualStageRetry",
    }


def _action_state(pipeline: Pipeline, stage: Stage, action: Action, region: str) -> Json:
    runs = [
        run
        for execution in pipeline.executions.values()
        for run in execution.action_runs.values()
        if (run.stage_name, run.action.name) == (stage.name, action.name)
    ]
    latest = max(runs, key=lambda run: run.started_at, default=None)
    taken = [run.revision for run in runs if run.revision]
    spec = EMULATED[action.type.category, action.type.provider]
    configuration = latest.configuration if latest else action.configuration
    with_token = pipeline.structure.mode is not ExecutionMode.PARALLEL
    return present(
        actionName=action.name,
        currentRevision=_current_revision(taken[-1]) if taken else None,
        latestExecution=_action_execution(latest, with_token) if latest else None,
        entityUrl=spec.url(region, configuration),
        revisionUrl=taken[-1].url if taken else None,
    )


def _current_revision(revision: Revision) -> Json:
    return {
        "revisionId": revision.revision_id,
        "revisionChangeId": revision.revision_id[:100],
        "created": revision.created,
    }


def _action_execution(run: ActionRun, with_token: bool) -> Json:
    """Return botocore's shape ActionExecution; an approval is identified by its token alone.

    In PARALLEL mode the token is found in ListActionExecutions only, as `externalExecutionId`.
    Source: "PutApprovalResult" in the CodePipeline API reference.
    """
    waiting = run.open_approval if with_token else None
    return present(
        actionExecutionId=run.id,
        status=run.status.value,
        summary=run.external.summary or None,
        lastStatusChange=run.updated_at,
        token=waiting.token if waiting else None,
        lastUpdatedBy=run.approval.answered_by if run.approval else None,
        externalExecutionId=None if run.approval else run.external.id,
        externalExecutionUrl=run.external.url,
        errorDetails=_error(run),
    )


def _error(run: ActionRun) -> Json | None:
    return {"code": run.error.code, "message": run.error.message} if run.error else None


def execution_detail(pipeline: Pipeline, execution: Execution) -> Json:
    """Source: botocore shape PipelineExecution."""
    return present(
        pipelineName=pipeline.structure.name,
        pipelineVersion=execution.pipeline_version,
        pipelineExecutionId=execution.id,
        status=execution.status.value,
        statusSummary=execution.status_summary,
        artifactRevisions=[
            {
                "name": revision.artifact_name,
                "revisionId": revision.revision_id,
                "revisionSummary": revision.summary,
                "revisionUrl": revision.url,
            }
            for revision in execution.revisions.values()
        ],
        variables=[
            {"name": name, "resolvedValue": value} for name, value in execution.variables.items()
        ],
        trigger=_trigger(execution),
        executionMode=execution.mode.value,
        executionType="STANDARD",
    )


def execution_summary(execution: Execution) -> Json:
    """Source: botocore shape PipelineExecutionSummary."""
    return present(
        pipelineExecutionId=execution.id,
        status=execution.status.value,
        statusSummary=execution.status_summary,
        startTime=execution.started_at,
        lastUpdateTime=execution.updated_at,
        sourceRevisions=[
            {
                "actionName": revision.action_name,
                "revisionId": revision.revision_id,
                "revisionSummary": revision.summary,
                "revisionUrl": revision.url,
            }
            for revision in execution.revisions.values()
        ],
        trigger=_trigger(execution),
        stopTrigger=({"reason": execution.stop_reason} if execution.stop_reason else None),
        executionMode=execution.mode.value,
        executionType="STANDARD",
    )


def _trigger(execution: Execution) -> Json:
    return {
        "triggerType": execution.trigger.type,
        "triggerDetail": execution.trigger.detail,
    }


def action_execution_detail(execution: Execution, run: ActionRun, region: str) -> Json:
    """Source: botocore shape ActionExecutionDetail."""
    succeeded = run.status.value == "Succeeded"
    kind = run.action.type
    return {
        "pipelineExecutionId": execution.id,
        "actionExecutionId": run.id,
        "pipelineVersion": run.pipeline_version,
        "stageName": run.stage_name,
        "actionName": run.action.name,
        "startTime": run.started_at,
        "lastUpdateTime": run.updated_at,
        **present(updatedBy=run.approval.answered_by if run.approval else None),
        "status": run.status.value,
        "input": present(
            actionTypeId={
                "category": kind.category,
                "owner": kind.owner,
                "provider": kind.provider,
                "version": kind.version,
            },
            configuration=dict(run.action.configuration),
            resolvedConfiguration=dict(run.configuration),
            roleArn=run.action.role_arn,
            region=region,
            inputArtifacts=artifacts(run.inputs),
            namespace=run.action.namespace,
        ),
        "output": {
            "outputArtifacts": artifacts(run.outputs) if succeeded else [],
            "executionResult": {**_execution_result(run.external), **_result_error(run)},
            "outputVariables": dict(run.output_variables),
        },
    }


def _execution_result(external: External) -> Json:
    return present(
        externalExecutionId=external.id,
        externalExecutionSummary=external.summary or None,
        externalExecutionUrl=external.url,
    )


def _result_error(run: ActionRun) -> Json:
    return present(errorDetails=_error(run))


def artifacts(found: Sequence[Artifact]) -> list[Json]:
    """Source: botocore shape ArtifactDetail."""
    return [{"name": a.name, "s3location": {"bucket": a.bucket, "key": a.key}} for a in found]
