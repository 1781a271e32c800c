import pytest
from places import PLACES, at
from rehearsal import (
    BLUE,
    GREEN,
    ORIGINAL,
    REPLACEMENT,
    TEST_LISTENER,
)

from emulator.engines.deployment import Refused
from emulator.engines.deployment.events import (
    DeleteTaskSet,
    MakePrimary,
    SetTraffic,
)
from emulator.engines.deployment.model import (
    RollbackEvent,
    Route,
)

BACK = {BLUE: 100, GREEN: 0}
ON_REQUEST = frozenset({RollbackEvent.DEPLOYMENT_STOP_ON_REQUEST})


@pytest.fixture(params=list(PLACES))
def place(request):
    return request.param


def test_stop_with_rollback_begins_one_wherever_the_deployment_is(place):
    course = at(place)
    course.stop(auto_rollback=True)
    assert course.status == "Stopped"
    assert course.course.error.code == "MANUAL_STOP"
    assert course.course.completed_at == course.now
    course.held = ()
    course.carry_out()
    assert course.announced[-1] == "STOP"
    assert course.wants_rollback is (place != "Created")


def test_stop_without_rollback_leaves_everything_as_it_is(place):
    course = at(place)
    before = dict(course.sets), dict(course.weights)
    course.stop(auto_rollback=False)
    course.held = ()
    course.carry_out()
    course.look()
    course.pass_time(10_000)
    assert course.status == "Stopped"
    assert not course.wants_rollback
    assert (course.sets, course.weights) == before


def test_rollback_brings_traffic_and_primary_back_and_takes_the_replacement_away(place):
    course = at(place)
    course.stop(auto_rollback=True)
    if place == "Created":
        return
    course.held = ()
    course.carry_out()
    back = course.roll_back()
    back.look()
    back.drain()
    assert back.status == "Succeeded"
    assert back.weights == BACK
    assert back.rules[TEST_LISTENER] == [BACK]
    assert list(back.sets) == [ORIGINAL]
    assert back.sets[ORIGINAL].status == "PRIMARY"
    assert set(back.lifecycle.values()) == {"Succeeded"}
    assert back.announced == ["START", "SUCCESS"]


def test_rollback_moves_traffic_before_it_deletes_the_replacement():
    course = at("termination wait")
    course.stop(auto_rollback=True)
    back = course.roll_back()
    back.look()
    assert back.done[1:] == [
        SetTraffic(Route.TEST, BACK),
        SetTraffic(Route.PRODUCTION, BACK),
        MakePrimary(ORIGINAL),
        DeleteTaskSet(REPLACEMENT),
    ]


def test_rollback_waits_for_nobody_and_shifts_in_no_steps():
    course = at("AllowTraffic")
    course.stop(auto_rollback=True)
    back = course.roll_back()
    back.look()
    assert back.shifts() == [0]
    assert back.phase == "Terminating"


def test_stop_leaves_the_event_under_way_and_the_later_ones_skipped():
    course = at("AllowTraffic")
    course.stop()
    assert course.lifecycle["BeforeAllowTraffic"] == "Succeeded"
    assert course.lifecycle["AllowTraffic"] == "Skipped"
    assert course.lifecycle["AfterAllowTraffic"] == "Skipped"
    assert course.course.target_status == "Skipped"


def test_stop_that_says_nothing_of_a_rollback_does_as_the_group_is_set():
    assert _stopped(ON_REQUEST).wants_rollback
    assert not _stopped(frozenset()).wants_rollback


def _stopped(rollback_events):
    course = at("Install", rollback_events=rollback_events)
    course.stop(None)
    return course


def test_stop_comes_too_late_when_the_original_is_going():
    course = at("termination wait")
    course.pass_time(300)
    with pytest.raises(Refused) as refused:
        course.stop(auto_rollback=True)
    assert refused.value.code == "DeploymentAlreadyCompletedException"
    assert course.status == "InProgress"


def test_rollback_to_a_task_set_that_is_gone_fails_and_says_so():
    course = at("termination wait")
    course.stop(auto_rollback=True)
    back = course.roll_back()
    del back.sets[ORIGINAL]
    back.look()
    assert back.status == "Failed"
    assert ORIGINAL in back.course.error.message
    assert back.weights == {GREEN: 100, BLUE: 0}
    assert not back.wants_rollback


def test_rollback_is_never_rolled_back():
    course = at("AllowTraffic")
    course.stop(auto_rollback=True)
    back = course.roll_back()
    back.held = (SetTraffic,)
    back.look()
    back.stop(auto_rollback=True)
    assert back.status == "Stopped"
    assert not back.wants_rollback


def test_failed_deployment_is_undone_like_a_stopped_one():
    course = at("AllowTraffic")
    course.rules["arn:listener/80"] = []
    course.look()
    assert course.status == "Failed"
    assert course.wants_rollback
    back = course.roll_back()
    back.rules["arn:listener/80"] = [{BLUE: 90, GREEN: 10}]
    back.look()
    back.drain()
    assert back.weights == BACK
