"""Lab 3's checks of what happened: deployments that used the test port, as CodeDeploy has them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    AT,
    LAB_3,
    OWN_CANARY,
    OWN_LINEAR,
    TEST_LISTENER,
    Recorded,
    deployment,
    events,
)
from tests.unit.workshop.checks.endings import ends

from workshop.checks import canary
from workshop.checks.model import Ending
from workshop.checks.strategy import CANARY as AWS_CANARY
from workshop.checks.web import Answer
from workshop.deployments import ROLLBACK, Deployment, LifecycleEvent

SHIFT = LifecycleEvent("AllowTraffic", "Succeeded", AT, AT + timedelta(seconds=25))
UNDOING = deployment(
    id="d-BACK",
    creator=ROLLBACK,
    rollback_of="d-NEW",
    test_listeners=(TEST_LISTENER,),
    weights={"blue": 100.0, "green": 0.0},
)


def of_lab(**changes: Any) -> Deployment:
    """Return a deployment of this lab that shifted for 25 s, different where told."""
    shifted = tuple(SHIFT if one.name == SHIFT.name else one for one in events())
    return deployment(**({"test_listeners": (TEST_LISTENER,), "events": shifted} | changes))


def record(*known: Deployment, **changes: Any) -> Recorded:
    running = next((one for one in known if one.is_running), None)
    return Recorded(environment=LAB_3, known=list(known), running=running, **changes)


VALIDATED = of_lab(waits_for_reroute=True)
TAKEN_BACK = replace(VALIDATED, status="Stopped", rolled_back_by="d-BACK")
STOPPED_EARLY = {"events": events(AllowTraffic="Skipped", AfterAllowTraffic="Skipped")}
CAUGHT = of_lab(
    status="Stopped",
    configuration=OWN_LINEAR,
    error_code="ALARM_ACTIVE",
    rolled_back_by="d-BACK",
    **STOPPED_EARLY,
)


class TestValidation:
    def test_version_that_was_re_routed_proves_it(self):
        ends(canary.look_at_validation(record(VALIDATED)), Ending.PASSED, "c0ffee00")

    def test_nothing_deployed_is_not_yet(self):
        found = canary.look_at_validation(record())
        ends(found, Ending.NOT_YET, "no deployment", "workshop promote")

    def test_deployment_before_the_test_port_that_stands_does_not_count(self):
        earlier = replace(VALIDATED, test_listeners=("arn:of-an-earlier-run",))
        ends(canary.look_at_validation(record(earlier)), Ending.NOT_YET, "no deployment")

    def test_deployment_that_waited_for_nobody_does_not_prove_it(self):
        ends(canary.look_at_validation(record(of_lab())), Ending.NOT_YET)

    def test_version_that_waits_names_the_command(self):
        ready = replace(VALIDATED, status="Ready", **STOPPED_EARLY)
        found = canary.look_at_validation(record(ready))
        ends(found, Ending.NOT_YET, "waits until the traffic", "`workshop promote`")

    def test_window_that_ran_out_is_told(self):
        over = replace(VALIDATED, status="Stopped", error_code="TIMEOUT", **STOPPED_EARLY)
        ends(canary.look_at_validation(record(over)), Ending.NOT_YET, "stopped (TIMEOUT)")

    def test_proof_stays_when_other_deployments_follow(self):
        later = of_lab(id="d-LATER", configuration=OWN_LINEAR)
        found = canary.look_at_validation(record(later, UNDOING, TAKEN_BACK))
        ends(found, Ending.PASSED, "d-NEW")


class TestReturn:
    def test_traffic_that_went_and_came_back_proves_it(self):
        found = canary.look_at_return(record(UNDOING, TAKEN_BACK))
        ends(found, Ending.PASSED, "d-BACK", "`blue`")

    @pytest.mark.parametrize(
        "known",
        [
            [VALIDATED],
            [replace(TAKEN_BACK, rolled_back_by=None)],
            [replace(UNDOING, status="InProgress"), TAKEN_BACK],
            [UNDOING, replace(TAKEN_BACK, **STOPPED_EARLY)],
        ],
        ids=["not stopped", "no rollback", "rollback runs", "never had traffic"],
    )
    def test_anything_less_is_not_yet(self, known: list[Deployment]):
        ends(canary.look_at_return(record(*known)), Ending.NOT_YET)

    def test_termination_wait_names_the_command_that_takes_traffic_back(self):
        switched = replace(VALIDATED, status="InProgress", is_waiting_to_terminate=True)
        ends(canary.look_at_return(record(switched)), Ending.NOT_YET, "`workshop rollback`")


class TestShifts:
    @pytest.mark.parametrize(
        ("look", "configuration"),
        [
            (canary.look_at_canary, AWS_CANARY),
            (canary.look_at_own_canary, OWN_CANARY),
            (canary.look_at_linear, OWN_LINEAR),
        ],
    )
    def test_deployment_by_the_configuration_alone_proves_it(self, look: Any, configuration: str):
        found = look(record(of_lab(configuration=configuration)))
        ends(found, Ending.PASSED, configuration, "within 25 s")
        for other in {AWS_CANARY, OWN_CANARY, OWN_LINEAR} - {configuration}:
            ends(look(record(of_lab(configuration=other))), Ending.NOT_YET, other)

    def test_deployment_that_did_not_end_well_proves_nothing(self):
        failed = of_lab(configuration=AWS_CANARY, status="Failed")
        ends(canary.look_at_canary(record(failed)), Ending.NOT_YET, "failed")

    def test_own_configuration_below_its_step_proves_nothing(self):
        below = replace(LAB_3, canary=replace(LAB_3.canary, configurations={}))  # type: ignore[type-var]
        view = replace(record(of_lab(configuration="")), environment=below)
        ends(canary.look_at_own_canary(view), Ending.NOT_YET)


class TestAlarm:
    def test_shift_that_an_alarm_stopped_and_took_back_proves_it(self):
        ends(canary.look_at_alarm(record(UNDOING, CAUGHT)), Ending.PASSED, "alarm", "d-BACK")

    @pytest.mark.parametrize(
        "changes",
        [
            {"error_code": "MANUAL_STOP"},
            {"rolled_back_by": None},
            {"events": events()},
            {"configuration": AWS_CANARY},
        ],
        ids=["stopped by hand", "not rolled back", "after the shift", "another configuration"],
    )
    def test_anything_less_is_not_yet(self, changes: dict[str, Any]):
        other = replace(CAUGHT, **changes)
        ends(canary.look_at_alarm(record(UNDOING, other)), Ending.NOT_YET)

    def test_bad_version_that_nothing_stopped_fails_and_says_how_to_go_back(self):
        came = of_lab(configuration=OWN_LINEAR)
        view = record(came, answer=Answer(500, "", None, None))
        ends(canary.look_at_alarm(view), Ending.FAILED, "answers 500", "workshop rollback")

    def test_bad_version_between_its_stop_and_its_rollback_is_not_yet(self):
        stopped = replace(CAUGHT, rolled_back_by=None)
        view = record(stopped, answer=Answer(500, "", None, None))
        ends(canary.look_at_alarm(view), Ending.NOT_YET, "stopped (ALARM_ACTIVE)")

    def test_bad_version_on_its_way_is_not_yet(self):
        comes = of_lab(status="InProgress", configuration=OWN_LINEAR, **STOPPED_EARLY)
        view = record(comes, answer=Answer(500, "", None, None))
        ends(canary.look_at_alarm(view), Ending.NOT_YET, "d-NEW", "workshop watch")


class TestAnswer:
    def test_answer_on_the_test_port_passes(self):
        urls = {"prod": "http://127.0.0.1:8081", "test": "http://127.0.0.1:9001"}
        ends(canary.look_at_test_answer(record(urls=urls)), Ending.PASSED, "9001")

    def test_port_that_shows_no_tasks_fails_where_listener_and_rule_are_right(self, monkeypatch):
        right = "passed"
        monkeypatch.setattr(canary, "look_at_test_listener", lambda _view: canary.passed(right))
        urls = {"test": "http://127.0.0.1:9001"}
        view = record(urls=urls, answer=Answer(503, "none", None, None))
        ends(canary.look_at_test_answer(view), Ending.FAILED, "503", "workshop check 2.1")

    def test_listener_that_is_wrong_is_left_to_its_own_check(self):
        view = record(
            urls={"test": "http://127.0.0.1:9001"},
            answer=Answer(404, "", None, None),
            group_record=None,
        )
        ends(canary.look_at_test_answer(view), Ending.COULD_NOT_LOOK, "`test_listener`")
