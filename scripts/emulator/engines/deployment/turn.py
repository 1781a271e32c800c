"""One event's consequences, gathered: how statuses, lifecycle events and phases change."""

from dataclasses import replace
from datetime import datetime

from emulator.engines.deployment import events
from emulator.engines.deployment.events import AWAITED, Announce, Effect, State
from emulator.engines.deployment.model import (
    Deployment,
    ErrorInformation,
    Kind,
    LifecycleName,
    LifecycleStatus,
    Phase,
    RollbackEvent,
    Wait,
)
from emulator.engines.deployment.transitions import (
    Move,
    Step,
    after_lifecycle,
    after_phase,
    after_status,
)


class Turn:
    """The deployment so far and the effects so far."""

    def __init__(self, deployment: Deployment, now: datetime) -> None:
        self.deployment = deployment
        self.effects: list[Effect] = []
        self._now = now

    def _change(self, **changes: object) -> None:
        self.deployment = replace(self.deployment, **changes, updated_at=self._now)  # type: ignore[arg-type]

    def _do(self, effect: Effect) -> None:
        """Ask for an effect; the deployment goes on when it is carried out, if it is awaited."""
        self.effects.append(effect)
        if isinstance(effect, AWAITED):
            self._change(is_waiting_for_effect=True)

    def _announce(self, state: State) -> None:
        self.effects.append(Announce(state))

    def _enter(self, step: Step) -> None:
        self._change(phase=after_phase(self.deployment.phase, step), wait=Wait())

    def _move(self, move: Move) -> None:
        self._change(status=after_status(self.deployment.status, move))

    # Lifecycle events.

    def _start(self, name: LifecycleName) -> None:
        self._move_event(name, Move.START, started_at=self._now)

    def _finish(self, name: LifecycleName) -> None:
        self._move_event(name, Move.SUCCEED, ended_at=self._now)

    def _pass(self, *names: LifecycleName) -> None:
        """Let events pass at once: hooks without a function, traffic without a test listener.

        Source: GetDeploymentTarget's output in "Tutorial: Create a service using a blue/green
        deployment" of the ECS developer guide: events without a hook are Succeeded in a moment.
        """
        for name in names:
            self._start(name)
            self._finish(name)

    def _move_event(self, name: LifecycleName, move: Move, **changes: object) -> None:
        changed = tuple(
            replace(event, **changes, status=after_lifecycle(event.status, move))  # type: ignore[arg-type]
            if event.name is name
            else event
            for event in self.deployment.lifecycle
        )
        self._change(lifecycle=changed)

    # Ends.

    def _succeed(self) -> None:
        self._end(Move.SUCCEED, State.SUCCESS)

    def _fail(self, error: ErrorInformation) -> None:
        self._fail_events(error)
        self._skip_events()
        wanted = RollbackEvent.DEPLOYMENT_FAILURE in self.deployment.plan.rollback_events
        self._end(Move.FAIL, State.FAILURE, error, roll_back=wanted)

    def _fail_events(self, error: ErrorInformation) -> None:
        for event in self.deployment.lifecycle:
            if event.status is LifecycleStatus.IN_PROGRESS:
                self._move_event(
                    event.name, Move.FAIL, ended_at=self._now, diagnostics=error.message
                )

    def _stop(self, error: ErrorInformation, roll_back: bool) -> None:
        self._skip_events()
        self._end(Move.STOP, State.STOP, error, roll_back)

    def _skip_events(self) -> None:
        for event in self.deployment.lifecycle:
            if event.status is LifecycleStatus.PENDING:
                self._move_event(event.name, Move.SKIP)
            elif event.status is LifecycleStatus.IN_PROGRESS:
                self._move_event(event.name, Move.SKIP, ended_at=self._now)

    def _end(
        self,
        move: Move,
        state: State,
        error: ErrorInformation | None = None,
        roll_back: bool = False,
    ) -> None:
        can_roll_back = self._can_roll_back()
        self._move(move)
        self._enter(Step.END)
        self._change(error=error, completed_at=self._now, is_waiting_for_effect=False)
        self._announce(state)
        if roll_back and can_roll_back:
            self._do(events.StartRollback())

    def _can_roll_back(self) -> bool:
        """Tell whether there is something to undo, and a task set to go back to."""
        original = self.deployment.original
        return (
            self.deployment.plan.kind is Kind.DEPLOYMENT
            and original is not None
            and not original.is_gone
            and self.deployment.phase is not Phase.TERMINATING
        )
