"""Alarms as declarations: what is taken, shown, changed, listed and refused."""

import pytest
from botocore.exceptions import ClientError

TOPIC = "arn:aws:sns:us-west-2:123456789012:nobody"


def request(name: str, **settings):
    return {
        "AlarmName": name,
        "Namespace": "test",
        "MetricName": name,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 3.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        **settings,
    }


def names(answer):
    return [each["AlarmName"] for each in answer["MetricAlarms"]]


def test_alarm_is_shown_as_it_was_put(alarm, state):
    given = {
        "AlarmDescription": "too many errors",
        "ActionsEnabled": False,
        "AlarmActions": [TOPIC],
        "OKActions": [TOPIC],
        "InsufficientDataActions": [],
        "Namespace": "test",
        "MetricName": "errors",
        "Dimensions": [{"Name": "slot", "Value": "blue"}],
        "Statistic": "Maximum",
        "Period": 300,
        "Unit": "Count",
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 2.5,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "ignore",
    }
    name = alarm(**given)
    shown = state(name)
    assert {key: shown[key] for key in given} == given
    assert shown["AlarmArn"] == f"arn:aws:cloudwatch:us-west-2:123456789012:alarm:{name}"
    assert (shown["StateValue"], shown["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "Unchecked: Initial alarm creation",
    )


def test_update_replaces_the_configuration_and_keeps_state_and_tags(aws, alarm, state):
    name = alarm(TreatMissingData="ignore", Tags=[{"Key": "slot", "Value": "blue"}])
    cloudwatch = aws("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    before = state(name)
    cloudwatch.put_metric_alarm(**request(name, Threshold=4, TreatMissingData="ignore"))
    after = state(name)
    assert (after["Threshold"], after["StateValue"]) == (4, "ALARM")
    assert after["StateUpdatedTimestamp"] == before["StateUpdatedTimestamp"]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=after["AlarmArn"])["Tags"]
    assert tags == [{"Key": "slot", "Value": "blue"}]


def test_tags_are_changed_and_go_with_their_alarm(aws, alarm, state):
    name, cloudwatch = alarm(), aws("cloudwatch")
    arn = state(name)["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": key, "Value": "1"} for key in "ab"])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "b", "Value": "1"}
    ]
    cloudwatch.delete_alarms(AlarmNames=[name, "there-is-none"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        cloudwatch.list_tags_for_resource(ResourceARN=arn)
    cloudwatch.put_metric_alarm(**request(name))
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_alarms_are_found_by_each_filter(aws, alarm, unique):
    prefix, cloudwatch = unique() + "-", aws("cloudwatch")
    blue, green = prefix + "blue", prefix + "green"
    alarm(AlarmName=blue, TreatMissingData="ignore", AlarmActions=[TOPIC])
    alarm(AlarmName=green, TreatMissingData="ignore")
    cloudwatch.set_alarm_state(AlarmName=blue, StateValue="ALARM", StateReason="a test")
    described = cloudwatch.describe_alarms
    assert names(described(AlarmNames=[green, blue, "none"])) == [blue, green]
    assert names(described(AlarmNamePrefix=prefix)) == [blue, green]
    assert names(described(AlarmNamePrefix=prefix, StateValue="ALARM")) == [blue]
    assert names(described(AlarmNamePrefix=prefix, ActionPrefix="arn:aws:sns")) == [blue]
    assert names(described(AlarmNamePrefix=prefix, AlarmTypes=["CompositeAlarm"])) == []
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, PaginationConfig={"PageSize": 1}
    )
    assert [names(page) for page in pages] == [[blue], [green]]


def test_alarms_are_found_by_their_metric(aws, alarm):
    slot = [{"Name": "slot", "Value": "blue"}]
    plain = alarm()
    alarm(MetricName=plain, Dimensions=slot)
    found = aws("cloudwatch").describe_alarms_for_metric(Namespace="test", MetricName=plain)
    assert names(found) == [plain]


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"Period": 45}, "ValidationError", "10, 20, 30 or a multiple of 60"),
        ({"Period": 60, "EvaluationPeriods": 1441}, "ValidationError", "more than a day"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "ValidationError", "more than a week"),
        ({"DatapointsToAlarm": 2}, "ValidationError", "less than or equal to EvaluationPeriods"),
        ({"TreatMissingData": "panic"}, "ValidationError", "Option panic is not supported"),
        ({"Statistic": "Median"}, "ValidationError", "enum value set"),
        ({"ComparisonOperator": "About"}, "ValidationError", "enum value set"),
        ({"AlarmActions": ["topic"]}, "ValidationError", "Invalid arn syntax"),
        ({"ExtendedStatistic": "p99"}, "InvalidParameterCombination", "mutually exclusive"),
        (
            {"ComparisonOperator": "GreaterThanUpperThreshold"},
            "NotImplementedException",
            "GreaterThanUpperThreshold",
        ),
        (
            {"AlarmActions": ["arn:aws:automate:us-west-2:ec2:stop"]},
            "ValidationError",
            "Invalid arn syntax",
        ),
        (
            {"AlarmActions": ["arn:aws:lambda:us-west-2:123456789012:function:f"]},
            "NotImplementedException",
            "SNS is",
        ),
    ],
)
def test_wrong_alarm_is_refused(aws, unique, settings, code, words):
    name = unique()
    with pytest.raises(ClientError, match=words) as refused:
        aws("cloudwatch").put_metric_alarm(**request(name, **settings))
    assert refused.value.response["Error"]["Code"] == code
    assert names(aws("cloudwatch").describe_alarms(AlarmNames=[name])) == []


@pytest.mark.parametrize("missing", ["MetricName", "Namespace", "Statistic", "Period", "Threshold"])
def test_alarm_that_lacks_a_part_is_refused(aws, unique, missing):
    incomplete = {key: value for key, value in request(unique()).items() if key != missing}
    with pytest.raises(ClientError, match=f"{missing} is required") as refused:
        aws("cloudwatch").put_metric_alarm(**incomplete)
    assert refused.value.response["Error"]["Code"] == "MissingParameter"


@pytest.mark.parametrize(
    ("operation", "parameters", "named"),
    [
        (
            "put_metric_alarm",
            {
                "AlarmName": "a",
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Metrics": [{"Id": "e", "Expression": "1"}],
            },
            "`Metrics`",
        ),
        ("put_composite_alarm", {"AlarmName": "a", "AlarmRule": "TRUE"}, "PutCompositeAlarm"),
        ("describe_anomaly_detectors", {}, "DescribeAnomalyDetectors"),
        ("describe_insight_rules", {}, "DescribeInsightRules"),
        ("describe_alarms", {"ChildrenOfAlarmName": "a"}, "`ChildrenOfAlarmName`"),
    ],
)
def test_what_is_not_emulated_fails_with_its_name(aws, operation, parameters, named):
    with pytest.raises(ClientError, match=named) as refused:
        getattr(aws("cloudwatch"), operation)(**parameters)
    assert refused.value.response["Error"]["Code"] == "NotImplementedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"AlarmName": "there-is-none"}, "ResourceNotFound"),
        ({"StateReasonData": "{"}, "InvalidFormat"),
        ({"StateValue": "PANIC"}, "ValidationError"),
    ],
)
def test_wrong_state_is_refused(aws, alarm, settings, code):
    given = {"AlarmName": alarm(), "StateValue": "OK", "StateReason": "a test", **settings}
    with pytest.raises(ClientError) as refused:
        aws("cloudwatch").set_alarm_state(**given)
    assert refused.value.response["Error"]["Code"] == code


def test_wrong_page_is_refused(aws):
    with pytest.raises(ClientError) as refused:
        aws("cloudwatch").describe_alarms(NextToken="there-is-none")
    assert refused.value.response["Error"]["Code"] == "InvalidNextToken"
