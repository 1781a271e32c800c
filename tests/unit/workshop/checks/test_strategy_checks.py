"""Lab 3's checks of how CodeDeploy deploys: test listener, way of shifting, alarms."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    BLUE,
    CANARY,
    GREEN,
    LAB_3,
    OWN_LINEAR,
    TEST_LISTENER,
    Recorded,
    group,
)
from tests.unit.workshop.checks.endings import ends

from workshop.checks import strategy
from workshop.checks.model import Ending

AT_3_1 = replace(LAB_3, step="3.1", canary=replace(CANARY, configurations={}, alarms={}))
AT_3_3 = replace(LAB_3, step="3.3", canary=replace(CANARY, configurations={}, alarms={}))
WINDOW = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30}
NO_WINDOW = {"actionOnTimeout": "CONTINUE_DEPLOYMENT"}
NAMES = [{"name": name} for name in CANARY.alarms.values()]


def group_of_lab(ready: dict[str, Any], **changes: Any) -> dict[str, Any]:
    found = group(deploymentConfigName=OWN_LINEAR)
    pair = found["loadBalancerInfo"]["targetGroupPairInfoList"][0]
    pair["testTrafficRoute"] = {"listenerArns": [TEST_LISTENER]}
    found["blueGreenDeploymentConfiguration"]["deploymentReadyOption"] = ready
    found["alarmConfiguration"] = {"enabled": True, "alarms": NAMES}
    return found | changes


def alarm(group_arn: str, **changes: Any) -> dict[str, Any]:
    return {
        "MetricName": "HTTPCode_Target_5XX_Count",
        "Dimensions": [
            {"Name": "LoadBalancer", "Value": "app/ana-prod/1"},
            {"Name": "TargetGroup", "Value": group_arn.rpartition(":")[2]},
        ],
        "StateValue": "OK",
    } | changes


ALARMS = {"ana-prod-blue-5xx": alarm(BLUE), "ana-prod-green-5xx": alarm(GREEN)}


def record(group_record: Any, environment: Any = LAB_3, alarms: Any = ALARMS) -> Recorded:
    return Recorded(environment=environment, group_record=group_record, alarm_records=alarms)


@pytest.mark.parametrize(
    "look",
    [strategy.look_at_test_listener, strategy.look_at_strategy, strategy.look_at_alarms],
)
def test_group_that_is_gone_is_left_to_lab_2(look: Any):
    ends(look(record(None)), Ending.FAILED, "no deployment group", "workshop check 2.2")


class TestListener:
    def test_group_that_shows_versions_there_and_waits_passes(self):
        found = strategy.look_at_test_listener(record(group_of_lab(WINDOW), AT_3_1))
        ends(found, Ending.PASSED, "port 9001", "30 minutes")

    def test_window_is_asked_for_as_long_as_its_steps_stand(self):
        found = strategy.look_at_test_listener(record(group_of_lab(NO_WINDOW), AT_3_1))
        ends(found, Ending.FAILED, "waits for nobody", "workshop lab 3 --to 3.1")
        ends(strategy.look_at_test_listener(record(group_of_lab(NO_WINDOW))), Ending.PASSED)

    @pytest.mark.parametrize(
        ("listeners", "said"), [([], "nowhere"), (["arn:another"], "elsewhere")]
    )
    def test_another_listener_fails(self, listeners: list[str], said: str):
        changed = group_of_lab(WINDOW)
        pair = changed["loadBalancerInfo"]["targetGroupPairInfoList"][0]
        pair["testTrafficRoute"]["listenerArns"] = listeners
        ends(strategy.look_at_test_listener(record(changed)), Ending.FAILED, said)


class TestStrategy:
    def test_canary_passes_at_its_step_and_linear_at_its_own(self):
        by_canary = group_of_lab(NO_WINDOW, deploymentConfigName=strategy.CANARY)
        ends(strategy.look_at_strategy(record(by_canary, AT_3_3)), Ending.PASSED, "10Percent")
        ends(strategy.look_at_strategy(record(group_of_lab(NO_WINDOW))), Ending.PASSED, OWN_LINEAR)

    def test_another_configuration_fails_and_names_the_step_that_mends_it(self):
        changed = group_of_lab(NO_WINDOW, deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
        found = strategy.look_at_strategy(record(changed, AT_3_3))
        ends(found, Ending.FAILED, "ECSAllAtOnce", "workshop lab 3 --to 3.3")

    def test_wait_for_a_person_fails(self):
        found = strategy.look_at_strategy(record(group_of_lab(WINDOW)))
        ends(found, Ending.FAILED, "waits for a person")


class TestAlarms:
    def test_one_a_slot_that_the_group_stops_on_passes(self):
        found = strategy.look_at_alarms(record(group_of_lab(NO_WINDOW)))
        ends(found, Ending.PASSED, "ana-prod-blue-5xx OK")

    @pytest.mark.parametrize(
        ("watched", "said"),
        [
            ({}, "ana-prod-blue-5xx, ana-prod-green-5xx"),
            ({"enabled": False, "alarms": NAMES}, "ana-prod-blue-5xx"),
            ({"enabled": True, "alarms": NAMES[:1]}, "ana-prod-green-5xx"),
        ],
    )
    def test_alarm_that_stops_nothing_fails(self, watched: dict[str, Any], said: str):
        changed = group_of_lab(NO_WINDOW, alarmConfiguration=watched)
        ends(strategy.look_at_alarms(record(changed)), Ending.FAILED, said)

    def test_step_without_alarms_fails(self):
        found = strategy.look_at_alarms(record(group_of_lab(NO_WINDOW), AT_3_3))
        ends(found, Ending.FAILED, "any alarm")

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            (None, "is gone"),
            (alarm(BLUE), "not at targetgroup/ana-prod-green/2"),
            (alarm(GREEN, MetricName="RequestCount"), "looks at RequestCount"),
            (alarm(GREEN, Dimensions=[]), "no target group"),
        ],
    )
    def test_alarm_that_looks_elsewhere_fails(self, changed: Any, said: str):
        alarms = {**ALARMS, "ana-prod-green-5xx": changed}
        found = {name: one for name, one in alarms.items() if one is not None}
        ends(
            strategy.look_at_alarms(record(group_of_lab(NO_WINDOW), alarms=found)),
            Ending.FAILED,
            "`ana-prod-green-5xx`",
            said,
        )
