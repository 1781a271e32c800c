"""The rules of production's users and of the test port, against AWS's answers."""

from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    BLUE,
    GREEN,
    LAB_3,
    Recorded,
    deployment,
    rule,
)
from tests.unit.workshop.checks.endings import ends

from workshop.checks import routing
from workshop.checks.model import Ending

RUNNING = deployment(id="d-RUN", status="InProgress")


class TestRouting:
    def test_all_to_the_primary_slot_passes(self):
        ends(routing.look_at_routing(Recorded()), Ending.PASSED, "`green`", "blue 0")

    def test_deleted_rule_fails(self):
        ends(routing.look_at_routing(Recorded(rule=None)), Ending.FAILED, "no rule")

    def test_rule_of_another_path_fails(self):
        found = routing.look_at_routing(Recorded(rule=rule(path="/elsewhere/*")))
        ends(found, Ending.FAILED, "/elsewhere/*")

    @pytest.mark.parametrize(
        "changed", [rule(blue=100, green=0), rule(blue=50, green=50), rule(green=1)]
    )
    def test_other_weights_fail_with_the_command_that_puts_them_right(self, changed: Any):
        found = routing.look_at_routing(Recorded(rule=changed))
        wanted = f"{{TargetGroupArn={BLUE},Weight=0}},{{TargetGroupArn={GREEN},Weight=100}}"
        ends(found, Ending.FAILED, "aws elbv2 modify-rule", wanted)

    def test_rule_without_the_idle_group_fails(self):
        changed = rule()
        del changed["Actions"][0]["ForwardConfig"]["TargetGroups"][0]
        ends(routing.look_at_routing(Recorded(rule=changed)), Ending.FAILED)

    def test_weights_that_a_deployment_moves_are_not_yet(self):
        view = Recorded(rule=rule(blue=100, green=0), running=RUNNING)
        ends(routing.look_at_routing(view), Ending.NOT_YET, "d-RUN")


class TestTestPort:
    def test_rule_of_the_test_port_is_held_to_the_same(self):
        view = Recorded(environment=LAB_3, test_port_rule=rule())
        ends(routing.look_at_test_routing(view), Ending.PASSED, "`green`")

    def test_rule_at_the_idle_slot_fails_and_its_own_arn_is_named(self):
        view = Recorded(environment=LAB_3, test_port_rule=rule(blue=100, green=0))
        found = routing.look_at_test_routing(view)
        ends(found, Ending.FAILED, "--rule-arn arn:test-rule")

    def test_version_that_a_deployment_shows_there_passes(self):
        view = Recorded(environment=LAB_3, test_port_rule=rule(blue=100, green=0), running=RUNNING)
        ends(routing.look_at_test_routing(view), Ending.PASSED, "`blue`", "d-RUN")

    def test_deployment_that_shows_nothing_there_is_not_yet(self):
        view = Recorded(environment=LAB_3, test_port_rule=rule(blue=50, green=50), running=RUNNING)
        ends(routing.look_at_test_routing(view), Ending.NOT_YET, "d-RUN")

    def test_deleted_rule_is_made_anew_by_lab_3(self):
        view = Recorded(environment=LAB_3, test_port_rule=None)
        ends(routing.look_at_test_routing(view), Ending.FAILED, "workshop lab 3 --to 3.1")
