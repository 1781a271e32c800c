"""What a person must know to approve or reject; or why there is nothing to decide."""

from dataclasses import dataclass
from typing import Any

from workshop.approvals import WaitingApproval
from workshop.aws import ClientError, error_code
from workshop.checks.view import PRODUCTION, STAGING, View
from workshop.errors import NotPrepared, UsageError

_APPROVAL_STEP = "2.3"
_NOT_COMPARABLE = {
    "CommitDoesNotExistException",
    "CommitRequiredException",
    "InvalidCommitException",
    "InvalidCommitIdException",
}
_NOTHING = "Nothing waits for approval"


@dataclass(frozen=True)
class ApprovalReport:
    """What waits, and what approving it would change.

    Versions are image tags, in this workshop commits; '' where a service runs none. `changed_files`
    are the paths that differ from production's commit, None where the two cannot be compared.
    """

    waiting: WaitingApproval
    staging_version: str
    production_version: str
    changed_files: tuple[str, ...] | None


def read_report(view: View) -> ApprovalReport:
    """Return what waits for a decision.

    Raises: NotPrepared below the step that makes the approval, UsageError where nothing waits;
    both say where things stand instead.
    """
    if view.environment.approval is None:
        raise NotPrepared(
            f"{_NOTHING}: the environment stands at step {view.environment.step}, and the pipeline "
            f"has no approval before step {_APPROVAL_STEP}.",
            "Run `make lab2`.",
        )
    waiting = view.waiting_approval()
    if waiting is None:
        raise _why_none_waits(view)
    production = view.version(PRODUCTION)
    return ApprovalReport(
        waiting=waiting,
        staging_version=view.version(STAGING),
        production_version=production,
        changed_files=_changed_files(view, production, waiting.commit),
    )


def _changed_files(view: View, before: str, after: str) -> tuple[str, ...] | None:
    """Return the paths that differ between two commits, None where CodeCommit lacks one."""
    if not before or not after:
        return None
    pages = view.aws.client("codecommit").get_paginator("get_differences")
    asked = {"beforeCommitSpecifier": before, "afterCommitSpecifier": after}
    try:
        return tuple(
            str((one.get("afterBlob") or one["beforeBlob"])["path"])
            for page in pages.paginate(repositoryName=view.source.name, **asked)
            for one in page["differences"]
        )
    except ClientError as error:
        if error_code(error) in _NOT_COMPARABLE:
            return None
        raise


def _why_none_waits(view: View) -> UsageError:
    running = view.running_executions()
    if running:
        places = [_Place(view, execution) for execution in reversed(running)]
        return UsageError(
            f"{_NOTHING}: {'; '.join(place.in_words() for place in places)}.",
            places[0].remedy(),
        )
    newest = view.newest_execution()
    if newest is None:
        return UsageError(
            f"{_NOTHING}: no execution of pipeline `{view.pipeline.name}` has run yet.",
            "Push a commit, and let staging have it first.",
        )
    return _why_newest_does_not_wait(view, newest)


def _why_newest_does_not_wait(view: View, execution: dict[str, Any]) -> UsageError:
    decided = _decision(view, execution)
    label = _label(execution)
    status = execution["status"]
    if status == "Succeeded" and decided:
        said = f"{label} was approved{_by(decided)}, and is in production"
    elif status == "Succeeded":
        said = f"{label} went through before the pipeline had an approval"
    elif decided and decided["status"] == "Failed":
        said = f"{label} was rejected{_by(decided)}"
    elif decided and decided["status"] == "Succeeded":
        said = f"{label} was approved{_by(decided)}, and ended as {status} after that"
    else:
        said = f"{label} ended as {status} before its approval"
    return UsageError(
        f"{_NOTHING}: {said}.", "`workshop check 2.4` says more; a push begins the next one."
    )


def _label(execution: dict[str, Any]) -> str:
    commit = next((one["revisionId"] for one in execution.get("sourceRevisions", [])), "")
    of = f" of commit {commit[:8]}" if commit else ""
    return f"execution `{execution['pipelineExecutionId']}`{of}"


def _decision(view: View, execution: dict[str, Any]) -> dict[str, Any] | None:
    """Return the last run of the approval in an execution, None where it has not come to it."""
    runs = [
        action
        for action in view.action_executions(execution["pipelineExecutionId"])
        if action["stageName"] == view.approval.stage
    ]
    return runs[-1] if runs else None


def _by(decision: dict[str, Any]) -> str:
    """Return who decided and what was said, as far as AWS tells."""
    who = str(decision.get("updatedBy", "")).rpartition(":")[2].rpartition("/")[2]
    result = decision.get("output", {}).get("executionResult", {})
    said = result.get("externalExecutionSummary", "")
    return (f" by `{who}`" if who else "") + (f" (“{said}”)" if said else "")


class _Place:
    """Where in the pipeline an execution that runs stands."""

    def __init__(self, view: View, execution: dict[str, Any]) -> None:
        self._view = view
        self._execution = execution
        self._stage, self._is_inside = self._find(execution["pipelineExecutionId"])
        self._decision = _decision(view, execution)

    def in_words(self) -> str:
        """Return one clause, such as "execution `…` of commit c0ffee is still in `Build`"."""
        label = _label(self._execution)
        if self._execution["status"] == "Stopping":
            return f"{label} is being stopped"
        where = f"in `{self._stage}`"
        if not self._is_inside:
            where = f"at the entrance of `{self._stage}`"
        if self._decision is not None and self._decision["status"] == "Succeeded":
            return f"{label} was approved{_by(self._decision)} and is {where}"
        return f"{label} is still {where}"

    def remedy(self) -> str:
        """Return what a person can do meanwhile."""
        if self._decision is not None and self._decision["status"] == "Succeeded":
            return "Watch it with `workshop deployments`."
        return "Look at `workshop status` until it comes to its approval."

    def _find(self, execution_id: str) -> tuple[str, bool]:
        """Return the stage, and whether the execution is in it or before it."""
        state = self._view.pipeline_state()
        for stage in state:
            inbound = [*stage.get("inboundExecutions", []), stage.get("inboundExecution", {})]
            if any(one.get("pipelineExecutionId") == execution_id for one in inbound):
                return str(stage["stageName"]), False
        inside = [
            str(stage["stageName"])
            for stage in state
            if stage.get("latestExecution", {}).get("pipelineExecutionId") == execution_id
        ]
        return (inside[-1] if inside else str(state[0]["stageName"])), True
