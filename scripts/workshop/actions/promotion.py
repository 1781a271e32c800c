"""One commit's way to production: push, approve, follow the deployment, end its last wait."""

import threading
import time
from collections.abc import Callable

from workshop.application.clone import Clone
from workshop.approvals import WaitingApproval, decide
from workshop.checks.blue_green import CHECKS
from workshop.checks.model import Check, Ending, evaluate, not_passed
from workshop.checks.rolling import CHECKS as LAB_1_CHECKS
from workshop.checks.view import PRODUCTION, STAGING, View
from workshop.checks.web import ask
from workshop.context import Context
from workshop.deployments import end_termination_wait
from workshop.errors import InfrastructureError, UsageError
from workshop.progress import Note, Waiting
from workshop.waiting import wait_until

_CHECKS = {check.name: check for check in (*LAB_1_CHECKS, *CHECKS)}
_UNDER_WAY = {"InProgress", "Stopping"}
_INTERVAL_S = 0.2
_LOOKS = 5
_START_S = 120.0
_SUBJECT_LIMIT = 80


def promote(context: Context, clone: Clone) -> str:
    """Bring the clone's newest commit to production; return one sentence on what was done.

    Raises: CheckNotPassed that says why it did not come there, and what to do.
    """
    commit = clone.head()
    view = context.view
    if clone.is_ahead_of(view.head_commit()):
        clone.push()
        context.progress(Note(f"  Pushed commit {commit[:8]}."))
        _wait_for_execution(context, commit, _START_S)
    elif _is_there(view):
        return f"Production serves commit {commit[:8]} already."
    else:
        _have_it_run(context, commit)
    _require(context, _CHECKS["configuration"])
    _until(context, _CHECKS["approval"], lambda: _approve(context, commit))
    ended: set[str] = set()
    _until(context, _CHECKS["deployment"], lambda: _end_wait(context, ended))
    return f"Production serves commit {commit[:8]}."


def end_what_is_under_way(context: Context) -> str:
    """Bring a deployment of an earlier run to its end; return one sentence on what was done.

    Raises: CheckNotPassed that says why it does not come there, and what to do.
    """
    running = context.view.running_deployment()
    if running is None:
        return "No deployment is under way."

    ended: set[str] = set()

    def go_on() -> None:
        if not running.is_rollback:
            _require(context, _CHECKS["deployment"])
        _end_wait(context, ended)

    _until(context, _CHECKS["production"], go_on)
    return f"Deployment {running.id} of an earlier run has ended."


def commands_for_what_is_under_way(_context: Context) -> list[str]:
    return ["workshop deployments   # of one that is under way, end the wait, or stop it"]


def _is_there(view: View) -> bool:
    return all(evaluate(_CHECKS[name], view).is_passed for name in ("deployment", "version"))


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


def _require(context: Context, check: Check) -> None:
    """Raise what says why a check failed; whatever else it ends with is no hindrance."""
    outcome = evaluate(check, context.view)
    if outcome.finding.ending is Ending.FAILED:
        raise not_passed(outcome)


def _until(context: Context, check: Check, act: Callable[[], None]) -> None:
    """Act and look in turn until the check passes. Raises what says why it does not."""
    deadline = time.monotonic() + check.timeout_s
    wait = threading.Event().wait
    while True:
        outcome = evaluate(check, context.view)
        if outcome.is_passed:
            return
        if outcome.finding.ending is Ending.FAILED or time.monotonic() >= deadline:
            raise not_passed(outcome)
        if outcome.finding.ending is Ending.COULD_NOT_LOOK:
            loss = context.target.loss()
            if loss is not None:
                raise loss
        context.progress(Waiting(f"{check.step} {check.name}: {outcome.finding.observed}"))
        act()
        wait(context.target.poll_s)


def _approve(context: Context, commit: str) -> None:
    """Approve the commit's execution once it waits; reject an older one that it waits behind."""
    _require(context, _CHECKS["execution"])
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


def _end_wait(context: Context, ended: set[str]) -> None:
    """Let the replaced tasks go, as a person does who has seen enough; once a deployment."""
    running = context.view.running_deployment()
    if running is None or not running.is_waiting_to_terminate or running.id in ended:
        return
    if end_termination_wait(context.aws, running.id):
        ended.add(running.id)
        context.progress(
            Note(f"  Production has switched; ended the termination wait of {running.id}.")
        )
