"""One commit's way to production: push, approve, follow the deployment, end its last wait."""

import threading
from dataclasses import replace

from workshop.actions.following import CHECKS, Waits, has_passed, require, until
from workshop.application.clone import Clone
from workshop.approvals import WaitingApproval, decide
from workshop.checks.deployment import look_at_running
from workshop.checks.model import Ending, Outcome, not_passed
from workshop.checks.view import PRODUCTION, STAGING
from workshop.checks.web import ask
from workshop.context import Context
from workshop.errors import InfrastructureError, UsageError
from workshop.progress import Note, Waiting
from workshop.waiting import wait_until

_UNDER_WAY = {"InProgress", "Stopping"}
_INTERVAL_S = 0.2
_LOOKS = 5
_START_S = 120.0
_SHIFT_S = 3600.0
"""The longest that a deployment is waited for: AWS's slowest linear one shifts for half an hour."""
_SUBJECT_LIMIT = 80


def promote(context: Context, clone: Clone) -> str:
    """Bring the clone's newest commit to production; return one sentence on what was done.

    Raises: CheckNotPassed that says why it did not come there, and what to do.
    """
    commit = clone.head()
    if serves(context, clone):
        return f"Production serves commit {commit[:8]} already."
    have_approved(context, clone)
    until(context, CHECKS["deployment"], Waits(context).end)
    return f"Production serves commit {commit[:8]}."


def serves(context: Context, clone: Clone) -> bool:
    """Tell whether the clone's newest commit came to production by the pipeline, and is there."""
    is_ahead = clone.is_ahead_of(context.view.head_commit())
    return not is_ahead and has_passed(context, "deployment", "version")


def have_approved(context: Context, clone: Clone) -> None:
    """Bring the clone's newest commit through its approval, so that its deployment begins.

    Raises: CheckNotPassed that says why it did not come there, and what to do.
    """
    commit = clone.head()
    if clone.is_ahead_of(context.view.head_commit()):
        clone.push()
        context.progress(Note(f"  Pushed commit {commit[:8]}."))
        _wait_for_execution(context, commit, _START_S)
    else:
        _have_it_run(context, commit)
    require(context, CHECKS["configuration"])
    until(context, CHECKS["approval"], lambda: _approve(context, commit))


def end_what_is_under_way(context: Context) -> str:
    """Bring a deployment of an earlier run to its end; return one sentence on what was done.

    Raises: CheckNotPassed that says why it does not come there, and what to do.
    """
    running = context.view.running_deployment()
    if running is None:
        return "No deployment is under way."

    waits = Waits(context)

    def go_on() -> None:
        _require_not_stuck(context)
        waits.end()

    until(context, replace(CHECKS["production"], timeout_s=_SHIFT_S), go_on)
    return f"Deployment {running.id} of an earlier run has ended."


def _require_not_stuck(context: Context) -> None:
    """Raise CheckNotPassed if the deployment that runs, the pipeline's or not, comes to no end."""
    running = context.view.running_deployment()
    if running is None or running.is_rollback:
        return
    finding = look_at_running(context.view, running)
    if finding.ending is Ending.FAILED:
        raise not_passed(Outcome(CHECKS["deployment"], finding))


def commands_for_what_is_under_way(_context: Context) -> list[str]:
    return ["workshop deployments   # of one that is under way, end the wait, or stop it"]


def _have_it_run(context: Context, commit: str) -> None:
    """Go on with the execution of a pushed commit; start one where none can reach production."""
    execution = context.view.execution_of(commit)
    if execution is None and _is_started_soon(context, commit):
        return
    if execution is not None and execution["status"] in _UNDER_WAY:
        return
    name = context.view.pipeline.name
    started = context.aws.client("codepipeline").start_pipeline_execution(name=name)
    execution_id = started["pipelineExecutionId"]
    context.progress(Note(f"  Started execution {execution_id} of commit {commit[:8]}."))
    # Until Source has found the commit, the record shows an older execution, which has ended.
    _wait_for_execution(context, commit, _START_S, execution_id)


def _is_started_soon(context: Context, commit: str) -> bool:
    """Tell whether somebody's push, of a moment ago, starts an execution."""
    try:
        _wait_for_execution(context, commit, _START_S / 4)
    except InfrastructureError:
        return False
    return True


def _wait_for_execution(
    context: Context, commit: str, timeout_s: float, execution_id: str | None = None
) -> None:
    """Return when an execution carries a commit. Raises: InfrastructureError."""

    def is_listed() -> bool:
        found = context.view.execution_of(commit)
        return found is not None and execution_id in {None, found["pipelineExecutionId"]}

    context.progress(Waiting(f"An execution starts with commit {commit[:8]}"))
    try:
        wait_until(is_listed, f"No execution of commit {commit[:8]} has started", timeout_s)
    except InfrastructureError as error:
        raise InfrastructureError(
            error.message, "Run `workshop check 1.3`, which looks at what starts it."
        ) from error


def _approve(context: Context, commit: str) -> None:
    """Approve the commit's execution once it waits; reject an older one that it waits behind."""
    require(context, CHECKS["execution"])
    view = context.view
    waiting = view.waiting_approval()
    execution = view.execution_of(commit)
    if waiting is None or execution is None:
        return
    if waiting.execution_id == execution["pipelineExecutionId"]:
        context.progress(Note(f"  {_compare(context, waiting)}"))
        _decide(context, waiting, True, f"Staging answers: {_subject(waiting)}")
    elif any(one.execution_id == execution["pipelineExecutionId"] for one in waiting.behind):
        summary = f"Commit {commit[:8]} is newer and waits behind this one."
        if _decide(context, waiting, False, summary):
            context.progress(
                Note(
                    f"  Rejected execution {waiting.execution_id} ({_subject(waiting)}): {summary}"
                )
            )


def _decide(context: Context, waiting: WaitingApproval, approved: bool, summary: str) -> bool:
    """Decide; False if that was done since we looked, by a person or by us.

    AWS may show an approval as waiting for a moment after it was decided. What became of it, the
    next look tells.
    """
    try:
        decide(context.aws, context.view.pipeline.name, waiting, approved, summary)
    except UsageError:
        return False
    return True


def _subject(waiting: WaitingApproval) -> str:
    return f"commit {waiting.commit[:8]}, {waiting.subject[:_SUBJECT_LIMIT]}"


def _compare(context: Context, waiting: WaitingApproval) -> str:
    """Look at both services, as a person does before the decision; return what they answer."""
    urls = context.view.urls
    seen: dict[str, set[str]] = {STAGING: set(), PRODUCTION: set()}
    for _ in range(_LOOKS):
        threading.Event().wait(_INTERVAL_S)
        for key, versions in seen.items():
            versions.add((ask(f"{urls[key]}/hello/approver").version or "none")[:8])
    staging, production = (", ".join(sorted(versions)) for versions in seen.values())
    return (
        f"Approving {_subject(waiting)}: staging serves {staging}, production still {production}."
    )
