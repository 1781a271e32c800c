"""Deployments of real tasks that CloudWatch's alarms stop."""

from collections import Counter

import pytest

READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}
FIVE_MINUTES = {"terminationWaitTimeInMinutes": 5}


def test_alarm_in_the_middle_of_a_shift_stops_it_and_brings_traffic_back(production, alarm, clock):
    clock.scale = 1
    prod = production()
    prod.make_group(config="CodeDeployDefault.ECSCanary10Percent5Minutes", alarms=alarm.watched())
    deployment = prod.release(prod.version("two"))
    prod.world.wait_for(lambda: prod.weights["green"] == 10, "the canary")
    alarm.set("ALARM")
    stopped = prod.wait_status(deployment, "Stopped")
    assert stopped["errorInformation"] == {
        "code": "ALARM_ACTIVE",
        "message": "One or more alarms have been activated according to the Amazon CloudWatch "
        "metrics you selected, and the affected deployments have been stopped. Activated alarms: "
        f"<{alarm.name}>",
    }
    assert prod.weights == {"blue": 100, "green": 0}
    back = prod.wait_rolled_back(deployment)
    assert (back["creator"], back["deploymentConfigName"]) == (
        "codeDeployRollback",
        "CodeDeployDefault.ECSAllAtOnce",
    )
    assert prod.lifecycle(deployment)["AllowTraffic"] == "Failed"
    assert prod.lifecycle(deployment)["AfterAllowTraffic"] == "Skipped"
    assert prod.answers() == Counter(one=20)
    assert len(prod.task_sets) == 1


def test_alarm_that_is_active_at_the_start_stops_the_deployment_at_once(production, alarm):
    prod = production()
    prod.make_group(alarms=alarm.watched())
    alarm.set("ALARM")
    deployment = prod.release(prod.version("two"))
    stopped = prod.wait_status(deployment, "Stopped")
    assert stopped["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert prod.wait_rolled_back(deployment)["status"] == "Succeeded"
    assert len(prod.task_sets) == 1
    assert prod.lifecycle(deployment)["Install"] == "Failed"


def test_deployment_that_turns_the_alarms_off_goes_on_with_an_active_one(production, alarm):
    prod = production()
    prod.make_group(alarms=alarm.watched())
    alarm.set("ALARM")
    off = {"enabled": False}
    deployment = prod.release(prod.version("two"), overrideAlarmConfiguration=off)
    prod.wait_status(deployment, "Succeeded")
    assert prod.answers(5) == Counter(two=5)


def test_deployment_can_have_an_alarm_that_its_group_has_not(production, alarm):
    prod = production()
    prod.make_group()
    alarm.set("ALARM")
    deployment = prod.release(prod.version("two"), overrideAlarmConfiguration=alarm.watched())
    prod.wait_status(deployment, "Stopped")


@pytest.mark.parametrize("phase", ["ready wait", "termination wait"])
def test_alarm_is_looked_at_in_the_waits_too(production, alarm, phase):
    prod = production()
    ready = READY_WAIT if phase == "ready wait" else None
    prod.make_group(ready=ready, termination=FIVE_MINUTES, alarms=alarm.watched())
    deployment = prod.release(prod.version("two"))
    if ready:
        prod.wait_status(deployment, "Ready")
    else:
        prod.wait_event(deployment, "AfterAllowTraffic", "Succeeded")
    alarm.set("ALARM")
    prod.wait_status(deployment, "Stopped")
    prod.wait_rolled_back(deployment)
    assert prod.answers(5) == Counter(one=5)


def test_alarm_that_is_deleted_on_the_way_stops_only_those_that_mind(production, alarm, aws):
    minding, ignoring = production(), production()
    minding.make_group(ready=READY_WAIT, alarms=alarm.watched())
    ignoring.make_group(ready=READY_WAIT, alarms=alarm.watched(ignorePollAlarmFailure=True))
    stopped = minding.release(minding.version("two"))
    going_on = ignoring.release(ignoring.version("two"))
    minding.wait_status(stopped, "Ready")
    ignoring.wait_status(going_on, "Ready")
    aws("cloudwatch").delete_alarms(AlarmNames=[alarm.name])
    error = minding.wait_status(stopped, "Stopped")["errorInformation"]
    assert alarm.name in error["message"]
    minding.wait_rolled_back(stopped)
    ignoring.deploy.continue_deployment(deploymentId=going_on, deploymentWaitType="READY_WAIT")
    ignoring.wait_status(going_on, "Succeeded")


def test_failures_of_the_bad_version_stop_its_own_shift(production, aws, unique, under_load, clock):
    """Requests, the group's metric, its alarm, the stop: nobody sets a state here."""
    clock.scale = 60
    prod = production(delay_s=2)
    listener = prod.world.listener.partition(":listener/")[2]
    dimensions = {
        "LoadBalancer": listener.rpartition("/")[0],
        "TargetGroup": prod.green.rpartition(":")[2],
    }
    name = f"alarm-{unique()}"
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=3,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    watched = {"enabled": True, "alarms": [{"name": name}]}
    prod.make_group(config=prod.config("TimeBasedLinear", 20, 60), alarms=watched)
    load = under_load(prod.url)
    deployment = prod.release(prod.version("bad", BROKEN="1"))
    error = prod.wait_status(deployment, "Stopped")["errorInformation"]
    assert error["code"] == "ALARM_ACTIVE"
    assert error["message"].endswith(f"<{name}>")
    prod.wait_rolled_back(deployment)
    assert prod.answers() == Counter(one=20)
    report = load.stop()
    assert set(report.failures) == {"status 500"}, report.examples
    assert report.failed == report.versions["bad"].count
    aws("cloudwatch").delete_alarms(AlarmNames=[name])
