"""The scheduler's decisions, without a process: only tables and moved time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from scheduler_fleet import GROUP, Fleet, steady_fleet

from emulator.engines.scheduler import (
    Failure,
    Policy,
    RolloutState,
)
from emulator.engines.scheduler.breaker import failure_threshold, pause_after


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
