"""How a deployment moves from phase to phase, once what it waited for is done."""

from dataclasses import replace

from emulator.engines.deployment import events
from emulator.engines.deployment.events import State
from emulator.engines.deployment.model import (
    Kind,
    Label,
    LifecycleName,
    Phase,
    Route,
    TaskSetState,
    TerminationAction,
    Wait,
)
from emulator.engines.deployment.transitions import Move, Step
from emulator.engines.deployment.turn import Turn


class Course(Turn):
    """The phases after the beginning, each entered by the one before."""

    def _go_on(self, done: events.EffectCarriedOut) -> None:
        """Take the step that the effect just carried out was waited for."""
        phase = self.deployment.phase
        if phase is Phase.INSTALLING:
            self._keep_replacement(done)
        elif phase is Phase.TESTING:
            self._tested()
        elif phase is Phase.SHIFTING:
            self._shifted()
        elif phase is Phase.PROMOTING:
            self._promoted()

    def _keep_replacement(self, done: events.EffectCarriedOut) -> None:
        assert done.task_set_id and self.deployment.original  # noqa: S101, PT018 (CreateTaskSet)
        group = other_group(
            self.deployment.plan.target_groups, self.deployment.original.target_group
        )
        self._change(replacement=TaskSetState(done.task_set_id, group, 0, Label.GREEN))

    def _installed(self) -> None:
        self._finish(LifecycleName.INSTALL)
        self._pass(LifecycleName.AFTER_INSTALL)
        self._enter(Step.INSTALLED)
        self._start(LifecycleName.ALLOW_TEST_TRAFFIC)
        if self.deployment.plan.has_test_route:
            self._do(events.SetTraffic(Route.TEST, self._weights(100)))
        else:
            self._tested()

    def _tested(self) -> None:
        self._finish(LifecycleName.ALLOW_TEST_TRAFFIC)
        self._pass(LifecycleName.AFTER_ALLOW_TEST_TRAFFIC)
        if self.deployment.plan.waits_until_continued:
            self._enter(Step.TESTABLE)
            self._move(Move.WAIT)
            self._announce(State.READY)
        else:
            self._reroute(Step.READY)

    def _reroute(self, step: Step) -> None:
        self._enter(step)
        self._pass(LifecycleName.BEFORE_ALLOW_TRAFFIC)
        self._start(LifecycleName.ALLOW_TRAFFIC)
        self._shift()

    def _shift(self) -> None:
        percent = self.deployment.plan.strategy.steps[self.deployment.shifts_done]
        self._do(events.SetTraffic(Route.PRODUCTION, self._weights(percent)))

    def _shifted(self) -> None:
        steps = self.deployment.plan.strategy.steps
        self._keep_weights(steps[self.deployment.shifts_done])
        self._change(shifts_done=self.deployment.shifts_done + 1, wait=Wait())
        if self.deployment.shifts_done == len(steps):
            self._promote()

    def _promote(self) -> None:
        self._enter(Step.SHIFTED)
        incoming = self.deployment.incoming
        assert incoming is not None  # noqa: S101 (it has all traffic)
        if incoming.status == "PRIMARY":
            self._promoted()
        else:
            self._do(events.MakePrimary(incoming.id))

    def _promoted(self) -> None:
        plan = self.deployment.plan
        self._finish(LifecycleName.ALLOW_TRAFFIC)
        self._pass(LifecycleName.AFTER_ALLOW_TRAFFIC)
        if plan.termination_action is TerminationAction.KEEP_ALIVE:
            self._succeed()
            return
        self._enter(Step.PROMOTED)
        if plan.kind is Kind.DEPLOYMENT:
            self._change(termination_wait_started=True)
        if plan.termination_wait_min == 0:
            self._terminate()

    def _terminate(self) -> None:
        self._enter(Step.TERMINATE)
        outgoing = self.deployment.outgoing
        if outgoing is None or outgoing.is_gone:
            self._succeed()
        else:
            self._do(events.DeleteTaskSet(outgoing.id))

    def _weights(self, incoming_percent: int) -> dict[str, int]:
        """Return the pair's weights: what the incoming task set's group gets, and the rest."""
        assert self.deployment.incoming is not None  # noqa: S101 (Install made it, or it was there)
        group = self.deployment.incoming.target_group
        pair = self.deployment.plan.target_groups
        return {group: incoming_percent, other_group(pair, group): 100 - incoming_percent}

    def _keep_weights(self, incoming_percent: int) -> None:
        weights = self._weights(incoming_percent)
        for name in ("original", "replacement"):
            state: TaskSetState | None = getattr(self.deployment, name)
            if state is not None:
                self._change(**{name: replace(state, weight=weights[state.target_group])})


def other_group(pair: tuple[str, str], group: str) -> str:
    return pair[1] if group == pair[0] else pair[0]
