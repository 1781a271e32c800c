from dataclasses import replace

import pytest
from rehearsal import (
    BLUE,
    GREEN,
    LISTENER,
    ORIGINAL,
    REPLACEMENT,
    TEST_LISTENER,
    rehearse,
)

from emulator.engines.deployment.events import (
    CreateTaskSet,
    DeleteTaskSet,
    MakePrimary,
    SetTraffic,
    TaskSetSeen,
)
from emulator.engines.deployment.model import RollbackEvent

ELB_ERROR = "The ELB could not be updated due to the following error"


def error(course):
    assert course.status == "Failed", course.status
    return str(course.course.error.code), course.course.error.message


# What cannot begin.


def test_service_that_does_not_exist_fails_the_deployment():
    course = rehearse()
    course.task_sets = None
    course.look()
    code, message = error(course)
    assert code == "INVALID_ECS_SERVICE"
    assert "hello-server-prod" in message
    assert not course.wants_rollback


@pytest.mark.parametrize("listener", [LISTENER, TEST_LISTENER])
@pytest.mark.parametrize("weights", [{BLUE: 0, GREEN: 100}, {GREEN: 1}])
def test_primary_task_set_must_be_behind_every_listener(listener, weights):
    course = rehearse(test_listeners=(TEST_LISTENER,))
    course.rules[listener] = [weights]
    course.look()
    assert error(course) == (
        "ELASTIC_LOAD_BALANCING_INVALID",
        f"{ELB_ERROR}: Primary taskset target group must be behind listener {listener}",
    )
    assert CreateTaskSet(GREEN) not in course.done


def test_failure_stands_in_the_lifecycle_event_that_it_happened_in():
    course = rehearse()
    course.rules[LISTENER] = [{GREEN: 1}]
    course.look()
    assert course.lifecycle["Install"] == "Failed"
    assert course.lifecycle["AllowTraffic"] == "Skipped"
    diagnostics = {e.diagnostics for e in course.course.lifecycle} - {None}
    assert diagnostics == {course.course.error.message}
    assert course.course.target_status == "Failed"
    assert course.announced == ["START", "FAILURE"]


def test_task_set_left_by_an_earlier_deployment_is_named():
    course = rehearse()
    course.sets["ecs-svc/9"] = TaskSetSeen("ecs-svc/9", "ACTIVE", "STEADY_STATE", GREEN)
    course.look()
    code, message = error(course)
    assert code == "INVALID_ECS_SERVICE"
    assert "ecs-svc/9" in message
    assert "DeleteTaskSet" in message


def test_task_set_that_drains_already_is_in_nobodys_way():
    course = rehearse()
    course.sets["ecs-svc/9"] = TaskSetSeen("ecs-svc/9", "DRAINING", "STABILIZING", GREEN)
    course.look()
    assert course.status == "InProgress"


def test_service_without_a_primary_task_set_fails_the_deployment():
    course = rehearse()
    course.sets.clear()
    course.look()
    assert "no PRIMARY task set" in error(course)[1]


def test_primary_task_set_outside_the_pair_is_named():
    course = rehearse()
    course.sets[ORIGINAL] = replace(course.sets[ORIGINAL], target_group="other")
    course.look()
    assert "other" in error(course)[1]


# What fails on the way.


def test_replacement_that_never_becomes_healthy_fails_after_sixty_emulated_minutes():
    course = rehearse()
    course.look()
    course.pass_time(3599, scale=1)
    assert course.status == "InProgress"
    course.pass_time(1, scale=1)
    code, message = error(course)
    assert code == "TIMEOUT"
    assert message == (
        "The deployment timed out while waiting for the replacement task set to become healthy. "
        "This time out period is 60 minutes."
    )
    assert course.wants_rollback


def test_fast_clock_leaves_a_task_set_a_real_minute():
    course = rehearse()
    course.look()
    course.pass_time(59, scale=3600)
    assert course.status == "InProgress"
    course.pass_time(1, scale=3600)
    assert course.status == "Failed"


@pytest.mark.parametrize("effect", [CreateTaskSet, SetTraffic, MakePrimary, DeleteTaskSet])
def test_effect_that_aws_refuses_fails_the_deployment_with_its_message(effect):
    course = rehearse(termination_wait_min=0)
    course.refuse(effect, "TaskDefinition is inactive")
    course.look()
    if effect is not CreateTaskSet:
        course.stabilise()
    assert error(course) == ("ECS_UPDATE_ERROR", "TaskDefinition is inactive")


def test_service_that_vanishes_on_the_way_fails_the_deployment():
    course = rehearse()
    course.look()
    course.task_sets = None
    course.look()
    assert error(course)[0] == "INVALID_ECS_SERVICE"


def test_rule_that_vanishes_fails_the_deployment_and_is_named_by_its_listener():
    course = rehearse()
    course.look()
    course.rules[LISTENER] = []
    course.look()
    code, message = error(course)
    assert code == "ELASTIC_LOAD_BALANCING_INVALID"
    assert LISTENER in message
    assert course.wants_rollback


def test_target_group_that_vanishes_is_named():
    course = rehearse()
    course.look()
    course.missing_groups = (GREEN,)
    course.look()
    assert "One or more target groups not found: prod-green" in error(course)[1]


def test_replacement_that_somebody_deleted_fails_the_deployment():
    course = rehearse()
    course.look()
    del course.sets[REPLACEMENT]
    course.look()
    assert REPLACEMENT in error(course)[1]
    assert course.wants_rollback


def test_group_of_the_original_may_go_while_the_original_drains():
    course = rehearse(termination_wait_min=0)
    course.look()
    course.stabilise()
    course.missing_groups = (BLUE,)
    course.drain()
    assert course.status == "Succeeded"


@pytest.mark.parametrize("events", [[], [RollbackEvent.DEPLOYMENT_STOP_ON_REQUEST]])
def test_failure_rolls_back_only_where_that_is_configured(events):
    course = rehearse(rollback_events=frozenset(events))
    course.look()
    del course.sets[REPLACEMENT]
    course.look()
    assert course.status == "Failed"
    assert not course.wants_rollback
