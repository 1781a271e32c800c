"""Alarms that stop a deployment, wherever it is."""

import pytest
from places import PLACES, at
from rehearsal import GREEN, ORIGINAL, rehearse

from emulator.engines.deployment.events import CreateTaskSet, MakePrimary, SetTraffic
from emulator.engines.deployment.model import RollbackEvent
from emulator.engines.deployment.transitions import STATUS_TRANSITIONS, Move

WATCHED = ("blue-5xx", "green-5xx")
ON_ALARM = frozenset({RollbackEvent.DEPLOYMENT_STOP_ON_ALARM})
ACTIVE = (
    "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
    "selected, and the affected deployments have been stopped. Activated alarms: "
)
UNDER_WAY = [place for place in PLACES if place != "Created"]
EVENT_UNDER_WAY = {
    "Created": "Install",
    "Install, before the task set": "Install",
    "Install": "Install",
    "AllowTestTraffic": "AllowTestTraffic",
    "AllowTraffic": "AllowTraffic",
    "AllowTraffic, before the primary": "AllowTraffic",
}
"""The ready wait and the termination wait lie between events."""


def watched_at(place, **changes):
    return at(place, alarms=WATCHED, **changes)


def activate(course, *names):
    course.alarms.update(dict.fromkeys(names or WATCHED[1:], "ALARM"))
    course.look()


@pytest.mark.parametrize("place", PLACES)
def test_active_alarm_stops_and_rolls_back_wherever_the_deployment_is(place):
    course = watched_at(place, rollback_events=ON_ALARM)
    activate(course)
    assert course.status == "Stopped"
    assert course.course.error.code == "ALARM_ACTIVE"
    assert course.course.error.message == ACTIVE + "<green-5xx>"
    assert course.course.completed_at == course.now
    course.held = ()
    course.carry_out()
    assert course.announced[-1] == "STOP"
    assert course.wants_rollback


@pytest.mark.parametrize("place", PLACES)
def test_event_under_way_has_failed_and_the_later_ones_are_skipped(place):
    course = watched_at(place)
    activate(course)
    failed = [name for name, status in course.lifecycle.items() if status == "Failed"]
    assert failed == ([EVENT_UNDER_WAY[place]] if place in EVENT_UNDER_WAY else [])
    rest = [status for status in course.lifecycle.values() if status != "Failed"]
    assert rest == sorted(rest, key=["Succeeded", "Skipped"].index)
    if failed:
        assert course.course.target_status == "Failed"
        (event,) = [each for each in course.course.lifecycle if each.status == "Failed"]
        assert event.diagnostics == course.course.error.message


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_alarm_that_is_not_active_stops_nothing(place, state):
    course = watched_at(place)
    course.alarms = dict.fromkeys(WATCHED, state)
    course.look()
    assert course.status != "Stopped"


@pytest.mark.parametrize("place", PLACES)
def test_alarm_whose_state_nobody_knows_stops_the_deployment(place):
    course = watched_at(place)
    course.alarms["blue-5xx"] = None
    course.look()
    assert course.status == "Stopped"
    assert course.course.error.code == "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND"
    assert "<blue-5xx>" in course.course.error.message
    course.held = ()
    course.carry_out()
    assert course.wants_rollback


@pytest.mark.parametrize("place", PLACES)
def test_alarm_whose_state_nobody_knows_may_be_ignored_and_the_others_may_not(place):
    course = watched_at(place, ignores_unknown_alarms=True)
    course.alarms["blue-5xx"] = None
    course.look()
    assert course.status != "Stopped"
    activate(course, "green-5xx")
    assert course.course.error.message == ACTIVE + "<green-5xx>"


def test_active_alarm_counts_before_one_that_nobody_knows():
    course = watched_at("Install")
    course.alarms["blue-5xx"] = None
    activate(course, "green-5xx")
    assert course.course.error.code == "ALARM_ACTIVE"


def test_every_active_alarm_is_named_in_the_order_of_the_configuration():
    course = watched_at("Install")
    activate(course, "green-5xx", "blue-5xx")
    assert course.course.error.message == ACTIVE + "<blue-5xx> <green-5xx>"


@pytest.mark.parametrize("place", UNDER_WAY)
def test_stop_on_alarm_without_rollback_leaves_everything_as_it_is(place):
    events = frozenset(RollbackEvent) - ON_ALARM
    course = watched_at(place, rollback_events=events)
    before = dict(course.sets), dict(course.weights)
    activate(course)
    course.held = ()
    course.carry_out()
    assert course.status == "Stopped"
    assert not course.wants_rollback
    assert (course.sets, course.weights) == before


def test_alarm_active_at_the_start_lets_no_task_set_be_made():
    course = rehearse(alarms=WATCHED)
    activate(course)
    assert course.announced == ["START", "STOP"]
    assert course.course.started_at == course.now
    assert not [effect for effect in course.done if isinstance(effect, CreateTaskSet)]
    assert list(course.sets) == [ORIGINAL]
    assert course.lifecycle["BeforeInstall"] == "Succeeded"


def test_rollback_of_a_deployment_that_made_nothing_finds_everything_in_place():
    course = rehearse(alarms=WATCHED)
    activate(course)
    assert course.wants_rollback
    back = course.roll_back()
    back.look()
    assert back.status == "Succeeded"
    assert list(back.sets) == [ORIGINAL]
    assert set(back.lifecycle.values()) == {"Succeeded"}


def test_broken_service_is_told_of_before_an_active_alarm():
    course = rehearse(alarms=WATCHED)
    course.rules["arn:listener/80"] = [{GREEN: 100}]
    activate(course)
    assert course.status == "Failed"
    assert course.course.error.code == "ELASTIC_LOAD_BALANCING_INVALID"


@pytest.mark.parametrize("place", UNDER_WAY)
def test_rollback_goes_on_while_the_alarm_is_active(place):
    course = watched_at(place)
    activate(course)
    back = course.roll_back()
    back.look()
    back.drain()
    assert back.status == "Succeeded"
    assert back.weights == {"prod-blue": 100, GREEN: 0}


def test_alarm_comes_too_late_when_the_original_is_going():
    course = watched_at("termination wait")
    course.pass_time(300)
    activate(course)
    assert course.status == "InProgress"
    course.drain()
    assert course.status == "Succeeded"


def test_alarms_of_others_stop_nothing():
    course = at("Install", alarms=("blue-5xx",))
    activate(course, "green-5xx")
    assert course.status == "InProgress"


def test_shift_that_is_due_is_not_carried_out_once_the_alarm_was_seen():
    course = watched_at("AllowTraffic")
    course.held = (SetTraffic, MakePrimary)
    course.pass_time(5)
    activate(course)
    course.held = ()
    course.carry_out()
    assert course.shifts() == [10]


def test_every_status_that_is_under_way_can_be_stopped():
    stopped = {status for status, move in STATUS_TRANSITIONS if move is Move.STOP}
    assert stopped == {status for status, _ in STATUS_TRANSITIONS}
