"""What a check is, and the four ways in which it ends."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from workshop.aws import BotoCoreError, ClientError
from workshop.checks.view import NotStanding, View
from workshop.errors import CheckNotPassed, InfrastructureError, WorkshopError


class Ending(StrEnum):
    """How a look ended. `NOT_YET` is a state that may still come; `FAILED` will not mend itself."""

    PASSED = "passed"
    NOT_YET = "not yet"
    FAILED = "failed"
    COULD_NOT_LOOK = "could not look"


@dataclass(frozen=True)
class Finding:
    """What one look found.

    Shape: `observed` is one sentence; `cause` the likely reason, `remedy` the next command and
    `details` lines of evidence, all empty where the check passed.
    """

    ending: Ending
    observed: str
    cause: str = ""
    remedy: str = ""
    details: tuple[str, ...] = ()


def passed(observed: str) -> Finding:
    return Finding(Ending.PASSED, observed)


def not_yet(observed: str, remedy: str = "", details: tuple[str, ...] = ()) -> Finding:
    return Finding(Ending.NOT_YET, observed, remedy=remedy, details=details)


def failed(observed: str, cause: str, remedy: str, details: tuple[str, ...] = ()) -> Finding:
    return Finding(Ending.FAILED, observed, cause, remedy, details)


def could_not_look(observed: str, cause: str = "", remedy: str = "") -> Finding:
    return Finding(Ending.COULD_NOT_LOOK, observed, cause, remedy)


@dataclass(frozen=True)
class Check:
    """A read-only proof, from AWS's own record and by HTTP, that a step was done.

    `expected` completes "expected: …"; `timeout_s` bounds how long a step waits for it.
    """

    step: str
    name: str
    expected: str
    look: Callable[[View], Finding]
    timeout_s: float = 300


@dataclass(frozen=True)
class Outcome:
    """One check and what it found."""

    check: Check
    finding: Finding

    @property
    def is_passed(self) -> bool:
        return self.finding.ending is Ending.PASSED


def evaluate(check: Check, view: View) -> Outcome:
    """Look once. An AWS call or a connection that fails ends as *could not look*, never a pass."""
    try:
        return Outcome(check, check.look(view))
    except NotStanding as error:
        finding = not_yet(
            str(error), remedy=f"Run `workshop lab {check.step[0]} --to {check.step}`."
        )
    except (BotoCoreError, ClientError, OSError) as error:
        finding = could_not_look(
            f"{type(error).__name__}: {error}",
            cause="AWS or the application could not be asked.",
            remedy="Run `workshop doctor`, then this check again.",
        )
    return Outcome(check, finding)


def settle(
    check: Check, view: View, report: Callable[[Outcome], None], poll_s: float = 0.5
) -> Outcome:
    """Look until the check passed or failed, or its time is over; return the last outcome.

    `report` hears every look, for progress.
    """
    deadline = time.monotonic() + check.timeout_s
    wait = threading.Event().wait
    while True:
        outcome = evaluate(check, view)
        report(outcome)
        if outcome.finding.ending in {Ending.PASSED, Ending.FAILED}:
            return outcome
        if time.monotonic() >= deadline:
            return outcome
        wait(poll_s)


def not_passed(outcome: Outcome) -> WorkshopError:
    """Return the error that says what was expected, what was observed, why, and what next."""
    check, finding = outcome.check, outcome.finding
    lines = [
        f"Check {check.step} `{check.name}`: {finding.ending}.",
        f"  expected: {check.expected}",
        f"  observed: {finding.observed}",
    ]
    if finding.cause:
        lines.append(f"  likely cause: {finding.cause}")
    lines += [f"    {detail}" for detail in finding.details]
    kind = InfrastructureError if finding.ending is Ending.COULD_NOT_LOOK else CheckNotPassed
    return kind("\n".join(lines), finding.remedy or f"Run `workshop check {check.step} --wait`.")
