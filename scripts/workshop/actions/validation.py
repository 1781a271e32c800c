"""Step 3.2: look at a version on the test port, send traffic to it, and take the traffic back.

Whatever was done already, by an earlier run or by hand, is recognised by AWS's own record.
"""

from collections import Counter
from dataclasses import dataclass, field

from workshop.actions.committing import greet_differently, open_clone
from workshop.actions.following import CHECKS, Attempt, Waits, has_passed, require, until
from workshop.actions.promotion import have_approved, serves
from workshop.application.greeting import FILE
from workshop.checks.view import PRODUCTION, TEST
from workshop.checks.web import ask
from workshop.context import Context
from workshop.deployments import Deployment, stop
from workshop.progress import Note

STEP = "3.2"

READY_LOOKS = 4
"""How often a version is seen to wait before it goes on.

The step's observation looks as often: two of its looks, and the answers between them, are then of
the time when the version was on the test port alone.
"""

_PROOFS = ("validation", "return")


def validate_and_roll_back(context: Context) -> str:
    """Bring a change to the test port, then to production, and back; return what was done.

    Raises: CheckNotPassed that says why it did not come there, and what to do.
    """
    if has_passed(context, *_PROOFS):
        return _where_things_stand(context)
    clone = open_clone(context)
    person = _Person(context)
    if context.view.running_deployment() is None:
        if serves(context, clone):
            greet_differently(clone, STEP)
        have_approved(context, clone)
    until(context, CHECKS["return"], person.acts)
    return _where_things_stand(context)


@dataclass
class _Person:
    """Looks at both ports before sending traffic on, and rolls back once production has it."""

    context: Context
    ready_looks: Counter[str] = field(default_factory=Counter)
    stopped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._waits = Waits(self.context)
        self._attempt = Attempt(self.context)

    def acts(self) -> None:
        running = self.context.view.running_deployment()
        if running is None:
            self._attempt.require(lambda ended: ended.id in self.stopped)
        elif running.is_ready:
            self._look_at(running)
        elif running.is_waiting_to_terminate and not running.is_rollback:
            self._take_back(running)
        elif not running.is_rollback:
            require(self.context, CHECKS["deployment"])

    def _look_at(self, running: Deployment) -> None:
        self.ready_looks[running.id] += 1
        if self.ready_looks[running.id] == 1:
            self._compare(running)
        if self.ready_looks[running.id] >= READY_LOOKS:
            self._waits.end()

    def _compare(self, running: Deployment) -> None:
        urls = self.context.view.urls
        test, production = (ask(f"{urls[key]}/hello/tester") for key in (TEST, PRODUCTION))
        self.context.progress(
            Note(
                f"  {running.id} waits: the test port answers “{test.text.strip()}”, production "
                f"still “{production.text.strip()}”."
            )
        )

    def _take_back(self, running: Deployment) -> None:
        if running.id in self.stopped:
            return
        self.stopped.add(running.id)
        answer = ask(f"{self.context.view.urls[PRODUCTION]}/hello/user")
        if stop(self.context.aws, running.id):
            said = f"Production answers “{answer.text.strip()}”; stopped {running.id}, back again."
            self.context.progress(Note(f"  {said}"))


def _where_things_stand(context: Context) -> str:
    """Say what a rollback of production leaves behind, and how to go on."""
    view = context.view
    head, production = view.head_commit() or "", view.version(PRODUCTION)
    if head == production:
        return f"A version was validated and rolled back; production serves {head[:8]} since."
    return (
        f"Production is back on {production[:8]}. Branch and staging stay at {head[:8]}, and stage "
        "DeployProd has failed: a retry of that stage, or a push, goes on from here."
    )


def commands_for_validation(context: Context) -> list[str]:
    return [
        f"cd '{context.config.work_dir}'",
        f"edit {FILE}: the line GREETING = …",
        "git commit --all --message 'Greet differently' && git push",
        "workshop approve   # once it waits: `workshop status` tells",
        'curl "$TEST_URL/hello/me" "$PRODUCTION_URL/hello/me"   # once the deployment is Ready',
        "workshop promote",
        "workshop rollback   # once production has switched",
    ]
