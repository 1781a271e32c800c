"""Alarms of a running emulator: what drives them, and whom they tell."""

import json

import pytest
from elb_target import response
from elb_world import eventually


def answering(answer: bytes):
    async def answer_all(_request):
        return answer

    return answer_all


FAILING = answering(response("", "500 Internal Server Error"))


@pytest.fixture
def put(aws):
    """Return a function that puts values of the metric that an alarm of a test watches."""

    def put_values(metric: str, *values: float, **more) -> None:
        datum = {"MetricName": metric, "Values": list(values), **more}
        aws("cloudwatch").put_metric_data(Namespace="test", MetricData=[datum])

    return put_values


@pytest.fixture
def minutes(emulator):
    """Return a function that waits until so many emulated minutes have passed."""

    def wait(count: int) -> None:
        end_s = emulator.runtime.emulated_time.now() + count * 60
        eventually(lambda: emulator.runtime.emulated_time.now() > end_s, wait_s=20)

    return wait


@pytest.fixture
def clock(emulator):
    """Return the emulator's clock, whose scale is put back after the test."""
    scale = emulator.runtime.clock.scale
    yield emulator.runtime.clock
    emulator.runtime.clock.scale = scale


@pytest.fixture
def queue(aws, unique):
    """Return a queue's ARN and a function that takes the messages out of it."""
    url = aws("sqs").create_queue(QueueName=unique())["QueueUrl"]
    found = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])

    def received():
        answer = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return found["Attributes"]["QueueArn"], received


@pytest.fixture
def topic(aws, unique, queue):
    """Return a topic's ARN, and a function that returns the messages that came of it."""
    queue_arn, received = queue
    arn = aws("sns").create_topic(Name=unique())["TopicArn"]
    aws("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    return arn, lambda: [(each["Subject"], json.loads(each["Message"])) for each in received()]


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
    put, minutes, alarm, state, reaches, treatment, expected
):
    name = alarm(TreatMissingData=treatment)
    put(name, 5)
    reaches(name, "ALARM")
    minutes(5)
    assert state(name)["StateValue"] == expected


@pytest.mark.parametrize(
    ("statistic", "values", "threshold"),
    [
        ("Sum", [1, 2], 3),
        ("Average", [1, 5], 3),
        ("Maximum", [1, 3], 3),
        ("Minimum", [3, 9], 3),
        ("SampleCount", [0, 0, 0], 3),
    ],
)
def test_alarm_looks_at_its_statistic(put, alarm, reaches, statistic, values, threshold):
    name = alarm(Statistic=statistic, Threshold=threshold)
    put(name, *values)
    reaches(name, "ALARM")


def test_alarm_looks_at_its_own_metric_alone(put, minutes, alarm, state):
    name = alarm(Unit="Count", Dimensions=[{"Name": "slot", "Value": "blue"}])
    put(name, 5, Unit="Count", Dimensions=[{"Name": "slot", "Value": "green"}])
    put(name, 5, Unit="Count")
    put(name, 5, Unit="Seconds", Dimensions=[{"Name": "slot", "Value": "blue"}])
    minutes(3)
    assert state(name)["StateValue"] == "INSUFFICIENT_DATA"


def test_state_set_by_hand_lasts_until_a_comparison_differs(aws, put, alarm, state, reaches):
    name = alarm(TreatMissingData="notBreaching")
    reaches(name, "OK")
    aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    reaches(name, "OK")
    assert "1 missing datapoint was treated as [NonBreaching]" in state(name)["StateReason"]


def test_state_set_by_hand_stays_where_nothing_differs(aws, minutes, alarm, state):
    name = alarm(TreatMissingData="breaching")
    aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    minutes(3)
    assert state(name)["StateReason"] == "by hand"


def test_slower_clock_makes_the_same_period_longer(emulator, put, clock, alarm, state, reaches):
    name = alarm(TreatMissingData="ignore")
    eventually(lambda: emulator.runtime.emulated_time.now() % 60 < 30)
    clock.scale = 1  # the minute under way has at least half a real one left
    put(name, 5)
    before = state(name)["StateValue"]
    clock.scale = 60
    reaches(name, "ALARM")
    assert before == "INSUFFICIENT_DATA"


def test_faster_clock_than_reports_leaves_no_period_empty(watched, clock, alarm, reaches, minutes):
    name = alarm(
        Namespace="AWS/ApplicationELB",
        MetricName="HealthyHostCount",
        Statistic="Minimum",
        Dimensions=watched.dimensions("LoadBalancer", "TargetGroup"),
        ComparisonOperator="LessThanThreshold",
        Threshold=1,
        EvaluationPeriods=3,
        TreatMissingData="breaching",
    )
    clock.scale = 600
    reaches(name, "OK")
    minutes(40)
    reaches(name, "OK")


def test_change_is_told_to_event_bridge(aws, put, queue, alarm, unique, reaches):
    queue_arn, received = queue
    name, rule = alarm(AlarmDescription="too many"), unique()
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}
    aws("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue_arn}])
    put(name, 5)
    reaches(name, "ALARM")
    aws("events").remove_targets(Rule=rule, Ids=["q"])
    aws("events").delete_rule(Name=rule)
    (event,) = received()
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [f"arn:aws:cloudwatch:us-west-2:123456789012:alarm:{name}"]
    detail = event["detail"]
    assert (detail["previousState"]["value"], detail["state"]["value"]) == (
        "INSUFFICIENT_DATA",
        "ALARM",
    )
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [5]
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "test", "name": name, "dimensions": {}},
        "period": 60,
        "stat": "Sum",
    }


def test_actions_are_those_of_the_state_that_is_reached(put, topic, alarm, reaches):
    arn, received = topic
    name = alarm(AlarmActions=[arn], TreatMissingData="notBreaching")
    reaches(name, "OK")
    put(name, 5)
    reaches(name, "ALARM")
    reaches(name, "OK")
    ((subject, message),) = received()
    assert subject == f'ALARM: "{name}" in us-west-2'
    assert (message["AlarmName"], message["OldStateValue"], message["NewStateValue"]) == (
        name,
        "OK",
        "ALARM",
    )
    assert message["Trigger"]["MetricName"] == name


def test_disabled_actions_are_not_taken(aws, topic, alarm, state):
    arn, received = topic
    name, cloudwatch = alarm(AlarmActions=[arn], TreatMissingData="ignore"), aws("cloudwatch")

    def go(value: str) -> None:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="a test")

    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    go("ALARM")
    go("OK")
    assert (state(name)["ActionsEnabled"], received()) == (False, [])
    cloudwatch.enable_alarm_actions(AlarmNames=[name])
    go("ALARM")
    assert len(received()) == 1


def test_history_tells_what_happened(aws, alarm, topic):
    arn, _ = topic
    missing = arn + "-that-is-gone"
    name = alarm(AlarmActions=[arn, missing], TreatMissingData="ignore")
    cloudwatch = aws("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")

    def told(**wanted):
        found = cloudwatch.describe_alarm_history(AlarmName=name, **wanted)["AlarmHistoryItems"]
        return [each["HistorySummary"] for each in found]

    everything = [
        f"Failed to execute action {missing}",
        f"Successfully executed action {arn}",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f'Alarm "{name}" created',
    ]
    assert told() == everything
    assert told(ScanBy="TimestampAscending") == everything[::-1]
    assert told(HistoryItemType="StateUpdate") == everything[2:3]
    assert told(MaxRecords=1) == everything[:1]
    (update,) = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")[
        "AlarmHistoryItems"
    ]
    assert json.loads(update["HistoryData"])["newState"] == {
        "stateValue": "ALARM",
        "stateReason": "a test",
    }
