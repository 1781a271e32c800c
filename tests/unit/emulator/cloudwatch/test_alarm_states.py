"""Alarms of a running emulator: what drives them, and whom they tell."""

import pytest
from elb_target import response
from elb_world import eventually


def answering(answer: bytes):
    async def answer_all(_request):
        return answer

    return answer_all


FAILING = answering(response("", "500 Internal Server Error"))


def put(aws, metric: str, *values: float) -> None:
    aws("cloudwatch").put_metric_data(
        Namespace="test", MetricData=[{"MetricName": metric, "Values": list(values)}]
    )


def test_failing_target_drives_its_alarm_to_alarm_and_back(watched, alarm, state, reaches):
    name = alarm(
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=watched.dimensions("LoadBalancer", "TargetGroup"),
        TreatMissingData="notBreaching",
    )
    reaches(name, "OK")
    watched.target.answer = FAILING
    connection = watched.world.connect(watched.listener)

    def is_alarmed_under_load():
        connection.request("GET", "/")
        connection.getresponse().read()
        return state(name)["StateValue"] == "ALARM"

    eventually(is_alarmed_under_load)
    assert "was greater than or equal to the threshold (3.0)." in state(name)["StateReason"]
    reaches(name, "OK")


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("ignore", "ALARM"),
        ("breaching", "ALARM"),
        ("notBreaching", "OK"),
    ],
)
def test_metric_that_ends_leads_where_the_treatment_says(
    aws, emulator, alarm, state, reaches, treatment, expected
):
    name = alarm(TreatMissingData=treatment)
    put(aws, name, 5)
    reaches(name, "ALARM")
    since = emulator.runtime.emulated_time.now()
    eventually(lambda: emulator.runtime.emulated_time.now() > since + 5 * 60)
    assert state(name)["StateValue"] == expected
