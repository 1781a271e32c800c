"""The scheduler's decisions about one task set, without a process."""

import pytest
from scheduler_fleet import Fleet

from emulator.engines.scheduler import (
    AnnounceDeployment,
    Deployment,
    Failure,
    Policy,
    RolloutState,
    Service,
    words,
)

SET = "ecs-svc/1"
SUBJECT = f"(service web, taskSet {SET})"
STEADY = f"{SUBJECT} updated state to STEADY_STATE."


class TaskSetFleet(Fleet):
    def __init__(self, desired: int, policy: Policy | None = None) -> None:
        super().__init__(desired, policy or Policy())
        deployments = (Deployment(SET, "td:1"),)
        self.service = Service("web", desired, self.service.policy, deployments, task_set_id=SET)


def steady(desired: int = 2) -> TaskSetFleet:
    fleet = TaskSetFleet(desired)
    fleet.settle()
    return fleet


def test_task_set_is_steady_once_all_its_tasks_are_healthy() -> None:
    fleet = TaskSetFleet(2)
    fleet.tick()
    assert len(fleet.of(SET)) == 2
    fleet.run("initial")
    fleet.tick()
    assert not fleet.service.is_steady
    first, second = fleet.of(SET)
    fleet.set_health(first, "healthy")
    fleet.tick()
    assert not fleet.service.is_steady
    fleet.set_health(second, "healthy")
    fleet.tick()
    fleet.tick()
    assert fleet.service.is_steady
    assert fleet.said == [STEADY]


def test_task_set_behind_a_group_without_listener_is_steady() -> None:
    fleet = TaskSetFleet(1)
    fleet.tick()
    fleet.run("unused")
    fleet.tick()
    assert fleet.service.is_steady


def test_failing_container_health_check_keeps_a_task_set_from_its_steady_state() -> None:
    fleet = TaskSetFleet(1)
    fleet.tick()
    fleet.run()
    (task,) = fleet.of(SET)
    fleet.change(task.id, container_health="UNKNOWN")
    fleet.tick()
    assert not fleet.service.is_steady
    fleet.change(task.id, container_health="HEALTHY")
    fleet.tick()
    assert fleet.service.is_steady


def test_task_set_completes_no_deployment_and_announces_none() -> None:
    fleet = steady()
    assert fleet.primary.rollout_state is RolloutState.IN_PROGRESS
    assert not any(isinstance(effect, AnnounceDeployment) for effect in fleet.effects)


@pytest.mark.parametrize("state", ["unhealthy", "initial"])
def test_task_that_is_not_healthy_any_more_makes_the_task_set_stabilizing(state: str) -> None:
    fleet = steady()
    fleet.set_health(fleet.of(SET)[0], state)
    fleet.tick()
    assert not fleet.service.is_steady


def test_lost_task_is_replaced_before_the_task_set_is_steady_again() -> None:
    fleet = steady()
    fleet.exit(fleet.of(SET)[0], Failure.EXIT)
    fleet.tick()
    assert not fleet.service.is_steady
    assert len(fleet.of(SET)) == 2
    fleet.run()
    fleet.tick()
    assert fleet.service.is_steady
    assert fleet.said == [STEADY, STEADY]


def test_draining_task_keeps_a_smaller_task_set_from_its_steady_state() -> None:
    fleet = steady()
    fleet.scale(1)
    fleet.tick()
    assert [len(fleet.of(SET)), len(fleet.stops)] == [1, 1]
    assert fleet.stops[0].reason == words.stop_scaling(SET)
    assert not fleet.service.is_steady
    fleet.end_stopped()
    fleet.tick()
    assert fleet.service.is_steady


def test_task_set_scaled_to_nothing_ends_every_task_and_starts_none() -> None:
    fleet = steady(3)
    fleet.scale(0)
    fleet.tick()
    fleet.end_stopped()
    fleet.tick()
    assert fleet.live() == []
    assert fleet.service.is_steady


def test_task_set_whose_tasks_do_not_start_is_tried_on_and_on_with_growing_pauses() -> None:
    fleet = TaskSetFleet(1)
    started_after = []
    pause_s = 0.0
    for _ in range(8):
        fleet.tick()
        while not fleet.of(SET):
            fleet.pass_time(1)
            pause_s += 1
            fleet.tick()
        started_after.append(pause_s)
        pause_s = 0.0
        fleet.exit(fleet.of(SET)[0], Failure.START)
    assert started_after == [0, 0, 0, 0, 5, 10, 20, 40]
    assert fleet.primary.rollout_state is RolloutState.IN_PROGRESS
    assert words.inconsistent(f"web, taskSet {SET}") in fleet.said


def test_rolling_service_says_nothing_of_task_sets() -> None:
    fleet = Fleet(1, Policy())
    fleet.settle()
    assert fleet.said == [
        "(service web) (deployment ecs-svc/0) deployment completed.",
        "(service web) has reached a steady state.",
    ]
