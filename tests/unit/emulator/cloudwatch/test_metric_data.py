"""Metrics that anybody puts: what is given back of them, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def cloudwatch(aws):
    return aws("cloudwatch")


@pytest.fixture
def put(cloudwatch, unique):
    """Return a function that puts data of one metric of this test's own namespace."""
    namespace = unique()

    def put_data(*data):
        cloudwatch.put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": "m", **datum} for datum in data]
        )
        return namespace

    return put_data


def now() -> datetime:
    return datetime.now(UTC)


def statistics(cloudwatch, namespace, **settings):
    request = {
        "Namespace": namespace,
        "MetricName": "m",
        "StartTime": now() - timedelta(hours=1),
        "EndTime": now() + timedelta(minutes=1),
        "Period": 7200,
        "Statistics": ["SampleCount", "Average", "Sum", "Minimum", "Maximum"],
        **settings,
    }
    return cloudwatch.get_metric_statistics(**request)["Datapoints"]


@pytest.mark.parametrize(
    "data",
    [
        [{"Value": 2}, {"Value": 2}, {"Value": 5}],
        [{"Values": [2, 5], "Counts": [2, 1]}],
        [{"StatisticValues": {"SampleCount": 3, "Sum": 9, "Minimum": 2, "Maximum": 5}}],
    ],
    ids=["values", "counted", "summed up"],
)
def test_statistics_are_of_all_values(cloudwatch, put, data):
    (found,) = statistics(cloudwatch, put(*data))
    assert {name: found[name] for name in found if name not in {"Timestamp", "Unit"}} == {
        "SampleCount": 3,
        "Average": 3,
        "Sum": 9,
        "Minimum": 2,
        "Maximum": 5,
    }


def test_periods_begin_on_whole_minutes(cloudwatch, put):
    begin = now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    stamps = [begin + timedelta(seconds=seconds) for seconds in (0, 59, 60, 185)]
    namespace = put(*({"Timestamp": stamp, "Value": 1} for stamp in stamps))
    found = statistics(
        cloudwatch,
        namespace,
        Period=60,
        StartTime=begin + timedelta(seconds=17),
        Statistics=["Sum"],
    )
    assert [(each["Timestamp"], each["Sum"]) for each in found] == [
        (begin, 2),
        (begin + timedelta(minutes=1), 1),
        (begin + timedelta(minutes=3), 1),
    ]


def test_values_of_different_units_are_told_apart(cloudwatch, put):
    namespace = put({"Value": 1, "Unit": "Count"}, {"Value": 2, "Unit": "Seconds"})
    found = statistics(cloudwatch, namespace, Statistics=["Sum"])
    assert {(each["Unit"], each["Sum"]) for each in found} == {("Count", 1), ("Seconds", 2)}
    found = statistics(cloudwatch, namespace, Statistics=["Sum"], Unit="Seconds")
    assert [each["Sum"] for each in found] == [2]


def test_other_dimensions_are_another_metric(cloudwatch, put):
    one, other = [{"Name": "slot", "Value": "blue"}], [{"Name": "slot", "Value": "green"}]
    namespace = put({"Value": 1, "Dimensions": one}, {"Value": 2, "Dimensions": other})
    assert [each["Sum"] for each in statistics(cloudwatch, namespace, Dimensions=other)] == [2]
    assert statistics(cloudwatch, namespace) == []


def query(namespace, identifier="q", **settings):
    metric = {"Namespace": namespace, "MetricName": "m"}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": stat, **settings}


def metric_data(cloudwatch, *queries, **settings):
    request = {
        "MetricDataQueries": list(queries),
        "StartTime": now() - timedelta(hours=1),
        "EndTime": now() + timedelta(minutes=1),
        **settings,
    }
    return cloudwatch.get_metric_data(**request)["MetricDataResults"]


@pytest.mark.parametrize(
    ("order", "values"),
    [({}, [3, 1]), ({"ScanBy": "TimestampAscending"}, [1, 3])],
    ids=["newest first", "oldest first"],
)
def test_queries_are_answered_in_order(cloudwatch, put, order, values):
    earlier = now() - timedelta(minutes=5)
    namespace = put({"Timestamp": earlier, "Value": 1}, {"Value": 3})
    (found,) = metric_data(cloudwatch, query(namespace), **order)
    assert (found["Id"], found["Label"], found["Values"]) == ("q", "m", values)
    assert found["StatusCode"] == "Complete"


def test_query_that_returns_no_data_returns_none(cloudwatch, put):
    namespace = put({"Value": 1})
    found = metric_data(cloudwatch, query(namespace), query(namespace, "other", ReturnData=False))
    assert [each["Id"] for each in found] == ["q"]


def test_metrics_are_listed_by_what_is_asked_for(cloudwatch, put):
    slots = [[{"Name": "slot", "Value": value}] for value in ("green", "blue")]
    namespace = put(*({"Value": 1, "Dimensions": dimensions} for dimensions in slots))

    def listed(**wanted):
        found = cloudwatch.list_metrics(Namespace=namespace, **wanted)["Metrics"]
        return [each["Dimensions"][0]["Value"] for each in found]

    assert listed() == ["blue", "green"]
    assert listed(Dimensions=[{"Name": "slot"}]) == ["blue", "green"]
    assert listed(Dimensions=[{"Name": "slot", "Value": "blue"}]) == ["blue"]
    assert listed(MetricName="n") == listed(Dimensions=[{"Name": "other"}]) == []
    assert listed(RecentlyActive="PT3H") == ["blue", "green"]


def test_long_list_of_metrics_comes_in_pages(cloudwatch, put):
    for first in (0, 300):
        namespace = put(
            *(
                {"Value": 1, "Dimensions": [{"Name": "n", "Value": f"{number:03}"}]}
                for number in range(first, first + 300)
            )
        )
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace)
    assert [len(each["Metrics"]) for each in pages] == [500, 100]


STATISTIC_SET = {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}


@pytest.mark.parametrize(
    ("datum", "code", "words"),
    [
        ({}, "MissingParameter", "must be specified"),
        ({"Value": float("nan")}, "InvalidParameterValue", "NaN"),
        ({"Value": float("inf")}, "InvalidParameterValue", "no finite number"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue", "same size"),
        ({"Values": [1], "Counts": [0]}, "InvalidParameterValue", "positive"),
        ({"Value": 1, "Values": [1]}, "InvalidParameterValue", "mutually exclusive"),
        (
            {"Value": 1, "StatisticValues": STATISTIC_SET},
            "InvalidParameterCombination",
            "mutually exclusive",
        ),
        ({"Value": 1, "Unit": "Apples"}, "ValidationError", "enum value set"),
        (
            {"Value": 1, "Timestamp": datetime(2020, 1, 1, tzinfo=UTC)},
            "InvalidParameterValue",
            "past two weeks",
        ),
    ],
)
def test_wrong_datum_is_refused_and_nothing_is_kept(cloudwatch, put, datum, code, words):
    with pytest.raises(ClientError, match=words) as refused:
        put({"Value": 7}, datum)
    assert refused.value.response["Error"]["Code"] == code
    namespace = put({"Value": 1})
    assert [each["Sum"] for each in statistics(cloudwatch, namespace)] == [1]


def test_namespace_of_aws_is_refused(cloudwatch):
    with pytest.raises(ClientError, match="for parameter Namespace is invalid") as refused:
        cloudwatch.put_metric_data(
            Namespace="AWS/ApplicationELB", MetricData=[{"MetricName": "m", "Value": 1}]
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"Period": 61}, "InvalidParameterValue", "multiple of 60"),
        ({"Period": 1}, "InvalidParameterCombination", "exceeds the limit of 1,440"),
        ({"EndTime": now() - timedelta(hours=2)}, "InvalidParameterValue", "less than"),
        ({"Statistics": ["Median"]}, "ValidationError", "enum value set"),
        ({"ExtendedStatistics": ["p99"]}, "NotImplementedException", "ExtendedStatistics"),
    ],
)
def test_wrong_question_for_statistics_is_refused(cloudwatch, settings, code, words):
    with pytest.raises(ClientError, match=words) as refused:
        statistics(cloudwatch, "test", **settings)
    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("queries", "settings", "code", "words"),
    [
        ([{"Id": "q"}], {}, "ValidationError", "MetricStat is required"),
        ([{"Id": "q", "Expression": "1+1"}], {}, "NotImplementedException", r"`1\+1`"),
        ([query("t")], {"MaxDatapoints": 1}, "NotImplementedException", "MaxDatapoints"),
        ([query("t")], {"EndTime": now() - timedelta(days=1)}, "ValidationError", "less than"),
    ],
)
def test_wrong_query_is_refused(cloudwatch, queries, settings, code, words):
    with pytest.raises(ClientError, match=words) as refused:
        metric_data(cloudwatch, *queries, **settings)
    assert refused.value.response["Error"]["Code"] == code
