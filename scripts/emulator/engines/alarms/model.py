"""An alarm on one metric, and what was reported of that metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from emulator.engines.alarms.statistics import Statistic


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Comparison(StrEnum):
    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    GREATER = "GreaterThanThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"


class Missing(StrEnum):
    """How an alarm treats periods in which nothing was reported."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


@dataclass(frozen=True)
class Alarm:
    """What PutMetricAlarm declares. `datapoints_to_alarm` is None where it was not given."""

    period_s: int
    evaluation_periods: int
    statistic: Statistic
    comparison: Comparison
    threshold: float
    missing: Missing = Missing.MISSING
    datapoints_to_alarm: int | None = None
    unit: str | None = None

    @property
    def needed(self) -> int:
        """Return how many breaching datapoints make an alarm."""
        return self.datapoints_to_alarm or self.evaluation_periods


@dataclass(frozen=True)
class Datapoint:
    """The alarm's statistic of one period, and when that period's first value was reported."""

    began_at: datetime
    value: float
    sample_count: float


Slots = Sequence[Datapoint | None]
"""One for each period of the evaluation range, the newest first; None where nothing came."""


@dataclass(frozen=True)
class Verdict:
    """What an alarm changes to, and why: `data` is the JSON object of StateReasonData."""

    state: State
    reason: str
    data: dict[str, Any]
