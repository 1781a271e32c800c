"""Every metric's points, within bounds: what is old gives way to what is new.

moto keeps each value as an object for good, and searches all of them for each question.
"""

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from emulator.engines.alarms.statistics import StatisticSet

POINTS_A_METRIC = 1_000
"""Eighty minutes of a load balancer's reports at the default clock, with load all the time."""

POINTS_IN_ALL = 50_000
"""About ten megabytes."""


@dataclass(frozen=True)
class MetricKey:
    """What makes a metric: another set of dimensions is another metric.

    Source: CloudWatch user guide, "Dimensions".
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[tuple[str, str]]) -> "MetricKey":
        return cls(namespace, name, tuple(sorted(dimensions)))


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """What was reported in one moment: on AWS's timeline, and on the real one."""

    emulated_s: float
    at: datetime = field(compare=False)
    values: StatisticSet = field(compare=False)
    unit: str = field(compare=False)


class MetricStore:
    """Used with the runtime's lock held."""

    def __init__(self) -> None:
        self._series: OrderedDict[MetricKey, list[Point]] = OrderedDict()
        self._count = 0

    def add(self, key: MetricKey, point: Point) -> None:
        series = self._series.setdefault(key, [])
        self._series.move_to_end(key)
        if series and _belong_together(series[-1], point):
            last = series[-1]
            series[-1] = Point(last.emulated_s, last.at, last.values.plus(point.values), last.unit)
            return
        insort(series, point)
        self._count += 1
        if len(series) > POINTS_A_METRIC:
            del series[0]
            self._count -= 1
        while self._count > POINTS_IN_ALL:
            _, oldest = self._series.popitem(last=False)
            self._count -= len(oldest)

    def points(self, key: MetricKey) -> list[Point]:
        """Return a metric's points by emulated time, the oldest first."""
        return self._series.get(key, [])

    def __iter__(self) -> Iterator[MetricKey]:
        return iter(self._series)


def _belong_together(last: Point, new: Point) -> bool:
    """Tell whether one point can stand for both: no period ends within an emulated second."""
    return last.unit == new.unit and int(last.emulated_s) == int(new.emulated_s)
