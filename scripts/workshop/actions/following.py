"""Follow what goes on until a check passes, acting meanwhile as a person would."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workshop.checks.canary import deployments_of_lab
from workshop.checks.deployment import failed_before_deployment
from workshop.checks.model import Check, Ending, Outcome, evaluate, not_passed
from workshop.checks.named import CHECKS
from workshop.context import Context
from workshop.deployments import Deployment, end_termination_wait, reroute
from workshop.errors import CheckNotPassed
from workshop.progress import Note, Waiting

__all__ = ["CHECKS", "Attempt", "Waits", "has_passed", "require", "until"]


def has_passed(context: Context, *names: str) -> bool:
    """Tell, by one look, whether checks pass."""
    view = context.view
    return all(evaluate(CHECKS[name], view).is_passed for name in names)


def require(context: Context, check: Check) -> None:
    """Raise what says why a check failed; whatever else it ends with is no hindrance."""
    outcome = evaluate(check, context.view)
    if outcome.finding.ending is Ending.FAILED:
        raise not_passed(outcome)


def until(context: Context, check: Check, act: Callable[[], None]) -> None:
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


class Attempt:
    """What a run deploys itself: tells when that ended in another way than the run is to see."""

    def __init__(self, context: Context) -> None:
        self._context = context
        found = deployments_of_lab(context.view)
        self._before = {one.id for one in found if not one.is_running}

    def require(self, is_expected: Callable[[Deployment], bool]) -> None:
        """Raise CheckNotPassed if there is no deployment to come, or it ended unexpectedly."""
        newest = next(deployments_of_lab(self._context.view), None)
        if newest is None or newest.id in self._before:
            self._require_one_to_come()
        elif not newest.is_running and not is_expected(newest):
            require(self._context, CHECKS["deployment"])
            raise CheckNotPassed(
                f"Deployment `{newest.id}` {newest.status.lower()}, which was not to happen here.",
                "Run the same command again: it deploys anew.",
            )

    def _require_one_to_come(self) -> None:
        finding = failed_before_deployment(self._context.view)
        if finding is not None:
            raise not_passed(Outcome(CHECKS["deployment"], finding))


@dataclass
class Waits:
    """Ends the waits of deployments, as a person does who has seen enough; each wait once."""

    context: Context
    ended: set[tuple[str, str]] = field(default_factory=set)

    def end(self) -> None:
        """End the wait that the running deployment is in, if it is in one."""
        running = self.context.view.running_deployment()
        if running is None:
            return
        if running.is_ready:
            said = f"Sent production's traffic on to {running.version[:8]} ({running.id})."
            self._end(running, "ready", reroute, said)
        elif running.is_waiting_to_terminate:
            said = f"Production has switched; ended the termination wait of {running.id}."
            self._end(running, "termination", end_termination_wait, said)

    def _end(self, running: Deployment, wait: str, end: Callable[..., bool], said: str) -> None:
        if (running.id, wait) in self.ended:
            return
        if end(self.context.aws, running.id):
            self.ended.add((running.id, wait))
            self.context.progress(Note(f"  {said}"))
