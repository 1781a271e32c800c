"""A watch as plain lines: one a change, and none without one."""

from dataclasses import replace

import pytest
from tests.unit.workshop.checks.blue_green_record import HEAD, deployment
from tests.unit.workshop.shift.made_up import SLOTS, bad
from tests.unit.workshop.watch.moments import STAGES, answers, clock, scene, shift, stretch

from workshop.deployments import LifecycleEvent
from workshop.shift.stretches import count_answers
from workshop.watch.lines import lines_of
from workshop.watch.scene import Shift, Stage

INSTALLING = LifecycleEvent("Install", "InProgress")
PENDING = LifecycleEvent("AllowTraffic", "Pending")


def test_first_lines_tell_where_everything_stands():
    assert lines_of(None, scene(0, shift(0, events=(INSTALLING, PENDING)))) == [
        f"{clock(0)}  pipeline: Source Succeeded, Approve InProgress, DeployProd NotExecuted",
        f"{clock(0)}  deployment d-NEW of c0ffee00, ana-canary, InProgress",
        f"{clock(0)}  Install: InProgress",
        f"{clock(0)}  weights: blue 100 %, green 0 %",
        f"{clock(0)}  production answers: 00000000",
    ]


def test_deployment_that_had_ended_before_is_named_only():
    lines = lines_of(None, scene(0, Shift(deployment()), recent=answers(0, 0)))
    assert lines[1:] == [f"{clock(0)}  deployment d-NEW of c0ffee00, Succeeded"]


def test_without_a_change_there_is_no_line():
    assert lines_of(scene(0, shift(10)), scene(1, shift(10, stretch(10, 9, 100)))) == []


def test_change_of_weights_tells_what_was_measured_until_then():
    before = scene(0, shift(10, stretch(10, 9, 100)))
    now = scene(30, shift(100, stretch(10, 12, 120)))
    assert lines_of(before, now) == [
        (
            f"{clock(30)}  weights: blue 0 %, green 100 %; until now measured blue 90.0 %, "
            "green 10.0 % (± 8.2 allowed) of 120 requests in 20 s"
        )
    ]


def test_weights_that_were_too_short_to_measure_claim_nothing():
    now = scene(30, shift(50, stretch(10, 12, 120)))
    assert lines_of(scene(0, shift(20)), now) == [f"{clock(30)}  weights: blue 50 %, green 50 %"]


def test_stage_and_lifecycle_event_have_a_line_each():
    before = scene(0, shift(0, events=(INSTALLING, PENDING)))
    failed = replace(INSTALLING, status="Failed", message="no image")
    stages = (STAGES[0], Stage("Approve", "Succeeded", is_approval=True), STAGES[2])
    now = scene(1, shift(0, events=(failed, PENDING), status="Ready"), stages=stages)
    assert lines_of(before, now) == [
        f"{clock(1)}  Approve: Succeeded",
        f"{clock(1)}  Install: Failed, no image",
        f"{clock(1)}  deployment d-NEW: Ready",
    ]


def test_approval_that_begins_to_wait_says_for_whom():
    before = scene(0, stages=(Stage("Approve", "Succeeded", is_approval=True),))
    lines = lines_of(before, scene(1, stages=STAGES[1:2]))
    assert lines == [f"{clock(1)}  Approve: InProgress, waits for a person"]


def test_end_and_the_rollback_of_the_same_moment_are_both_told():
    before = scene(0, shift(10))
    stopped = shift(
        10,
        stretch(10, 10, 100),
        status="Stopped",
        error_code="MANUAL_STOP",
        error_message="Stopped by hand.",
    )
    rollback = shift(0, id="d-2", status="InProgress", rollback_of="d-NEW", events=())
    assert lines_of(before, scene(9, stopped, rollback)) == [
        (
            f"{clock(9)}  deployment d-NEW ended: Stopped; MANUAL_STOP: Stopped by hand.; "
            "at blue 90 %, green 10 % measured blue 90.0 %, green 10.0 % (± 9.0 allowed) "
            "of 100 requests in 20 s"
        ),
        f"{clock(9)}  deployment d-2 of c0ffee00, rollback of d-NEW, ana-canary, InProgress",
        f"{clock(9)}  weights: blue 100 %, green 0 %",
    ]


def test_failures_are_told_in_the_stretch_when_they_begin_and_when_they_cease():
    failing = count_answers([bad(0), bad(1), bad(2, "", 502)], SLOTS)
    good = answers(0, 100)
    assert lines_of(scene(0), scene(1, recent=failing)) == [
        f"{clock(1)}  production failed: 2 × HTTP 500, 1 × HTTP 502"
    ]
    assert lines_of(scene(1, recent=failing), scene(2, recent=failing)) == []
    assert lines_of(scene(2, recent=replace(failing, versions=good.versions)), scene(3)) == [
        f"{clock(3)}  production: no request fails any more"
    ]
    ended = replace(stretch(10, 0, 100), answers=failing)
    (line,) = lines_of(scene(0, shift(10)), scene(4, shift(100, ended)))
    assert line.endswith("of 3 requests in 20 s; failed: 2 × HTTP 500, 1 × HTTP 502")


def test_versions_of_both_ports_have_a_line_when_they_change():
    before = scene(0, recent_test=answers(0, 0))
    now = scene(1, recent=answers(10, 100), recent_test=answers(100, 100))
    assert lines_of(before, now) == [
        f"{clock(1)}  production answers: 00000000, {HEAD[:8]}",
        f"{clock(1)}  test port answers: {HEAD[:8]}",
    ]


@pytest.mark.parametrize("count", [0, 3])
def test_stretch_whose_answers_are_of_no_known_slot_has_no_share(count):
    ended = replace(
        stretch(10, 0, 1), answers=count_answers([bad(n, "") for n in range(count)], {})
    )
    (line,) = lines_of(scene(0, shift(10)), scene(1, shift(100, ended)))
    assert f"measured no share of {count} requests" in line
