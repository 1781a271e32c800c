"""The scheduler's one step: what runs, what should run, and the difference.

Source: ECS developer guide, "Deploy Amazon ECS services by replacing tasks", "Amazon ECS
services" (unhealthy tasks), "How the Amazon ECS deployment circuit breaker detects failures".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from emulator import ids
from emulator.engines.scheduler import breaker, health, words
from emulator.engines.scheduler.state import (
    AdoptTasks,
    AnnounceDeployment,
    Decision,
    Deployment,
    DeploymentStatus,
    Effect,
    Failure,
    RolloutState,
    Say,
    Service,
    StartTasks,
    StopTask,
    Task,
)


def new_deployment_id() -> str:
    return f"ecs-svc/{ids.new_decimal()}"


def reconcile(
    desired: Service,
    observed: Sequence[Task],
    now: datetime,
    new_id: Callable[[], str] = new_deployment_id,
) -> Decision:
    """Return the service as it is now remembered, and what to do towards its desired count.

    `observed` holds every task of the service that has not been forgotten, stopped ones too.
    `now` may be any clock that stands still while the emulator does: it only measures pauses.
    """
    step = _Step(desired, observed, now, new_id)
    step.remember_healthy()
    step.count_failures()
    step.break_circuit()
    step.stop_what_never_got_healthy()
    step.scale()
    step.retire_deployments()
    step.settle()
    return Decision(step.service, tuple(step.effects))


class _Step:
    """One call of `reconcile`: pure from outside, a sequence of small changes within."""

    def __init__(
        self, service: Service, tasks: Sequence[Task], now: datetime, new_id: Callable[[], str]
    ) -> None:
        self.service = service
        self.effects: list[Effect] = []
        self._tasks = list(tasks)
        self._now = now
        self._new_id = new_id

    # What happened since the last step

    def remember_healthy(self) -> None:
        policy = self.service.policy
        known = {task.id for task in self._tasks}
        healthy = {task.id for task in self._tasks if health.is_healthy(task, policy)}
        fresh = healthy - self.service.seen_healthy
        self.service = replace(
            self.service,
            seen_healthy=(self.service.seen_healthy & known) | healthy,
            counted=self.service.counted & known,
        )
        for deployment_id in {task.deployment_id for task in self._tasks if task.id in fresh}:
            self._update(deployment_id, failed_tasks=0, next_start_at=None)

    def count_failures(self) -> None:
        for task in self._tasks:
            if task.failure is None or task.id in self.service.counted:
                continue
            self.service = replace(self.service, counted=self.service.counted | {task.id})
            if task.failure is Failure.EXIT and task.id in self.service.seen_healthy:
                continue  # it had started well: that is no failure of the deployment
            self._count(task.deployment_id)

    def _count(self, deployment_id: str) -> None:
        deployment = self._deployment(deployment_id)
        if deployment is None:
            return
        failures = deployment.failed_tasks + 1
        pause = breaker.pause_after(failures)
        self._update(
            deployment_id,
            failed_tasks=failures,
            next_start_at=self._now + pause if pause else None,
        )
        if failures == breaker.FREE_STARTS:
            self._say(words.inconsistent(self.service.subject))

    def break_circuit(self) -> None:
        primary = self._primary
        if primary is None or not self.service.policy.has_circuit_breaker:
            return
        limit = breaker.failure_threshold(self.service.desired_count)
        if primary.rollout_state is not RolloutState.IN_PROGRESS or primary.failed_tasks < limit:
            return
        self._update(
            primary.id,
            rollout_state=RolloutState.FAILED,
            rollout_state_reason=words.REASON_FAILED,
        )
        self._announce(primary.id, "SERVICE_DEPLOYMENT_FAILED", words.REASON_FAILED)
        self._say(words.failed(self.service.subject, primary.id))
        if self.service.policy.has_rollback:
            self._roll_back(primary)

    def _roll_back(self, failed: Deployment) -> None:
        candidate = self.service.last_completed
        if candidate is None or failed.is_rollback:
            self._say(words.no_candidate(self.service.subject, failed.id))
            return
        reason = words.reason_rolling_back(candidate.id)
        rollback = Deployment(
            id=self._new_id(),
            task_definition=candidate.task_definition,
            rollout_state_reason=reason,
            is_rollback=True,
        )
        self._update(failed.id, status=DeploymentStatus.ACTIVE)
        self.service = replace(
            self.service, deployments=(rollback, *self.service.deployments), is_steady=False
        )
        self._say(words.rolling_back(self.service.subject, candidate.id))
        self._announce(rollback.id, "SERVICE_DEPLOYMENT_IN_PROGRESS", reason)
        self._adopt(candidate.id, rollback.id)

    def _adopt(self, old_id: str, new_id: str) -> None:
        self.effects.append(AdoptTasks(old_id, new_id))
        self._tasks = [
            replace(task, deployment_id=new_id) if task.deployment_id == old_id else task
            for task in self._tasks
        ]

    # Stops and starts

    def stop_what_never_got_healthy(self) -> None:
        for task in self._of_primary():
            if task.id not in self.service.seen_healthy and self._is_failing(task):
                self._stop_failing(task)

    def scale(self) -> None:
        primary = self._primary
        if primary is None:
            return
        count = self.service.desired_count
        mine = self._of_primary()
        failing = [task for task in mine if self._is_failing(task)]
        wanted = max(0, count - (len(mine) - len(failing)))
        started = self._start(primary, wanted)
        self._stop_replaced(failing, is_blocked=wanted > 0 and started == 0)
        self._stop_surplus()
        if primary.rollout_state is not RolloutState.FAILED:
            stopped = self._stop_old(wanted - started)
            self._notice_stuck(wanted, started + stopped)

    def _start(self, primary: Deployment, wanted: int) -> int:
        maximum = self.service.policy.maximum(self.service.desired_count)
        room = maximum - sum(1 for task in self._tasks if health.is_live(task))
        count = max(0, min(wanted, room))
        if primary.rollout_state is RolloutState.FAILED or self._is_throttled(primary):
            count = 0
        if count:
            self.effects.append(StartTasks(primary.id, count))
            self.service = replace(self.service, is_steady=False)
        return count

    def _is_throttled(self, deployment: Deployment) -> bool:
        return deployment.next_start_at is not None and self._now < deployment.next_start_at

    def _stop_replaced(self, failing: list[Task], is_blocked: bool) -> None:
        """Stop failing tasks once others stand in for them, or one at a time where none can."""
        if not failing:
            return
        if len(self._healthy(self._of_primary())) >= self.service.desired_count:
            for task in failing:
                self._stop_failing(task)
        elif is_blocked:
            self._stop_failing(failing[0])

    def _stop_surplus(self) -> None:
        mine = self._of_primary()
        healthy = {task.id for task in self._healthy(mine)}
        if any(self._is_failing(task) for task in mine):
            surplus = len(healthy) - self.service.desired_count
            mine = [task for task in mine if task.id in healthy]
        else:
            surplus = len(mine) - self.service.desired_count
        if surplus > 0:
            mine.sort(key=lambda task: (task.id in healthy, task.running_s or 0))
            self._stop_scaled(mine[:surplus])

    def _stop_old(self, still_wanted: int) -> int:
        """Stop old tasks: those that serve nobody, then those above the minimum."""
        policy, count = self.service.policy, self.service.desired_count
        old = self._of_others()
        serving = [task for task in old if health.serves_still(task, policy)]
        idle = [task for task in old if task not in serving]
        total = len(self._healthy(self._of_primary())) + len(serving)
        allowed = max(0, total - policy.minimum(count))
        useful = max(total - count, still_wanted)
        doomed = idle + serving[: max(0, min(allowed, useful))]
        self._stop_scaled(doomed)
        return len(doomed)

    def _notice_stuck(self, wanted: int, moved: int) -> None:
        primary = self._primary
        if primary is None or self._is_throttled(primary):
            return
        is_waiting = any(task.is_stopping and not task.is_stopped for task in self._tasks)
        is_starting = len(self._healthy(self._of_primary())) < len(self._of_primary())
        is_stuck = wanted > 0 and moved == 0 and not is_waiting and not is_starting
        if is_stuck and not self.service.is_stuck:
            self._say(words.stuck(self.service.subject))
        self.service = replace(self.service, is_stuck=is_stuck)

    def _stop_failing(self, task: Task) -> None:
        target = health.failing_target(task)
        if target is not None:
            arn = target.target_group_arn
            reason = words.stop_elb(arn)
            self._say(
                words.unhealthy(self.service.subject, task.id, target.port, arn, target.description)
            )
        else:
            reason = words.STOP_CONTAINER_HEALTH
            self._say(words.failed_container_health(self.service.subject, task.id))
        self._stop(task, reason, Failure.HEALTH)

    def _stop_scaled(self, tasks: Iterable[Task]) -> None:
        primary = self._primary
        for task in tasks:
            deployment_id = primary.id if primary else task.deployment_id
            self._stop(task, words.stop_scaling(deployment_id))

    def _stop(self, task: Task, reason: str, failure: Failure | None = None) -> None:
        self.effects.append(StopTask(task.id, reason, failure))
        place = self._tasks.index(task)
        self._tasks[place] = replace(task, is_stopping=True)
        self.service = replace(self.service, is_steady=False)

    # What is true now

    def retire_deployments(self) -> None:
        """Forget replaced deployments that have no task left."""
        owners = {task.deployment_id for task in self._tasks if not task.is_stopped}
        kept = tuple(
            deployment
            for deployment in self.service.deployments
            if deployment.status is DeploymentStatus.PRIMARY or deployment.id in owners
        )
        self.service = replace(self.service, deployments=kept)

    def settle(self) -> None:
        primary = self._primary
        if self.service.task_set_id is not None:
            self._note_stability(primary is not None and self._is_settled(primary))
            return
        if primary is None or not self._is_settled(primary):
            return
        if primary.rollout_state is RolloutState.IN_PROGRESS:
            self._complete(primary)
        if not self.service.is_steady:
            self._say(words.steady(self.service.subject))
            self.service = replace(self.service, is_steady=True)

    def _note_stability(self, is_steady: bool) -> None:
        """Keep a task set's stability as it is now. Source: ECS API, TaskSet, stabilityStatus."""
        if is_steady and not self.service.is_steady:
            self._say(words.steady_state(self.service.subject))
        self.service = replace(self.service, is_steady=is_steady)

    def _is_settled(self, primary: Deployment) -> bool:
        if primary.rollout_state is RolloutState.FAILED or len(self.service.deployments) > 1:
            return False
        present = [task for task in self._tasks if not task.is_stopped]
        count = self.service.desired_count
        return len(present) == count and len(self._healthy(present)) == count

    def _complete(self, primary: Deployment) -> None:
        reason = words.reason_completed(primary.id)
        self._update(primary.id, rollout_state=RolloutState.COMPLETED, rollout_state_reason=reason)
        self.service = replace(self.service, last_completed=self._primary)
        self._say(words.completed(self.service.subject, primary.id))
        self._announce(primary.id, "SERVICE_DEPLOYMENT_COMPLETED", reason)

    # Small things

    @property
    def _primary(self) -> Deployment | None:
        return next(
            (
                deployment
                for deployment in self.service.deployments
                if deployment.status is DeploymentStatus.PRIMARY
            ),
            None,
        )

    def _deployment(self, deployment_id: str) -> Deployment | None:
        return next((d for d in self.service.deployments if d.id == deployment_id), None)

    def _update(self, deployment_id: str, **changes: object) -> None:
        self.service = replace(
            self.service,
            deployments=tuple(
                replace(d, **changes) if d.id == deployment_id else d  # type: ignore[arg-type]
                for d in self.service.deployments
            ),
        )

    def _of_primary(self) -> list[Task]:
        primary = self._primary
        return [
            task
            for task in self._tasks
            if health.is_live(task) and primary and task.deployment_id == primary.id
        ]

    def _of_others(self) -> list[Task]:
        primary = self._primary
        return [
            task
            for task in self._tasks
            if health.is_live(task) and not (primary and task.deployment_id == primary.id)
        ]

    def _healthy(self, tasks: Iterable[Task]) -> list[Task]:
        return [task for task in tasks if health.is_healthy(task, self.service.policy)]

    def _is_failing(self, task: Task) -> bool:
        return health.is_failing(task, self.service.policy)

    def _say(self, message: str) -> None:
        self.effects.append(Say(message))

    def _announce(self, deployment_id: str, name: str, reason: str) -> None:
        self.effects.append(AnnounceDeployment(deployment_id, name, reason))
