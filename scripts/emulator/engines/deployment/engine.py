"""The rules of a blue/green deployment: what each event changes, and what must be done about it.

1. Install makes the replacement task set behind the pair's other group, and waits until it is
   steady. Test traffic goes to it at once, production traffic when the ready wait is over, in the
   steps of the configuration; then it becomes the service's primary task set.
2. All lifecycle events are over then, and the deployment is InProgress for as long as the
   termination wait takes and the original task set drains.
3. An effect that changes the service or a route is waited for; one at a time.
4. A rollback is a deployment of the same kind, the other way round: nothing to install, traffic
   back at once, no waits, no alarms.
5. An alarm stops a deployment at any time, until its original task set is going.

Source: "Deployments on an Amazon ECS compute platform" (deployment-steps-ecs) in the CodeDeploy
user guide; botocore shapes DeploymentReadyOption, BlueInstanceTerminationOption.
"""

from dataclasses import replace
from datetime import datetime

from emulator.engines.deployment import alarms, events, observation
from emulator.engines.deployment.course import Course, other_group
from emulator.engines.deployment.events import Effect, Event, State, WaitType
from emulator.engines.deployment.model import (
    Deployment,
    ErrorCode,
    ErrorInformation,
    Kind,
    LifecycleName,
    Phase,
    ReadyAction,
    RollbackEvent,
    Strategy,
    TerminationAction,
    Wait,
)
from emulator.engines.deployment.transitions import Move, Step

HEALTH_LIMIT_MIN = 60
"""Source: "Troubleshoot Amazon ECS deployment issues": the time-out period of the replacement."""

LEAST_HEALTH_LIMIT_S = 60.0
"""Real seconds that the limit leaves a task set at least: pulling, health checks and their
thresholds are not scaled by the clock, so a limit scaled alone would fail a sound version."""


class Refused(Exception):
    """AWS would refuse this request: `code` is the modelled error's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def advance(deployment: Deployment, event: Event, now: datetime) -> tuple[Deployment, list[Effect]]:
    """Return the deployment after the event, and the effects to carry out, in order.

    Raises: Refused if the event is a request that AWS refuses; nothing has changed then.
    """
    turn = _Engine(deployment, now)
    turn.take(event)
    return turn.deployment, turn.effects


def rollback_of(undone: Deployment, deployment_id: str, now: datetime) -> Deployment:
    """Return the deployment that undoes another one, which is Stopped or Failed."""
    plan = replace(
        undone.plan,
        kind=Kind.ROLLBACK,
        strategy=Strategy(),
        ready_action=ReadyAction.CONTINUE_DEPLOYMENT,
        termination_action=TerminationAction.TERMINATE,
        termination_wait_min=0,
        rollback_events=frozenset(),
        alarms=(),
    )
    return Deployment(
        id=deployment_id,
        plan=plan,
        created_at=now,
        updated_at=now,
        original=undone.original,
        replacement=undone.replacement,
    )


class _Engine(Course):
    """The requests and reports that a deployment answers."""

    def take(self, event: Event) -> None:
        if isinstance(event, events.ContinueRequested):
            self._continue(event)
        elif isinstance(event, events.StopRequested):
            self._stop_as_asked(event)
        elif self.deployment.is_over:
            return
        elif isinstance(event, events.Observed):
            self._observe(event)
        elif isinstance(event, events.TimePassed):
            self._let_pass(event)
        elif not self.deployment.is_waiting_for_effect:
            return
        elif isinstance(event, events.EffectFailed):
            self._fail(ErrorInformation(event.code, event.message))
        else:
            self._change(is_waiting_for_effect=False)
            self._go_on(event)

    # What is seen of the service.

    def _observe(self, seen: events.Observed) -> None:
        self.deployment = observation.refreshed(self.deployment, seen)
        if self.deployment.phase is Phase.CREATED:
            self._begin(seen)
            return
        error = observation.broken(self.deployment, seen)
        if error:
            self._fail(error)
        elif self._stopped_by_alarm(seen) or self.deployment.is_waiting_for_effect:
            return
        elif self.deployment.phase is Phase.INSTALLING:
            self._look_at_replacement()
        elif self.deployment.phase is Phase.TERMINATING:
            self._look_at_outgoing()

    def _begin(self, seen: events.Observed) -> None:
        self._move(Move.START)
        self._enter(Step.BEGIN)
        self._change(started_at=self._now)
        self._announce(State.START)
        self._pass(LifecycleName.BEFORE_INSTALL)
        self._start(LifecycleName.INSTALL)
        plan = self.deployment.plan
        is_rollback = plan.kind is Kind.ROLLBACK
        error = observation.broken(self.deployment, seen)
        if error is None and not is_rollback:
            error = observation.unfit(plan, seen)
        if error:
            self._fail(error)
        elif is_rollback:
            self._installed()
        else:
            original = observation.original(seen)
            self._change(original=original)
            if not self._stopped_by_alarm(seen):
                group = other_group(plan.target_groups, original.target_group)
                self._do(events.CreateTaskSet(group))

    def _stopped_by_alarm(self, seen: events.Observed) -> bool:
        plan = self.deployment.plan
        error = alarms.stopping(plan, self.deployment.phase, seen)
        if error is None:
            return False
        self._fail_events(error)
        self._stop(error, roll_back=RollbackEvent.DEPLOYMENT_STOP_ON_ALARM in plan.rollback_events)
        return True

    def _look_at_replacement(self) -> None:
        replacement = self.deployment.replacement
        if replacement is not None and replacement.stability == observation.STEADY:
            self._installed()

    def _look_at_outgoing(self) -> None:
        outgoing = self.deployment.outgoing
        if outgoing is None or outgoing.is_gone:
            self._succeed()

    # Time.

    def _let_pass(self, passed: events.TimePassed) -> None:
        wait = self.deployment.wait
        self.deployment = replace(
            self.deployment,
            wait=Wait(wait.real_s + passed.real_s, wait.emulated_s + passed.emulated_s),
        )
        if self.deployment.is_waiting_for_effect:
            return
        if self.deployment.phase is Phase.INSTALLING:
            self._look_at_limit()
        elif self.deployment.phase is Phase.READY_WAIT:
            self._look_at_ready_wait()
        elif self.deployment.phase is Phase.SHIFTING:
            self._look_at_interval()
        elif self.deployment.phase is Phase.TERMINATION_WAIT:
            self._look_at_termination_wait()

    def _look_at_limit(self) -> None:
        wait = self.deployment.wait
        if wait.emulated_s >= HEALTH_LIMIT_MIN * 60 and wait.real_s >= LEAST_HEALTH_LIMIT_S:
            message = (
                "The deployment timed out while waiting for the replacement task set to become "
                f"healthy. This time out period is {HEALTH_LIMIT_MIN} minutes."
            )
            self._fail(ErrorInformation(ErrorCode.TIMEOUT, message))

    def _look_at_ready_wait(self) -> None:
        """Source: DeploymentReadyOption: the status becomes Stopped; the guide has the wording."""
        minutes = self.deployment.plan.ready_wait_min
        if self.deployment.wait.real_s >= minutes * 60:
            message = (
                "The deployment timed out while waiting for a notification to continue. This time "
                f"out period is {minutes} minutes."
            )
            self._stop(ErrorInformation(ErrorCode.TIMEOUT, message), self._rolls_back_on_stop())

    def _look_at_interval(self) -> None:
        if self.deployment.wait.emulated_s >= self.deployment.plan.strategy.interval_min * 60:
            self._shift()

    def _look_at_termination_wait(self) -> None:
        if self.deployment.wait.real_s >= self.deployment.plan.termination_wait_min * 60:
            self._terminate()

    # Requests.

    def _continue(self, event: events.ContinueRequested) -> None:
        """Source: botocore, ContinueDeployment's errors."""
        if self.deployment.is_over:
            raise _completed(self.deployment)
        phase = self.deployment.phase
        if phase is Phase.READY_WAIT and event.wait_type is WaitType.READY_WAIT:
            self._move(Move.CONTINUE)
            self._reroute(Step.REROUTE)
        elif phase is Phase.TERMINATION_WAIT and event.wait_type is WaitType.TERMINATION_WAIT:
            self._terminate()
        else:
            raise Refused(
                "DeploymentIsNotInReadyStateException",
                f"The deployment {self.deployment.id} is not waiting in {event.wait_type} and "
                "can't continue yet.",
            )

    def _stop_as_asked(self, event: events.StopRequested) -> None:
        """End a deployment before its time; when its original task set is going, it is too late."""
        if self.deployment.is_over or self.deployment.phase is Phase.TERMINATING:
            raise _completed(self.deployment)
        wanted = event.auto_rollback
        if wanted is None:
            wanted = self._rolls_back_on_stop()
        error = ErrorInformation(ErrorCode.MANUAL_STOP, "The deployment was stopped manually.")
        self._stop(error, roll_back=wanted)

    def _rolls_back_on_stop(self) -> bool:
        wanted = self.deployment.plan.rollback_events
        return RollbackEvent.DEPLOYMENT_STOP_ON_REQUEST in wanted


def _completed(deployment: Deployment) -> Refused:
    return Refused(
        "DeploymentAlreadyCompletedException",
        f"The deployment {deployment.id} is already complete.",
    )
