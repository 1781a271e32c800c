"""The scheduler's decisions, without a process: only tables and moved time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from emulator.engines.scheduler import (
    Deployment,
    DeploymentStatus,
    Failure,
    Policy,
    RolloutState,
    Say,
    Service,
    StartTasks,
    StopTask,
    Target,
    Task,
    reconcile,
)
from emulator.engines.scheduler.breaker import failure_threshold, pause_after

GROUP = "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/t/1"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Fleet:
    """A service and its tasks; `tick` lets the scheduler decide and carries it out at once."""

    def __init__(self, desired: int, policy: Policy, checked: bool = True) -> None:
        self.now = START
        self.checked = checked
        self.tasks: dict[str, Task] = {}
        self.said: list[str] = []
        self.stops: list[StopTask] = []
        self._ids: Iterator[int] = iter(range(1, 10**6))
        self.service = Service("web", desired, policy, (Deployment("ecs-svc/0", "td:1"),))
        self.lowest = 10**6
        self.highest = 0

    def tick(self) -> None:
        decision = reconcile(
            self.service, list(self.tasks.values()), self.now, lambda: f"ecs-svc/r{next(self._ids)}"
        )
        self.service = decision.service
        for effect in decision.effects:
            if isinstance(effect, StartTasks):
                for _ in range(effect.count):
                    self.add(effect.deployment_id)
            elif isinstance(effect, StopTask):
                self.stops.append(effect)
                self.change(effect.task_id, is_stopping=True, failure=effect.failure)
            elif isinstance(effect, Say):
                self.said.append(effect.message)
            elif hasattr(effect, "from_deployment_id"):
                for task in list(self.tasks.values()):
                    if task.deployment_id == effect.from_deployment_id:
                        self.change(task.id, deployment_id=effect.to_deployment_id)
        self._measure()

    def _measure(self) -> None:
        self.lowest = min(self.lowest, len(self.healthy()))
        self.highest = max(self.highest, len(self.live()))

    def add(self, deployment_id: str) -> None:
        task_id = f"t{next(self._ids)}"
        self.tasks[task_id] = Task(task_id, deployment_id, expects_targets=self.checked)

    def change(self, task_id: str, **changes: object) -> None:
        self.tasks[task_id] = replace(self.tasks[task_id], **changes)  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for task in self.live():
            if task.running_s is not None:
                self.change(task.id, running_s=task.running_s + seconds)

    def live(self) -> list[Task]:
        return [t for t in self.tasks.values() if not (t.is_stopping or t.is_stopped)]

    def of(self, deployment_id: str) -> list[Task]:
        return [task for task in self.live() if task.deployment_id == deployment_id]

    def healthy(self) -> list[Task]:
        return [t for t in self.live() if t.targets and t.targets[0].state == "healthy"]

    def run(self, state: str = "healthy") -> None:
        """Bring every pending task to RUNNING, its target in a state."""
        for task in self.live():
            if task.running_s is None:
                targets = (Target(GROUP, 80, state),) if self.checked else ()
                self.change(task.id, running_s=0.0, targets=targets)

    def set_health(self, task: Task, state: str, description: str = "") -> None:
        self.change(task.id, targets=(Target(GROUP, 80, state, description),))

    def end_stopped(self) -> None:
        for task in list(self.tasks.values()):
            if task.is_stopping:
                self.change(task.id, is_stopped=True)

    def exit(self, task: Task, failure: Failure) -> None:
        self.change(task.id, is_stopping=True, is_stopped=True, failure=failure)

    def settle(self) -> None:
        """Go on until the deployment has completed."""
        for _ in range(50):
            self.tick()
            self.run()
            self.tick()
            self.end_stopped()
            if self.service.is_steady:
                return
        raise AssertionError(f"never steady: {self.service}")

    def deploy(self, revision: str = "td:2") -> None:
        number = next(self._ids)
        older = tuple(replace(d, status=DeploymentStatus.ACTIVE) for d in self.service.deployments)
        self.service = replace(
            self.service,
            deployments=(Deployment(f"ecs-svc/{number}", revision), *older),
            is_steady=False,
        )
        self.lowest, self.highest = 10**6, 0

    @property
    def primary(self) -> Deployment:
        return self.service.deployments[0]


def steady_fleet(desired: int = 2, **policy: object) -> Fleet:
    fleet = Fleet(desired, Policy(**policy))  # type: ignore[arg-type]
    fleet.settle()
    return fleet


@pytest.mark.parametrize(
    ("percents", "desired", "minimum", "maximum"),
    [
        ((50, 200), 1, 1, 2),
        ((50, 200), 2, 1, 4),
        ((50, 200), 3, 2, 6),
        ((50, 200), 4, 2, 8),
        ((100, 200), 1, 1, 2),
        ((100, 200), 2, 2, 4),
        ((100, 200), 3, 3, 6),
        ((100, 200), 4, 4, 8),
        ((0, 100), 1, 0, 1),
        ((0, 100), 2, 0, 2),
        ((0, 100), 3, 0, 3),
        ((0, 100), 4, 0, 4),
        ((100, 150), 3, 3, 4),
        ((50, 100), 3, 2, 3),
    ],
)
def test_an_update_stays_between_minimum_and_maximum(
    percents: tuple[int, int], desired: int, minimum: int, maximum: int
) -> None:
    low, high = percents
    policy = Policy(minimum_healthy_percent=low, maximum_percent=high)
    assert (policy.minimum(desired), policy.maximum(desired)) == (minimum, maximum)
    fleet = steady_fleet(desired, minimum_healthy_percent=low, maximum_percent=high)
    fleet.deploy()
    fleet.settle()
    assert fleet.lowest >= minimum
    assert fleet.highest <= maximum
    assert len(fleet.of(fleet.primary.id)) == desired
    assert fleet.primary.rollout_state is RolloutState.COMPLETED
    assert len(fleet.service.deployments) == 1


def test_first_step_starts_as_many_as_the_maximum_allows() -> None:
    fleet = steady_fleet(4, minimum_healthy_percent=100, maximum_percent=150)
    fleet.deploy()
    fleet.tick()
    assert len(fleet.of(fleet.primary.id)) == 2
    assert len(fleet.healthy()) == 4


def test_old_tasks_stay_until_new_ones_are_healthy() -> None:
    fleet = steady_fleet(2, minimum_healthy_percent=50)
    fleet.deploy()
    fleet.tick()
    fleet.run("initial")
    fleet.tick()
    assert len(fleet.live()) == 4
    (first, _) = fleet.of(fleet.primary.id)
    fleet.set_health(first, "healthy")
    fleet.tick()
    assert len(fleet.of("ecs-svc/0")) == 1


def test_a_deployment_that_can_neither_start_nor_stop_says_so_once() -> None:
    fleet = steady_fleet(1, minimum_healthy_percent=100, maximum_percent=150)
    fleet.deploy()
    fleet.tick()
    fleet.tick()
    (stuck,) = [message for message in fleet.said if "unable to stop or start tasks" in message]
    assert stuck == (
        "(service web) was unable to stop or start tasks during a deployment because of the "
        "service deployment configuration. Update the minimumHealthyPercent or maximumPercent "
        "value and try again."
    )


def test_a_superseded_deployment_is_replaced_too() -> None:
    fleet = steady_fleet(2)
    fleet.deploy("td:2")
    fleet.tick()
    fleet.deploy("td:3")
    assert [d.status for d in fleet.service.deployments] == ["PRIMARY", "ACTIVE", "ACTIVE"]
    fleet.settle()
    assert [d.task_definition for d in fleet.service.deployments] == ["td:3"]
    assert len(fleet.live()) == 2


def test_scaling_in_stops_the_surplus() -> None:
    fleet = steady_fleet(4)
    fleet.service = replace(fleet.service, desired_count=1)
    fleet.tick()
    assert len(fleet.live()) == 1
    assert {stop.reason for stop in fleet.stops} == {
        "Scaling activity initiated by (deployment ecs-svc/0)"
    }


def test_scaling_out_starts_more_at_once() -> None:
    fleet = steady_fleet(1)
    fleet.service = replace(fleet.service, desired_count=3)
    fleet.tick()
    assert len(fleet.live()) == 3


@pytest.mark.parametrize(("running_s", "stopped"), [(0, 0), (29, 0), (30, 1), (31, 1)])
def test_health_is_ignored_during_the_grace_period(running_s: float, stopped: int) -> None:
    fleet = Fleet(1, Policy(grace_s=30))
    fleet.tick()
    fleet.run("unhealthy")
    fleet.pass_time(running_s)
    fleet.tick()
    assert len(fleet.stops) == stopped


def test_unhealthy_task_is_stopped_in_aws_words() -> None:
    fleet = Fleet(1, Policy())
    fleet.tick()
    (task,) = fleet.live()
    fleet.run()
    fleet.set_health(task, "unhealthy", "Health checks failed with these codes: [500]")
    fleet.change(task.id)
    fleet.tick()
    assert [stop.reason for stop in fleet.stops] == [
        f"Task failed ELB health checks in (target-group {GROUP})"
    ]
    assert (
        f"(service web) (task {task.id}) (port 80) is unhealthy in (target-group {GROUP}) due to "
        "(reason Health checks failed with these codes: [500])"
    ) in fleet.said


def test_a_task_that_was_healthy_is_replaced_before_it_is_stopped() -> None:
    fleet = steady_fleet(2)
    (sick, _) = fleet.live()
    fleet.set_health(sick, "unhealthy")
    fleet.tick()
    assert len(fleet.live()) == 3
    fleet.run("initial")
    fleet.tick()
    assert not fleet.stops
    fleet.run()
    for task in fleet.live():
        if task.targets[0].state == "initial":
            fleet.set_health(task, "healthy")
    fleet.tick()
    assert [stop.task_id for stop in fleet.stops] == [sick.id]


def test_without_room_unhealthy_tasks_are_stopped_one_by_one() -> None:
    fleet = steady_fleet(2, minimum_healthy_percent=0, maximum_percent=100)
    for task in fleet.live():
        fleet.set_health(task, "unhealthy")
    fleet.tick()
    assert len(fleet.stops) == 1


def test_a_container_that_fails_its_check_is_replaced() -> None:
    fleet = Fleet(1, Policy(), checked=False)
    fleet.tick()
    (task,) = fleet.live()
    fleet.change(task.id, running_s=1.0, container_health="UNHEALTHY")
    fleet.tick()
    assert fleet.stops[0].reason == "Task failed container health checks"
    assert f"(service web) (task {task.id}) failed container health checks." in fleet.said


def test_without_any_check_a_task_counts_after_forty_seconds() -> None:
    fleet = Fleet(1, Policy(), checked=False)
    fleet.tick()
    fleet.run()
    fleet.pass_time(39)
    fleet.tick()
    assert not fleet.service.is_steady
    fleet.pass_time(1)
    fleet.tick()
    assert fleet.service.is_steady


@pytest.mark.parametrize(
    ("desired", "threshold"), [(1, 3), (2, 3), (6, 3), (7, 4), (10, 5), (400, 200), (1000, 200)]
)
def test_breaker_threshold_is_half_the_desired_count_within_limits(
    desired: int, threshold: int
) -> None:
    assert failure_threshold(desired) == threshold


def crash(fleet: Fleet, failures: int, failure: Failure = Failure.START) -> None:
    """Let that many new tasks fail, one after the other."""
    for _ in range(failures):
        fleet.tick()
        (task, *_) = fleet.of(fleet.primary.id)
        fleet.exit(task, failure)
    fleet.tick()


@pytest.mark.parametrize("failure", [Failure.START, Failure.EXIT, Failure.HEALTH])
def test_breaker_rolls_back_to_the_last_completed_revision(failure: Failure) -> None:
    fleet = steady_fleet(2, has_circuit_breaker=True, has_rollback=True)
    fleet.deploy()
    failed_id = fleet.primary.id
    crash(fleet, 3, failure)
    primary, failed = fleet.service.deployments
    assert primary.task_definition == "td:1"
    assert primary.id not in {"ecs-svc/0", failed_id}
    assert primary.rollout_state_reason == (
        "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/0."
    )
    assert (failed.id, failed.status, failed.rollout_state) == (failed_id, "ACTIVE", "FAILED")
    assert failed.rollout_state_reason == "ECS deployment circuit breaker: tasks failed to start."
    assert failed.failed_tasks == 3
    at = fleet.said.index(
        f"(service web) (deployment {failed_id}) deployment failed: tasks failed to start."
    )
    assert fleet.said[at + 1] == "(service web) rolling back to deployment ecs-svc/0."
    fleet.settle()
    assert [d.rollout_state for d in fleet.service.deployments] == ["COMPLETED"]
    assert len(fleet.live()) == 2


def test_rollback_keeps_the_tasks_of_the_completed_deployment() -> None:
    fleet = steady_fleet(2, has_circuit_breaker=True, has_rollback=True)
    kept = {task.id for task in fleet.live()}
    fleet.deploy()
    crash(fleet, 3)
    fleet.settle()
    assert {task.id for task in fleet.live()} == kept


def test_breaker_without_rollback_stops_starting() -> None:
    fleet = steady_fleet(2, has_circuit_breaker=True)
    fleet.deploy()
    crash(fleet, 3)
    fleet.end_stopped()
    for task in fleet.of(fleet.primary.id):
        fleet.exit(task, Failure.START)
    fleet.tick()
    assert fleet.primary.rollout_state is RolloutState.FAILED
    assert not fleet.of(fleet.primary.id)
    assert len(fleet.of("ecs-svc/0")) == 2


def test_first_deployment_has_nothing_to_roll_back_to() -> None:
    fleet = Fleet(1, Policy(has_circuit_breaker=True, has_rollback=True))
    crash(fleet, 3)
    assert fleet.primary.rollout_state is RolloutState.FAILED
    assert fleet.said[-1] == (
        "(service web) (deployment ecs-svc/0) deployment failed: no rollback candidate was found."
    )


def test_a_healthy_task_ends_the_run_of_failures() -> None:
    fleet = steady_fleet(2, has_circuit_breaker=True, has_rollback=True)
    fleet.deploy()
    crash(fleet, 2)
    assert fleet.primary.failed_tasks == 2
    fleet.run()
    fleet.tick()
    assert fleet.primary.failed_tasks == 0


def test_an_exit_after_health_is_no_failure_of_the_deployment() -> None:
    fleet = steady_fleet(2, has_circuit_breaker=True)
    (task, _) = fleet.live()
    fleet.exit(task, Failure.EXIT)
    fleet.tick()
    assert fleet.primary.failed_tasks == 0
    assert len(fleet.live()) == 2


def test_repeated_failures_slow_down_new_starts() -> None:
    fleet = Fleet(1, Policy())
    crash(fleet, 4)
    assert not fleet.live()
    assert any("unable to consistently start tasks" in message for message in fleet.said)
    fleet.pass_time(4.9)
    fleet.tick()
    assert not fleet.live()
    fleet.pass_time(0.2)
    fleet.tick()
    assert len(fleet.live()) == 1


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0), (3, 0), (4, 5), (5, 10), (8, 80), (30, 1620)]
)
def test_pauses_double_up_to_27_minutes(failures: int, seconds: int) -> None:
    assert pause_after(failures) == timedelta(seconds=seconds)


def test_draining_tasks_hold_the_steady_state_back() -> None:
    fleet = steady_fleet(1)
    fleet.deploy()
    fleet.tick()
    fleet.run()
    fleet.tick()
    assert [stop.task_id for stop in fleet.stops]
    fleet.tick()
    assert not fleet.service.is_steady
    assert len(fleet.service.deployments) == 2
    fleet.end_stopped()
    fleet.tick()
    assert fleet.service.is_steady
    assert fleet.said[-2].endswith("deployment completed.")


def test_steady_state_is_said_once() -> None:
    fleet = steady_fleet(1)
    before = len(fleet.said)
    fleet.tick()
    fleet.tick()
    assert len(fleet.said) == before


def test_a_clock_that_stands_still_changes_nothing() -> None:
    fleet = steady_fleet(2, grace_s=30)
    tasks, service = dict(fleet.tasks), fleet.service
    fleet.tick()
    assert (fleet.tasks, fleet.service) == (tasks, service)
