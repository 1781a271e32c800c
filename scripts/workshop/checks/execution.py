"""The newest commit's way through lab 1's stages of the pipeline, and where it ended.

What later labs add behind them, such as an approval that waits or is refused, is theirs to judge.
"""

from datetime import datetime
from typing import Any

from workshop.checks.diagnosis import (
    events_of_trouble,
    tasks_in_trouble,
    why_build_failed,
    why_tasks_stop,
)
from workshop.checks.model import Finding, failed, not_yet, passed
from workshop.checks.view import STAGING, View
from workshop.deployed_revision import image_tag

_STAGES = ("Source", "Build", "Deploy")
_UNDER_WAY = {"InProgress", "Stopping"}
_VERDICTS = ("deployment failed", "rolling back")
_UNSTABLE = (
    "The new tasks do not stay healthy, so the circuit breaker has brought the old revision back."
)

Actions = dict[str, dict[str, Any]]
"""The last run of each stage's action, by stage."""


def look_at_execution(view: View) -> Finding:
    head = view.head_commit()
    execution = view.execution_of(head) if head else None
    if head is None or execution is None:
        return not_yet(
            f"no execution of commit {(head or 'none')[:8]} has started",
            remedy="Run `workshop check 1.3`, which looks at what starts it.",
        )
    status = execution["status"]
    label = f"execution {execution['pipelineExecutionId']} of commit {head[:8]}"
    actions = _latest_actions(view, execution)
    if actions.get(_STAGES[-1], {}).get("status") == "Succeeded":
        return passed(f"{label}: {', '.join(actions)} succeeded")
    if status in _UNDER_WAY:
        return _under_way(view, execution, head, label, actions)
    if status == "Failed":
        return _failed_execution(view, head, label, actions)
    return failed(
        f"{label} is {status}",
        cause=execution.get("statusSummary") or "It was ended, or a newer one overtook it.",
        remedy=f"Run `aws codepipeline start-pipeline-execution --name {view.pipeline.name}`.",
    )


def _latest_actions(view: View, execution: dict[str, Any]) -> Actions:
    return {
        action["stageName"]: action
        for action in view.action_executions(execution["pipelineExecutionId"])
        if action["stageName"] in _STAGES
    }


def _under_way(
    view: View, execution: dict[str, Any], head: str, label: str, actions: Actions
) -> Finding:
    states = ", ".join(f"{stage} {action['status']}" for stage, action in actions.items())
    deploy = actions.get("Deploy")
    if deploy is None or deploy["status"] != "InProgress":
        return not_yet(f"{label}: {states}")
    verdict = _verdict(view, head, deploy)
    if not verdict:
        said = events_of_trouble(view, STAGING, deploy["startTime"])
        return not_yet(f"{label}: {states}" + (f"; ECS says: {said[0]}" if said else ""))
    return failed(
        f"{label}: {states}, but ECS says: {verdict}",
        cause=f"{_UNSTABLE} The Deploy action does not see that, and ends at its timeout.",
        remedy="Mend what the task's lines above tell of, and push. Your commit waits for the "
        "Deploy action to end; `aws codepipeline stop-pipeline-execution --abandon "
        f"--pipeline-name {view.pipeline.name} --pipeline-execution-id "
        f"{execution['pipelineExecutionId']}` ends it now.",
        details=why_tasks_stop(view, STAGING, deploy["startTime"]),
    )


def _verdict(view: View, head: str, deploy: dict[str, Any]) -> str:
    """Return the event that tells of the circuit breaker's verdict on this action's tasks, or ''.

    The one on an earlier commit may fall after the action's start: it is not over until the action
    has updated the service, and from then on ECS judges the tasks of this commit alone.
    """
    since = _first_trouble(view, head, deploy)
    said = events_of_trouble(view, STAGING, since) if since else []
    return next((one for one in said if any(words in one for words in _VERDICTS)), "")


def _first_trouble(view: View, head: str, deploy: dict[str, Any]) -> datetime | None:
    """Return when the first of the commit's tasks was created that ended in trouble.

    ECS forgets stopped tasks after an hour, and remembers what it said of them: where it lists none
    of an action that has ended, that counts from the action's start.
    """
    began: datetime = deploy["startTime"]
    tasks = tasks_in_trouble(view, STAGING, began)
    if not tasks and deploy["status"] == "Failed":
        return began
    return min((task["createdAt"] for task in tasks if _runs(task, head)), default=None)


def _runs(task: dict[str, Any], head: str) -> bool:
    return any(image_tag(container.get("image", "")) == head for container in task["containers"])


def _failed_execution(view: View, head: str, label: str, actions: Actions) -> Finding:
    broken = next((one for one in actions.values() if one["status"] == "Failed"), None)
    if broken is None:
        return failed(f"{label} failed", cause="No action says why.", remedy="Push again.")
    result = broken.get("output", {}).get("executionResult", {})
    said = result.get("errorDetails", {}).get("message") or result.get("externalExecutionSummary")
    observed = f"{label}: stage {broken['stageName']} failed: {said or 'no reason given'}"
    provider = broken["input"]["actionTypeId"]["provider"]
    if provider == "CodeBuild" and result.get("externalExecutionId"):
        return failed(
            observed,
            cause="The build did not succeed, so nothing was deployed.",
            remedy="Mend what the lines above tell of, and push; `workshop logs build` shows all.",
            details=why_build_failed(view, view.build_by_id(result["externalExecutionId"])),
        )
    retry = (
        f"`aws codepipeline retry-stage-execution --pipeline-name {view.pipeline.name} "
        f"--stage-name {broken['stageName']} --retry-mode FAILED_ACTIONS "
        f"--pipeline-execution-id {broken['pipelineExecutionId']}`"
    )
    if provider == "ECS":
        is_unstable = bool(_verdict(view, head, broken))
        mend = "Mend what the lines above tell of, and push"
        return failed(
            observed,
            cause=_UNSTABLE if is_unstable else "The new tasks did not become steady in time.",
            remedy=f"{mend}." if is_unstable else f"{mend}; or retry with {retry}.",
            details=why_tasks_stop(view, STAGING, broken["startTime"]),
        )
    return failed(
        observed, cause="The action says it above.", remedy=f"Mend it, then retry with {retry}."
    )
