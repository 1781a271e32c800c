"""The events that CodePipeline sends to EventBridge when a state changes.

Source: "Monitoring CodePipeline events" (detect-state-changes-cloudwatch-events) in the user guide.
"""

from typing import Any

from emulator.control_plane.codepipeline import views
from emulator.engines.pipeline.events import Announce, Level
from emulator.engines.pipeline.model import ActionRun, Execution, Pipeline

SOURCE = "aws.codepipeline"


def detail_type(announcement: Announce) -> str:
    return f"CodePipeline {announcement.level} Execution State Change"


def detail(pipeline: Pipeline, announcement: Announce, region: str) -> dict[str, Any]:
    """Return the `detail` of the event that says so."""
    execution = pipeline.executions[announcement.execution_id]
    found: dict[str, Any] = {
        "pipeline": pipeline.structure.name,
        "execution-id": execution.id,
        "start-time": _timestamp(execution),
        "state": announcement.state,
        "version": float(pipeline.structure.version),
        "pipeline-execution-attempt": float(execution.attempt),
    }
    if announcement.level is Level.PIPELINE:
        found["execution-trigger"] = {
            "trigger-type": execution.trigger.type,
            "trigger-detail": execution.trigger.detail,
        }
    if announcement.stage_name:
        found["stage"] = announcement.stage_name
    if announcement.action_execution_id:
        run = execution.action_runs[announcement.action_execution_id]
        found |= _action_members(run, announcement.state, region)
    return found


def _action_members(run: ActionRun, state: str, region: str) -> dict[str, Any]:
    kind = run.action.type
    members: dict[str, Any] = {
        "action": run.action.name,
        "region": region,
        "type": {
            "owner": kind.owner,
            "provider": kind.provider,
            "category": kind.category,
            "version": kind.version,
        },
        "input-artifacts": views.artifacts(run.inputs),
    }
    result = {
        "external-execution-id": run.external.id,
        "external-execution-url": run.external.url,
        "external-execution-summary": run.external.summary,
        "error-code": run.error.code if run.error else None,
    }
    known = {name: value for name, value in result.items() if value is not None}
    if state != "STARTED" and known:
        members["execution-result"] = known
    if state == "SUCCEEDED":
        members["output-artifacts"] = views.artifacts(run.outputs)
    return members


def _timestamp(execution: Execution) -> str:
    return execution.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
