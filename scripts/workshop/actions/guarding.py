"""Step 3.4: a version that only production can show to be bad, and the same without its mistake."""

from pathlib import Path

from workshop.actions.committing import greet_differently, open_clone
from workshop.actions.following import CHECKS, Attempt, Waits, has_passed, require, until
from workshop.actions.promotion import end_what_is_under_way, have_approved, promote, serves
from workshop.application.clone import Clone
from workshop.application.configuration import TASKDEF, read_text
from workshop.application.fault import (
    MISTAKE,
    VARIABLE,
    has_mistake,
    with_mistake,
    without_mistake,
)
from workshop.application.greeting import FILE
from workshop.checks.deployment import STOPPED_BY_ALARM
from workshop.checks.view import PRODUCTION
from workshop.context import Context
from workshop.errors import UsageError
from workshop.progress import Note, Waiting
from workshop.waiting import wait_until

STEP = "3.4"


def shift_in_equal_steps(context: Context) -> str:
    """Have alarms catch a bad version, mend it, and bring the good one in equal steps.

    Raises: CheckNotPassed that says why it did not come there, and what to do.
    """
    if not has_passed(context, "caught"):
        _let_alarms_catch(context)
    clone = open_clone(context)
    _mend(context, clone)
    if not has_passed(context, "linear") and serves(context, clone):
        greet_differently(clone, STEP)
    _let_alarms_calm(context)
    return promote(context, clone)


def _let_alarms_catch(context: Context) -> None:
    require(context, CHECKS["caught"])
    clone = open_clone(context)
    if not _is_mistaken(context, clone):
        end_what_is_under_way(context)
        _make_mistake(context, clone)
    attempt, waits = Attempt(context), Waits(context)
    if context.view.running_deployment() is None:
        have_approved(context, clone)

    def go_on() -> None:
        attempt.require(lambda ended: ended.error_code == STOPPED_BY_ALARM)
        waits.end()

    until(context, CHECKS["caught"], go_on)
    context.progress(Note("  An alarm stopped the bad version, and CodeDeploy took it back."))


def _let_alarms_calm(context: Context) -> None:
    """Return when no alarm is in ALARM: CodeDeploy would stop the next deployment at once.

    An alarm stays up to three periods after the last error that was reported.
    Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
    """

    def are_calm() -> bool:
        return all(one["StateValue"] != "ALARM" for one in context.view.alarms().values())

    context.progress(Waiting("The alarms calm down"))
    wait_until(are_calm, "An alarm is still in ALARM")


def _is_mistaken(context: Context, clone: Clone) -> bool:
    path, container = _taskdef(context, clone)
    return has_mistake(read_text(path) or "", container)


def _make_mistake(context: Context, clone: Clone) -> None:
    _require_variable_read(clone)
    path, container = _taskdef(context, clone)
    try:
        text = with_mistake(read_text(path) or "", container)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"`{path}` describes no container `{container}` that could be given a variable.",
            f"Bring the file back: `git -C '{clone.path}' log -- {TASKDEF}` names its commits.",
        ) from error
    path.write_text(text, encoding="utf-8")
    clone.commit_all("Say in production how a greeting is put together", step=STEP)


def _require_variable_read(clone: Clone) -> None:
    """Raise UsageError for an application that would not notice the mistake."""
    if VARIABLE not in (read_text(clone.path / FILE) or ""):
        raise UsageError(
            f"`{clone.path / FILE}` does not read the variable `{VARIABLE}`; it is older.",
            "Run `make reset LAB=3`, which gives the clone today's template (a tag keeps what it "
            "was), then `make lab3`.",
        )


def _mend(context: Context, clone: Clone) -> None:
    if not _is_mistaken(context, clone):
        return
    path, container = _taskdef(context, clone)
    path.write_text(without_mistake(path.read_text(encoding="utf-8"), container), encoding="utf-8")
    clone.commit_all("Leave the greeting as the application has it", step=STEP)


def _taskdef(context: Context, clone: Clone) -> tuple[Path, str]:
    return clone.path / TASKDEF, context.view.service(PRODUCTION).container


def commands_for_linear(context: Context) -> list[str]:
    return [
        f"cd '{context.config.work_dir}'",
        f'edit {TASKDEF}: "environment": [{{"name": "{VARIABLE}", "value": "{MISTAKE}"}}]',
        "git commit --all --message 'Say how a greeting is put together' && git push",
        "workshop approve   # once it waits",
        "workshop watch   # an alarm stops it in the middle, and it is rolled back",
        "git revert --no-edit HEAD && git push",
        "workshop approve   # once it waits",
        "workshop watch   # through all steps",
        "workshop promote   # ends the last wait",
    ]
