"""What many values are summed up to: the statistics that CloudWatch gives of a period."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Statistic(StrEnum):
    SAMPLE_COUNT = "SampleCount"
    AVERAGE = "Average"
    SUM = "Sum"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"


@dataclass(frozen=True, slots=True)
class StatisticSet:
    """At least one value. Source: botocore cloudwatch, shape StatisticSet."""

    sample_count: float
    total: float
    minimum: float
    maximum: float

    @classmethod
    def of(cls, value: float, count: float = 1.0) -> "StatisticSet":
        """Return the set of one value that came `count` times."""
        return cls(count, value * count, value, value)

    def plus(self, other: "StatisticSet") -> "StatisticSet":
        return StatisticSet(
            self.sample_count + other.sample_count,
            self.total + other.total,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    def value(self, statistic: Statistic) -> float:
        return _VALUES[statistic](self)


_VALUES: dict[Statistic, Callable[[StatisticSet], float]] = {
    Statistic.SAMPLE_COUNT: lambda found: found.sample_count,
    Statistic.AVERAGE: lambda found: found.total / found.sample_count if found.sample_count else 0,
    Statistic.SUM: lambda found: found.total,
    Statistic.MINIMUM: lambda found: found.minimum,
    Statistic.MAXIMUM: lambda found: found.maximum,
}


def merged(sets: Iterable[StatisticSet]) -> StatisticSet | None:
    """Return one set of all values, or None of none."""
    result: StatisticSet | None = None
    for each in sets:
        result = each if result is None else result.plus(each)
    return result
