"""Step 2.4: what the newest commit says of its deployment, and what a person decided about it."""

from typing import Any

from workshop.application.configuration import (
    APPSPEC,
    BUILDSPEC,
    TASKDEF,
    mistake_in_appspec,
    mistake_in_buildspec,
    mistake_in_taskdef,
)
from workshop.checks.execution import look_at_execution
from workshop.checks.model import Ending, Finding, could_not_look, failed, not_yet, passed
from workshop.checks.view import PRODUCTION, View

_UNDER_WAY = {"InProgress", "Stopping"}


def look_at_configuration(view: View) -> Finding:
    """Judge the three files of the newest commit by which production is deployed."""
    head = view.head_commit()
    if head is None:
        return not_yet("the branch has no commit")
    missing = {TASKDEF, APPSPEC, BUILDSPEC} - view.files(head)
    if missing & {TASKDEF, APPSPEC} and not _was_ever_configured(view, head):
        return not_yet(
            f"commit {head[:8]} lacks {', '.join(sorted(missing))}",
            remedy="Push the commits of steps 2.2 and 2.3: `workshop lab 2 --to 2.4`.",
        )
    mistake = f"it lacks {', '.join(sorted(missing))}" if missing else _mistake(view, head)
    if mistake:
        return failed(
            f"commit {head[:8]} cannot be deployed to production: {mistake}",
            cause="A commit changed what CodeDeployToECS fills in or is handed.",
            remedy=f"Mend it, or bring it back: `git log -- {TASKDEF} {APPSPEC} {BUILDSPEC}` "
            "names the commits, `git revert` undoes one; then push.",
        )
    return passed(f"commit {head[:8]} hands `{TASKDEF}` and `{APPSPEC}` on, with placeholders")


def _was_ever_configured(view: View, head: str) -> bool:
    """Tell whether the commit before had the files: then the newest one took them away."""
    parent = next(iter(list(view.history(head, 2))[1:]), None)
    return parent is not None and bool({TASKDEF, APPSPEC} & view.files(parent))


def _mistake(view: View, head: str) -> str:
    service = view.service(PRODUCTION)
    definition = view.task_definition(PRODUCTION)
    if definition is None:
        return ""
    return (
        mistake_in_taskdef(view.file(head, TASKDEF), definition, service.container)
        or mistake_in_appspec(view.file(head, APPSPEC), service.container)
        or mistake_in_buildspec(view.file(head, BUILDSPEC))
    )


def action_of(view: View, execution: dict[str, Any], stage: str) -> dict[str, Any] | None:
    """Return the last run of a stage's action in an execution, or None before it began."""
    runs = [
        action
        for action in view.action_executions(execution["pipelineExecutionId"])
        if action["stageName"] == stage
    ]
    return runs[-1] if runs else None


def look_at_approval(view: View) -> Finding:
    """Judge what became of the approval that the newest commit's execution asked for."""
    stage = view.approval.stage
    head = view.head_commit()
    execution = view.execution_of(head) if head else None
    if head is None or execution is None:
        return not_yet(
            f"no execution of commit {(head or 'none')[:8]} has started",
            remedy="Run `workshop check 1.3`, which looks at what starts it.",
        )
    action = action_of(view, execution, stage)
    label = f"execution {execution['pipelineExecutionId']} of commit {head[:8]}"
    if action is not None and action["status"] == "Succeeded":
        return passed(f"{label} was approved{_in_words(action)}")
    if action is not None and action["status"] != "InProgress":
        return _not_approved(view, label, action)
    if look_at_configuration(view).ending is Ending.FAILED:
        return could_not_look(
            f"{label} cannot be deployed, whatever is decided; see the check `configuration`",
            remedy="Run `workshop reject` if it waits for an approval.",
        )
    if action is not None:
        return not_yet(
            f"{label} waits for an approval since {action['startTime']:%H:%M:%S}",
            remedy="Look at staging, then run `workshop approve` or `workshop reject`.",
        )
    return _before_approval(view, execution, label)


def _in_words(action: dict[str, Any]) -> str:
    """Return who decided, and the summary given."""
    by = str(action.get("updatedBy", "")).rpartition(":")[2].rpartition("/")[2]
    summary = _result(action).get("externalExecutionSummary", "")
    return (f" by {by}" if by else "") + (f": {summary}" if summary else "")


def _result(action: dict[str, Any]) -> dict[str, Any]:
    return dict(action.get("output", {}).get("executionResult", {}))


def _not_approved(view: View, label: str, action: dict[str, Any]) -> Finding:
    said = _result(action).get("errorDetails", {}).get("message", "")
    again = (
        "Push what is to be released instead; or ask again with `aws codepipeline "
        f"start-pipeline-execution --name {view.pipeline.name}`."
    )
    if action["status"] != "Failed":
        how, cause = action["status"].lower(), "The execution was ended while its approval waited."
    elif "expire" in said.lower() or "timed out" in said.lower():
        how, cause = "not decided in time", "An approval that nobody decides expires."
    else:
        how = "rejected"
        cause = "A person said no; production keeps what it serves, and staging is ahead of it."
    said = f" ({said})" if said else ""
    return failed(f"{label} was {how}{_in_words(action)}{said}", cause=cause, remedy=again)


def _before_approval(view: View, execution: dict[str, Any], label: str) -> Finding:
    """Judge an execution that has not come to its approval."""
    start = f"`aws codepipeline start-pipeline-execution --name {view.pipeline.name}`"
    if execution["status"] == "Succeeded":
        return not_yet(
            f"{label} went through before the stage `{view.approval.stage}` was there",
            remedy=f"Push a commit, or run {start}.",
        )
    before = look_at_execution(view)
    if before.ending in {Ending.FAILED, Ending.COULD_NOT_LOOK}:
        return could_not_look(f"{before.observed}; see the check `execution` of step 1.4")
    if execution["status"] not in _UNDER_WAY:
        return failed(
            f"{label} is {execution['status']}",
            cause=execution.get("statusSummary") or "It was ended before anybody could approve it.",
            remedy=f"Run {start}.",
        )
    waiting = view.waiting_approval()
    if waiting is None or waiting.execution_id == execution["pipelineExecutionId"]:
        return not_yet(before.observed)
    return not_yet(
        f"{label} waits behind execution {waiting.execution_id} of commit {waiting.commit[:8]}, "
        "which nobody has approved or rejected",
        remedy="Run `workshop reject` to let the newer commit pass, or `workshop approve`.",
    )
