"""Alarm configurations of groups and of single deployments: what is taken, shown and refused."""

from typing import Any

import pytest
from codedeploy_bench import Bench, Json
from tests.unit.emulator.refusals import refusal

ALARMS = {
    "enabled": True,
    "ignorePollAlarmFailure": False,
    "alarms": [{"name": "prod-blue-5xx"}, {"name": "prod-green-5xx"}],
}
OFF = {"enabled": False, "ignorePollAlarmFailure": False, "alarms": []}
IGNORANT = {**ALARMS, "ignorePollAlarmFailure": True}

WRONG: list[tuple[Json, str, str]] = [
    ({"enabled": True}, "InvalidAlarmConfigException", "its list of alarms is empty"),
    ({"enabled": True, "alarms": []}, "InvalidAlarmConfigException", "is empty"),
    ({"enabled": False, "alarms": [{}]}, "InvalidAlarmConfigException", "got 0"),
    ({"enabled": True, "alarms": [{"name": ""}]}, "InvalidAlarmConfigException", "got 0"),
    ({"enabled": True, "alarms": [{"name": "x" * 256}]}, "InvalidAlarmConfigException", "256"),
    (
        {"enabled": True, "alarms": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
        "InvalidAlarmConfigException",
        "`a`",
    ),
    (
        {"enabled": True, "alarms": [{"name": f"a{number}"} for number in range(11)]},
        "AlarmsLimitExceededException",
        "at most 10 alarms; got 11",
    ),
]


@pytest.mark.parametrize("alarms", [ALARMS, {**ALARMS, "enabled": False}, OFF])
def test_alarms_are_shown_as_they_were_given(bench: Bench, alarms: Json) -> None:
    bench.create_group(alarmConfiguration=alarms)
    assert bench.group()["alarmConfiguration"] == alarms


def test_ten_alarms_of_the_longest_name_are_taken(bench: Bench) -> None:
    alarms = [{"name": str(number) * 255} for number in range(10)]
    bench.create_group(alarmConfiguration={"enabled": True, "alarms": alarms})
    assert bench.group()["alarmConfiguration"]["alarms"] == alarms


def test_update_changes_the_alarms_and_nothing_else(bench: Bench) -> None:
    bench.create_group(alarmConfiguration=ALARMS)
    before = bench.group()
    _update(bench, alarmConfiguration=OFF)
    after = bench.group()
    assert after.pop("alarmConfiguration") == OFF
    assert after == {name: value for name, value in before.items() if name != "alarmConfiguration"}


def test_update_that_says_nothing_of_alarms_keeps_them(bench: Bench) -> None:
    bench.create_group(alarmConfiguration=ALARMS)
    _update(bench, deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes")
    assert bench.group()["alarmConfiguration"] == ALARMS


@pytest.mark.parametrize(("alarms", "code", "words"), WRONG)
def test_alarms_that_no_group_can_have_are_refused(
    bench: Bench, alarms: Json, code: str, words: str
) -> None:
    settings = bench.settings(alarmConfiguration=alarms)
    found = refusal(bench.deploy.create_deployment_group, **settings)
    assert found[0] == code
    assert words in found[1]
    bench.create_group(alarmConfiguration=ALARMS)
    found = refusal(
        bench.deploy.update_deployment_group,
        applicationName=bench.application,
        currentDeploymentGroupName=bench.group_name,
        alarmConfiguration=alarms,
    )
    assert found[0] == code
    assert bench.group()["alarmConfiguration"] == ALARMS


@pytest.mark.parametrize(("alarms", "code", "words"), WRONG)
def test_alarms_that_no_deployment_can_have_are_refused(
    bench: Bench, alarms: Json, code: str, words: str
) -> None:
    bench.create_group()
    request = bench.request(overrideAlarmConfiguration=alarms)
    found = refusal(bench.deploy.create_deployment, **request)
    assert found[0] == code
    assert words in found[1]


def test_alarm_that_does_not_exist_stops_the_deployment_and_not_the_group(bench: Bench) -> None:
    bench.create_group(alarmConfiguration=ALARMS)
    found = bench.wait_for(bench.start(), "Stopped")
    assert found["errorInformation"]["code"] == "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND"
    assert "<prod-blue-5xx> <prod-green-5xx>" in found["errorInformation"]["message"]
    assert "overrideAlarmConfiguration" not in found


@pytest.mark.parametrize("override", [OFF, IGNORANT])
def test_deployment_shows_the_alarms_that_it_has_instead_of_its_groups(
    bench: Bench, override: dict[str, Any]
) -> None:
    bench.create_group(alarmConfiguration=ALARMS)
    deployment = bench.start(overrideAlarmConfiguration=override)
    found = bench.wait_for(deployment, "Succeeded")
    assert found["overrideAlarmConfiguration"] == override
    assert bench.group()["alarmConfiguration"] == ALARMS
    listed = bench.deploy.batch_get_deployments(deploymentIds=[deployment])["deploymentsInfo"]
    assert listed == [found]


def _update(bench: Bench, **changed: Any) -> None:
    bench.deploy.update_deployment_group(
        applicationName=bench.application,
        currentDeploymentGroupName=bench.group_name,
        **changed,
    )
