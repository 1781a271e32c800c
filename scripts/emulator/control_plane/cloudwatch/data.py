"""What PutMetricData puts, and what the statistics operations give back of it.

Source: botocore cloudwatch, shapes MetricDatum and GetMetricStatisticsInput; API reference,
"GetMetricStatistics": a start time is rounded down to the whole minute, or to a shorter period.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.control_plane.base import AwsError
from emulator.control_plane.cloudwatch import exceptions as refuse
from emulator.control_plane.cloudwatch.store import MetricKey, Point
from emulator.engines.alarms.statistics import StatisticSet, merged

NO_UNIT = "None"
MAX_DATAPOINTS = 1440
_MINUTE_S = 60
_SHORT_PERIODS = {1, 5, 10, 20, 30}
_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)


@dataclass(frozen=True)
class Period:
    """One period's values: `begins_at` is where it begins on the asked-for grid."""

    begins_at: datetime
    unit: str
    values: StatisticSet


def metric_key(namespace: str, name: str, dimensions: list[dict[str, str]] | None) -> MetricKey:
    return MetricKey.of(
        namespace, name, ((each["Name"], each["Value"]) for each in dimensions or ())
    )


def datum_values(datum: dict[str, Any]) -> StatisticSet:
    """Return a MetricDatum's values; its members have been checked."""
    if datum.get("StatisticValues"):
        given = datum["StatisticValues"]
        return StatisticSet(
            float(given["SampleCount"]),
            float(given["Sum"]),
            float(given["Minimum"]),
            float(given["Maximum"]),
        )
    if datum.get("Values"):
        counts = datum.get("Counts") or [1.0] * len(datum["Values"])
        pairs = zip(datum["Values"], counts, strict=True)
        found = merged(StatisticSet.of(float(value), float(count)) for value, count in pairs)
        if found is not None:
            return found
    return StatisticSet.of(float(datum["Value"]))


def utc(moment: datetime) -> datetime:
    """Return a caller's time with its zone; moto parses some without, in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def check_timestamp(moment: datetime, now: datetime) -> None:
    """Raise InvalidParameterValue for what AWS is too late or too early for."""
    if not now - _OLDEST <= moment <= now + _NEWEST:
        raise refuse.InvalidParameterValue(
            "The parameter MetricData.member.Timestamp must specify a time within the past two "
            "weeks and no more than two hours in the future."
        )


def check_period(period_s: int) -> None:
    if period_s not in _SHORT_PERIODS and (period_s < _MINUTE_S or period_s % _MINUTE_S):
        raise refuse.InvalidParameterValue(
            "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."
        )


def check_range(start: datetime, end: datetime, invalid: type[AwsError]) -> None:
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")


def check_count(start: datetime, end: datetime, period_s: int) -> None:
    """Refuse what could yield more datapoints than one answer may hold."""
    asked_for = math.ceil((end - start).total_seconds() / period_s)
    if asked_for > MAX_DATAPOINTS:
        raise refuse.InvalidParameterCombination(
            f"You have requested up to {asked_for:,} datapoints, which exceeds the limit of "
            f"{MAX_DATAPOINTS:,}. You may reduce the datapoints requested by increasing Period, "
            "or decreasing the time range."
        )


def periods(
    points: Iterable[Point],
    start: datetime,
    end: datetime,
    period_s: int,
    unit: str | None,
    by_unit: bool,
) -> list[Period]:
    """Return the periods in which something was reported, the oldest first.

    `by_unit` keeps values of different units apart; else the first one's names them all.
    """
    grid_s = min(period_s, _MINUTE_S)
    begin_s = start.timestamp() // grid_s * grid_s
    found: defaultdict[tuple[int, str], list[Point]] = defaultdict(list)
    for point in points:
        reported_s = point.at.timestamp()
        if begin_s <= reported_s < end.timestamp() and unit in {None, point.unit}:
            nth = int((reported_s - begin_s) // period_s)
            found[nth, point.unit if by_unit else ""].append(point)
    result = []
    for (nth, _), members in sorted(found.items(), key=lambda item: item[0]):
        values = merged(point.values for point in members)
        if values is not None:
            begins_at = datetime.fromtimestamp(begin_s + nth * period_s, UTC)
            result.append(Period(begins_at, members[0].unit, values))
    return result
