"""Step 2.4: the newest commit's deployment to production, and why it ended as it did."""

from dataclasses import replace
from typing import Any

from workshop.checks.approval import action_of, look_at_approval
from workshop.checks.diagnosis import tasks_in_trouble, why_tasks_stop
from workshop.checks.model import Ending, Finding, could_not_look, failed, not_yet, passed
from workshop.checks.production import DEPLOY_STAGE
from workshop.checks.view import PRODUCTION, View
from workshop.deployments import Deployment, slot_serving

LIFECYCLE = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
"""Source: CodeDeploy user guide, AppSpec hooks of an Amazon ECS deployment, in their order."""

NEEDED = ("Install", "AllowTraffic")
"""The events without which nothing was deployed; those of hooks and test traffic may be skipped."""

_ONE_AT_A_TIME = ("DeploymentLimitExceededException", "already has an active Deployment")
"""How CodeDeploy refuses a second deployment of a group: by its code, and in words."""

STOPPED_BY_ALARM = "ALARM_ACTIVE"
"""Source: CodeDeploy API, `ErrorInformation.code`."""

_STOPPED_BY_ALARM = (
    "An alarm of the deployment group went off: `aws cloudwatch describe-alarm-history` tells when "
    "and why, `workshop logs production` what it said meanwhile."
)

_MANY = 2  # one task may stop by an accident of its own


def look_at_deployment(view: View) -> Finding:
    """Judge the deployment of the newest commit's newest execution."""
    approval = look_at_approval(view)
    if approval.ending is not Ending.PASSED:
        return leaning_on("approval", approval)
    head = view.head_commit()
    execution = view.execution_of(head) if head else None
    if execution is None:
        return not_yet("the branch has moved on since; its newest commit has no execution yet")
    action = action_of(view, execution, DEPLOY_STAGE)
    if action is None:
        return _before_deployment(view, execution)
    found = deployment_of(view, action)
    if found is None:
        return _without_deployment(view, action)
    if found.status == "Succeeded":
        return _succeeded(found)
    if found.is_running:
        return look_at_running(view, found)
    return _ended(view, found, action)


def failed_before_deployment(view: View) -> Finding | None:
    """Return why the newest commit's stage DeployProd made no deployment; None while it may."""
    head = view.head_commit()
    execution = view.execution_of(head) if head else None
    action = action_of(view, execution, DEPLOY_STAGE) if execution else None
    if action is None or action["status"] != "Failed" or deployment_of(view, action) is not None:
        return None
    return _without_deployment(view, action)


def leaning_on(name: str, finding: Finding) -> Finding:
    """Return how a check ends whose ground another check has not proved."""
    if finding.ending is Ending.NOT_YET:
        return not_yet(finding.observed, remedy=finding.remedy)
    return could_not_look(f"{finding.observed}; see the check `{name}`")


def deployment_of(view: View, action: dict[str, Any]) -> Deployment | None:
    """Return the deployment that a run of the action DeployProd made, or None without one.

    Where the action does not name it while it runs, it is the one that began since.
    """
    result = action.get("output", {}).get("executionResult", {})
    named = result.get("externalExecutionId")
    if named:
        return view.deployment_by_id(named)
    running = view.running_deployment() if action["status"] == "InProgress" else None
    if running is None or running.is_rollback or running.created_at < action["startTime"]:
        return None
    return running


def _before_deployment(view: View, execution: dict[str, Any]) -> Finding:
    label = f"execution {execution['pipelineExecutionId']}"
    if execution["status"] != "InProgress":
        return failed(
            f"{label} is {execution['status']}, approved but not deployed",
            cause=execution.get("statusSummary") or "It was stopped after its approval.",
            remedy=f"Run `aws codepipeline start-pipeline-execution --name {view.pipeline.name}`.",
        )
    running = view.running_deployment()
    if running is None:
        return not_yet(f"{label} is approved and about to deploy")
    found = look_at_running(view, running)
    observed = f"{label} is approved and waits for another: {found.observed}"
    if found.ending is not Ending.FAILED:
        return replace(found, observed=observed)
    remedy = f"Run `{_stop(running)}`; `workshop lab 2 --from 2.4` then brings the newer commit."
    return replace(found, observed=observed, remedy=remedy)


def _without_deployment(view: View, action: dict[str, Any]) -> Finding:
    """Judge a run of the action that has made no deployment."""
    if action["status"] == "InProgress":
        return not_yet(f"stage {DEPLOY_STAGE} fills in the templates and asks CodeDeploy")
    error = action.get("output", {}).get("executionResult", {}).get("errorDetails", {})
    said = error.get("message") or "no reason given"
    observed = f"stage {DEPLOY_STAGE} failed before there was a deployment: {said}"
    if any(words in said for words in _ONE_AT_A_TIME):
        return failed(
            observed,
            cause="Another deployment, such as a rollback, ran when this one was asked for.",
            remedy=f"Once `workshop deployments` shows that it ended: `{_retry(view, action)}`.",
        )
    return failed(
        observed,
        cause="The templates could not be filled in, or CodeDeploy refused the deployment.",
        remedy=f"Mend what it says and push; or retry with `{_retry(view, action)}`.",
    )


def _retry(view: View, action: dict[str, Any]) -> str:
    return (
        f"aws codepipeline retry-stage-execution --pipeline-name {view.pipeline.name} "
        f"--stage-name {DEPLOY_STAGE} --retry-mode FAILED_ACTIONS "
        f"--pipeline-execution-id {action['pipelineExecutionId']}"
    )


def progress_of(deployment: Deployment) -> str:
    """Return in words how far a deployment has come."""
    if deployment.is_waiting_to_terminate:
        return "production has switched; the old tasks wait for their end"
    if deployment.is_ready:
        return "it waits until the traffic may be moved"
    current = next(
        (one for one in deployment.events if one.status in {"InProgress", "Pending"}), None
    )
    state = f"{current.name} {current.status}" if current else "no lifecycle event yet"
    weights = ", ".join(f"{slot} {weight:g} %" for slot, weight in deployment.weights.items())
    return state + (f" ({weights})" if weights else "")


def _next_for(deployment: Deployment) -> str:
    """Return what a person may do about a deployment that goes on, '' where only time helps."""
    wait = ""
    if deployment.is_waiting_to_terminate:
        wait = "TERMINATION_WAIT"
    elif deployment.is_ready:
        wait = "READY_WAIT"
    if not wait:
        return ""
    ends = "stops when its time is over" if deployment.is_ready else "ends by itself in time"
    return (
        f"The wait {ends}; `workshop promote` ends it now, as does `aws deploy "
        f"continue-deployment --deployment-id {deployment.id} --deployment-wait-type {wait}`."
    )


def _succeeded(found: Deployment) -> Finding:
    names = [event.name for event in found.events if event.status == "Succeeded"]
    in_order = [name for name in LIFECYCLE if name in names]
    missing = [name for name in NEEDED if name not in names]
    if missing or names != in_order:
        return failed(
            f"{found.id} succeeded, but its lifecycle events are {', '.join(names) or 'none'}",
            cause="The record of the deployment is not whole.",
            remedy=f"Look with `aws deploy get-deployment --deployment-id {found.id}`.",
        )
    live = slot_serving(found)
    return passed(f"{found.id} succeeded, slot `{live}`: {', '.join(names)}")


def look_at_running(view: View, found: Deployment) -> Finding:
    """Judge a deployment that has not ended, whoever asked for it."""
    label = f"{found.id}: {progress_of(found)}"
    if not _is_installing(found):
        return not_yet(label, remedy=_next_for(found))
    broken = tasks_in_trouble(view, PRODUCTION, found.created_at)
    details = why_tasks_stop(view, PRODUCTION, found.created_at)
    stop = _stop(found)
    if len(broken) < _MANY:
        remedy = f"If that goes on, run `{stop}`." if details else ""
        return not_yet(label, remedy, details)
    return failed(
        f"{found.id} is stuck in Install: {len(broken)} of its tasks have stopped",
        cause="The new version does not stay healthy. ECS starts it again and again, CodeDeploy "
        "waits an hour; production serves the old version all the while.",
        remedy=f"Run `{stop}`, mend what the lines above tell of, and push.",
        details=details,
    )


def _stop(found: Deployment) -> str:
    return f"aws deploy stop-deployment --auto-rollback-enabled --deployment-id {found.id}"


def _is_installing(found: Deployment) -> bool:
    return not any(
        event.name == "Install" and event.status == "Succeeded" for event in found.events
    )


def _ended(view: View, found: Deployment, action: dict[str, Any]) -> Finding:
    """Judge a deployment that failed or was stopped."""
    broken = next((one for one in found.events if one.status == "Failed"), None)
    where = f" in {broken.name}" if broken else ""
    said = (broken.message if broken else "") or found.error_message or "no reason given"
    code = f"{found.error_code}: " if found.error_code else ""
    details = (
        why_tasks_stop(view, PRODUCTION, found.created_at)
        if tasks_in_trouble(view, PRODUCTION, found.created_at)
        else ()
    )
    cause = (
        "The new version does not stay healthy: its tasks' lines tell why."
        if details
        else _STOPPED_BY_ALARM
        if found.error_code == STOPPED_BY_ALARM
        else "It was stopped before it was done."
        if found.status == "Stopped"
        else "CodeDeploy says it above."
    )
    mend = "Mend what the lines above tell of, and push" if details else "Push a mended version"
    return failed(
        f"{found.id} {found.status.lower()}{where}: {code}{said}; {_rollback(view, found)}",
        cause=cause,
        remedy=f"{mend}; or deploy the same again with `{_retry(view, action)}`.",
        details=details,
    )


def _rollback(view: View, found: Deployment) -> str:
    if found.rolled_back_by is None:
        return "it was not rolled back: tasks and weights stay as they were"
    rollback = view.deployment_by_id(found.rolled_back_by)
    if rollback.is_running:
        return f"it is being rolled back by {rollback.id} ({progress_of(rollback)})"
    if rollback.status == "Succeeded":
        return f"it was rolled back by {rollback.id}"
    return f"its rollback {rollback.id} {rollback.status.lower()}: {rollback.error_message}"
