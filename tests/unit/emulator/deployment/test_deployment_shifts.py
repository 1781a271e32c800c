"""How production traffic moves, step by step, and how it comes back from each of them."""

import pytest
from rehearsal import BLUE, GREEN, TEST_LISTENER, rehearse

from emulator.control_plane.codedeploy import configs
from emulator.engines.deployment.model import Route, Strategy, StrategyType

TENTHS = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
PREDEFINED = {
    "CodeDeployDefault.ECSAllAtOnce": ((100,), 0),
    "CodeDeployDefault.ECSCanary10Percent5Minutes": ((10, 100), 5),
    "CodeDeployDefault.ECSCanary10Percent15Minutes": ((10, 100), 15),
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": (TENTHS, 1),
    "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": (TENTHS, 3),
}
LINEAR = Strategy(StrategyType.LINEAR, 20, 2)
STEPS = (20, 40, 60, 80, 100)
BACK = {BLUE: 100, GREEN: 0}
MINUTE_S = 60


def shifting(strategy, **changes):
    """Return a deployment that has just made its first shift; its clock is real."""
    course = rehearse(strategy=strategy, test_listeners=(TEST_LISTENER,), **changes)
    course.look()
    course.stabilise()
    return course


def test_every_predefined_configuration_is_tried():
    assert set(configs.predefined()) == set(PREDEFINED)


@pytest.mark.parametrize("name", PREDEFINED)
def test_configuration_of_awss_own_shifts_as_its_name_says(name):
    steps, minutes = PREDEFINED[name]
    course = shifting(configs.predefined()[name].strategy)
    for number, percent in enumerate(steps, start=1):
        assert course.shifts() == list(steps[:number])
        assert course.weights == {BLUE: 100 - percent, GREEN: percent}
        assert [each.weight for each in course.course.task_sets] == [100 - percent, percent]
        if percent < 100:
            course.pass_time(minutes * MINUTE_S - 1, scale=1)
            assert course.shifts() == list(steps[:number])
            course.pass_time(1, scale=1)
    assert course.phase == "TerminationWait"


@pytest.mark.parametrize("reached", range(len(STEPS)))
def test_rollback_restores_both_routes_at_once_from_every_step(reached):
    course = shifting(LINEAR)
    for _ in range(reached):
        course.pass_time(2 * MINUTE_S, scale=1)
    assert course.weights[GREEN] == STEPS[reached]
    assert course.rules[TEST_LISTENER] == [{BLUE: 0, GREEN: 100}]
    course.stop(auto_rollback=True)
    back = course.roll_back()
    back.look()
    assert back.weights == BACK
    assert back.rules[TEST_LISTENER] == [BACK]
    assert (back.shifts(), back.shifts(Route.TEST)) == ([0], [0])
    back.drain()
    assert back.status == "Succeeded"


def test_routes_point_to_the_same_group_when_a_deployment_is_over():
    course = shifting(LINEAR, termination_wait_min=0)
    for _ in STEPS:
        course.pass_time(2 * MINUTE_S, scale=1)
    course.drain()
    assert course.status == "Succeeded"
    assert course.rules[TEST_LISTENER] == [course.weights] == [{BLUE: 0, GREEN: 100}]


def test_rest_of_an_interval_follows_a_changed_clock():
    course = shifting(LINEAR)
    course.pass_time(60, scale=1)
    course.pass_time(4, scale=12)  # 48 s of the 60 that are left
    assert course.shifts() == [20]
    course.pass_time(1, scale=12)
    assert course.shifts() == [20, 40]


def test_interval_that_becomes_slower_takes_longer():
    course = shifting(LINEAR)
    course.pass_time(1, scale=60)
    course.pass_time(59, scale=1)
    assert course.shifts() == [20]
    course.pass_time(1, scale=1)
    assert course.shifts() == [20, 40]


def test_next_interval_begins_anew_however_late_the_shift_was():
    course = shifting(LINEAR)
    course.pass_time(119, scale=1)
    course.pass_time(100, scale=1)
    assert course.shifts() == [20, 40]
    course.pass_time(119, scale=1)
    assert course.shifts() == [20, 40]
