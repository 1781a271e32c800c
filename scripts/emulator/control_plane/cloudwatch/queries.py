"""What the describing operations answer: filters, pages, statistics.

Source: botocore cloudwatch; API reference for what each filter means.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.control_plane.answers import page, present
from emulator.control_plane.cloudwatch import data, views
from emulator.control_plane.cloudwatch import exceptions as refuse
from emulator.control_plane.cloudwatch.history import Item
from emulator.control_plane.cloudwatch.store import MetricKey
from emulator.engines.alarms.statistics import Statistic

if TYPE_CHECKING:
    from emulator.control_plane.cloudwatch.models import CloudWatchBackend

Params = dict[str, Any]
Answer = dict[str, Any]

_METRICS_A_PAGE = 500
_RECORDS_A_PAGE = 50
_RECENT = timedelta(hours=3)


# Metrics


def metric_statistics(backend: "CloudWatchBackend", params: Params) -> Answer:
    if params.get("ExtendedStatistics"):
        raise refuse.NotEmulated(
            "cloudwatch:GetMetricStatistics's `ExtendedStatistics` is not emulated."
        )
    if not params.get("Statistics"):
        raise refuse.InvalidParameterCombination(
            "Must specify either Statistics or ExtendedStatistics"
        )
    key = data.metric_key(params["Namespace"], params["MetricName"], params.get("Dimensions"))
    start, end = data.utc(params["StartTime"]), data.utc(params["EndTime"])
    data.check_period(params["Period"])
    data.check_range(start, end, refuse.InvalidParameterValue)
    data.check_count(start, end, params["Period"])
    points = backend.store.points(key)
    found = data.periods(points, start, end, params["Period"], params.get("Unit"), by_unit=True)
    return {
        "Label": params["MetricName"],
        "Datapoints": [views.datapoint(each, params["Statistics"]) for each in found],
    }


def metric_data(backend: "CloudWatchBackend", params: Params) -> Answer:
    if params.get("MaxDatapoints"):
        raise refuse.NotEmulated("cloudwatch:GetMetricData's `MaxDatapoints` is not emulated.")
    newest_first = params.get("ScanBy") != "TimestampAscending"
    results = []
    for number, query in enumerate(params["MetricDataQueries"], start=1):
        result = _query(backend, params, query, number, newest_first)
        if query.get("ReturnData", True):
            results.append(result)
    return {"MetricDataResults": results, "Messages": []}


def _query(
    backend: "CloudWatchBackend", params: Params, query: Params, number: int, newest_first: bool
) -> Answer:
    if query.get("Expression"):
        raise refuse.NotEmulated(
            f"cloudwatch:GetMetricData's expression `{query['Expression']}` is not emulated."
        )
    stat = query.get("MetricStat")
    if stat is None:
        raise refuse.ValidationError(
            f"The parameter MetricDataQueries.member.{number}.MetricStat is required.\n"
        )
    if stat["Stat"] not in set(Statistic):
        raise refuse.NotEmulated(
            f"cloudwatch:GetMetricData's statistic `{stat['Stat']}` is not emulated."
        )
    metric = stat["Metric"]
    key = data.metric_key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
    start, end = data.utc(params["StartTime"]), data.utc(params["EndTime"])
    data.check_period(stat["Period"])
    data.check_range(start, end, refuse.ValidationError)
    points = backend.store.points(key)
    found = data.periods(points, start, end, stat["Period"], stat.get("Unit"), by_unit=False)
    if newest_first:
        found.reverse()
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric["MetricName"],
        "Timestamps": [each.begins_at for each in found],
        "Values": [each.values.value(Statistic(stat["Stat"])) for each in found],
        "StatusCode": "Complete",
    }


def list_metrics(backend: "CloudWatchBackend", params: Params) -> Answer:
    since = backend.runtime.clock.now() - _RECENT if params.get("RecentlyActive") else None

    def matches(key: MetricKey) -> bool:
        return (
            params.get("Namespace") in {None, key.namespace}
            and params.get("MetricName") in {None, key.name}
            and all(_has(key, wanted) for wanted in params.get("Dimensions") or [])
            and (since is None or backend.store.points(key)[-1].at >= since)
        )

    found, token = page(
        backend.metrics(matches),
        str,
        params.get("NextToken"),
        _METRICS_A_PAGE,
        refuse.InvalidParameterValue,
    )
    return present(Metrics=[views.metric(key) for key in found], NextToken=token)


def _has(key: MetricKey, wanted: dict[str, str]) -> bool:
    """Tell whether a metric has a dimension, of a value where one is given."""
    return any(
        name == wanted["Name"] and wanted.get("Value") in {None, value}
        for name, value in key.dimensions
    )


# Alarms


def describe_alarms(backend: "CloudWatchBackend", params: Params) -> Answer:
    for name in ("ChildrenOfAlarmName", "ParentsOfAlarmName"):
        if params.get(name):
            raise refuse.NotEmulated(f"cloudwatch:DescribeAlarms's `{name}` is not emulated.")
    if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
        raise refuse.ValidationError("AlarmNames and AlarmNamePrefix cannot be used together.")
    types = params.get("AlarmTypes") or [views.METRIC_ALARM]
    alarms = backend.alarms.values() if views.METRIC_ALARM in types else []
    found, token = _page(
        sorted((each for each in alarms if _wanted(each, params)), key=lambda each: each.name),
        lambda each: str(each.name),
        params,
    )
    answer = present(MetricAlarms=[views.metric_alarm(each) for each in found], NextToken=token)
    return answer | {"CompositeAlarms": []}


def _wanted(alarm: Any, params: Params) -> bool:
    actions = [*alarm.alarm_actions, *alarm.ok_actions, *alarm.insufficient_data_actions]
    names, prefix = params.get("AlarmNames"), params.get("ActionPrefix")
    return (
        (not names or alarm.name in names)
        and alarm.name.startswith(params.get("AlarmNamePrefix") or "")
        and params.get("StateValue") in {None, alarm.state_value}
        and (not prefix or any(arn.startswith(prefix) for arn in actions))
    )


def alarms_for_metric(backend: "CloudWatchBackend", params: Params) -> Answer:
    """Return the alarms on exactly this metric."""
    key = data.metric_key(params["Namespace"], params["MetricName"], params.get("Dimensions"))
    found = [
        alarm
        for alarm in backend.alarms.values()
        if views.watched(alarm) == key
        and params.get("Statistic") in {None, alarm.statistic}
        and params.get("Period") in {None, alarm.period}
        and params.get("Unit") in {None, alarm.unit}
    ]
    return {"MetricAlarms": [views.metric_alarm(alarm) for alarm in found]}


def alarm_history(backend: "CloudWatchBackend", params: Params) -> Answer:
    types = params.get("AlarmTypes") or [views.METRIC_ALARM]
    start, end = params.get("StartDate"), params.get("EndDate")

    def is_wanted(item: Item) -> bool:
        return (
            params.get("AlarmName") in {None, item.alarm_name}
            and params.get("HistoryItemType") in {None, item.kind}
            and (start is None or item.at >= data.utc(start))
            and (end is None or item.at <= data.utc(end))
            and views.METRIC_ALARM in types
        )

    items = [item for item in backend.history if is_wanted(item)]
    if params.get("ScanBy") != "TimestampAscending":
        items.reverse()
    found, token = _page(items, lambda item: f"{item.at.isoformat()} {item.summary}", params)
    return present(AlarmHistoryItems=[views.history_item(item) for item in found], NextToken=token)


def _page(
    items: list[Any], key: Callable[[Any], str], params: Params
) -> tuple[list[Any], str | None]:
    limit = params.get("MaxRecords") or _RECORDS_A_PAGE
    return page(items, key, params.get("NextToken"), limit, refuse.InvalidNextToken)
