"""A service and two routes that exist only here, and a clock that stands until it is moved."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.engines.deployment import advance, rollback_of
from emulator.engines.deployment.events import (
    AWAITED,
    AlarmSeen,
    Announce,
    ContinueRequested,
    CreateTaskSet,
    DeleteTaskSet,
    Effect,
    EffectCarriedOut,
    EffectFailed,
    Event,
    ListenerSeen,
    MakePrimary,
    Observed,
    SetTraffic,
    StartRollback,
    StopRequested,
    TaskSetSeen,
    TimePassed,
    WaitType,
)
from emulator.engines.deployment.model import (
    Deployment,
    ErrorCode,
    Plan,
    RollbackEvent,
    Route,
    new_deployment,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
BLUE, GREEN = "prod-blue", "prod-green"
LISTENER, TEST_LISTENER = "arn:listener/80", "arn:listener/8080"
ORIGINAL, REPLACEMENT = "ecs-svc/1", "ecs-svc/2"
SCALE = 60.0
EVERY_ROLLBACK = frozenset(RollbackEvent)


def plan(**changes: Any) -> Plan:
    """Return the workshop's plan: all at once, no ready wait, terminate after five minutes."""
    made = Plan(
        cluster="prod",
        service="hello-server-prod",
        target_groups=(BLUE, GREEN),
        production_listeners=(LISTENER,),
        task_definition="arn:task-definition/hello:2",
        container_name="hello-server",
        container_port=8080,
        termination_wait_min=5,
        rollback_events=EVERY_ROLLBACK,
    )
    return replace(made, **changes)


@dataclass
class Rehearsal:
    """One deployment, and what it does to a service: carried out at once, unless held back."""

    course: Deployment
    task_sets: dict[str, TaskSetSeen] | None = field(default_factory=dict)
    rules: dict[str, list[dict[str, int]]] = field(default_factory=dict)
    missing_groups: tuple[str, ...] = ()
    alarms: dict[str, str | None] = field(default_factory=dict)
    held: tuple[type, ...] = ()
    refusals: dict[type, EffectFailed] = field(default_factory=dict)
    pending: list[Effect] = field(default_factory=list)
    done: list[Effect] = field(default_factory=list)
    now: datetime = START
    last_id: int = 2

    # What happens.

    def tell(self, event: Event) -> None:
        self.course, effects = advance(self.course, event, self.now)
        self.pending.extend(effects)
        self.carry_out()

    def carry_out(self) -> None:
        while self.pending and not isinstance(self.pending[0], self.held):
            effect = self.pending.pop(0)
            if isinstance(effect, AWAITED) and not self.course.is_waiting_for_effect:
                continue
            if type(effect) in self.refusals:
                self.tell(self.refusals[type(effect)])
                continue
            self.done.append(effect)
            outcome = self._do(effect)
            if outcome is not None:
                self.tell(outcome)

    def _do(self, effect: Effect) -> EffectCarriedOut | None:
        if isinstance(effect, CreateTaskSet):
            made = f"ecs-svc/{self.last_id}"
            self.sets[made] = TaskSetSeen(made, "ACTIVE", "STABILIZING", effect.target_group, 3)
            return EffectCarriedOut(made)
        if isinstance(effect, SetTraffic):
            listener = LISTENER if effect.route is Route.PRODUCTION else TEST_LISTENER
            self.rules[listener] = [dict(effect.weights) for _ in self.rules[listener]]
        elif isinstance(effect, MakePrimary):
            for key, found in self.sets.items():
                status = "PRIMARY" if key == effect.task_set_id else "ACTIVE"
                self.sets[key] = replace(found, status=status)
        elif isinstance(effect, DeleteTaskSet):
            found = self.sets[effect.task_set_id]
            self.sets[effect.task_set_id] = replace(found, status="DRAINING", desired_count=0)
        return EffectCarriedOut() if isinstance(effect, AWAITED) else None

    def look(self) -> None:
        found = None if self.task_sets is None else tuple(self.task_sets.values())
        seen = tuple(ListenerSeen(arn, tuple(rules)) for arn, rules in self.rules.items())
        alarms = tuple(AlarmSeen(name, state) for name, state in self.alarms.items())
        self.tell(Observed(found, seen, self.missing_groups, alarms=alarms))

    def pass_time(self, real_s: float, scale: float = SCALE) -> None:
        self.now += timedelta(seconds=real_s)
        self.tell(TimePassed(real_s, real_s * scale))

    def stabilise(self, task_set_id: str = REPLACEMENT) -> None:
        found = self.sets[task_set_id]
        self.sets[task_set_id] = replace(found, stability="STEADY_STATE", running_count=3)
        self.look()

    def drain(self) -> None:
        """Let every draining task set be gone."""
        for key in [key for key, found in self.sets.items() if found.status == "DRAINING"]:
            del self.sets[key]
        self.look()

    def stop(self, auto_rollback: bool | None = None) -> None:
        self.tell(StopRequested(auto_rollback))

    def go_on(self, wait_type: WaitType = WaitType.READY_WAIT) -> None:
        self.tell(ContinueRequested(wait_type))

    def refuse(self, effect: type, message: str = "no") -> None:
        self.refusals[effect] = EffectFailed(ErrorCode.ECS_UPDATE_ERROR, message)

    # What it has come to.

    @property
    def sets(self) -> dict[str, TaskSetSeen]:
        assert self.task_sets is not None
        return self.task_sets

    @property
    def status(self) -> str:
        return str(self.course.status)

    @property
    def phase(self) -> str:
        return str(self.course.phase)

    @property
    def lifecycle(self) -> dict[str, str]:
        return {str(event.name): str(event.status) for event in self.course.lifecycle}

    @property
    def weights(self) -> dict[str, int]:
        """Return what the production route gives each group."""
        return self.rules[LISTENER][0]

    @property
    def announced(self) -> list[str]:
        return [str(effect.state) for effect in self.done if isinstance(effect, Announce)]

    @property
    def wants_rollback(self) -> bool:
        return any(isinstance(effect, StartRollback) for effect in self.done)

    def shifts(self, route: Route = Route.PRODUCTION) -> list[int]:
        """Return green's share after each shift."""
        return [
            effect.weights[GREEN]
            for effect in self.done
            if isinstance(effect, SetTraffic) and effect.route is route
        ]

    def roll_back(self) -> "Rehearsal":
        """Return the deployment that undoes this one, on the same service."""
        return replace(
            self,
            course=rollback_of(self.course, "d-ROLLBACK1", self.now),
            held=(),
            refusals={},
            pending=[],
            done=[],
        )


def rehearse(**changes: Any) -> Rehearsal:
    """Return a deployment in status Created of a service whose blue task set serves.

    Every alarm of its plan is OK.
    """
    made = plan(**changes)
    blue = TaskSetSeen(ORIGINAL, "PRIMARY", "STEADY_STATE", BLUE, 3, 0, 3)
    rules = {LISTENER: [{BLUE: 100, GREEN: 0}]}
    if made.test_listeners:
        rules[TEST_LISTENER] = [{BLUE: 100, GREEN: 0}]
    alarms: dict[str, str | None] = dict.fromkeys(made.alarms, "OK")
    course = new_deployment("d-000000001", made, START)
    return Rehearsal(course, {ORIGINAL: blue}, rules, alarms=alarms)
