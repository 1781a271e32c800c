"""What each comparison and each treatment of missing data means.

Source: CloudWatch user guide, "How alarm state is evaluated when data is missing", its two tables,
and "Avoiding premature transitions to alarm state".
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass

from emulator.engines.alarms.model import Comparison, Missing, State


@dataclass(frozen=True)
class Breach:
    """When a value breaches its threshold, and how AWS words it."""

    holds: Callable[[float, float], bool]
    words: str


COMPARISONS: dict[Comparison, Breach] = {
    Comparison.GREATER_OR_EQUAL: Breach(operator.ge, "greater than or equal to"),
    Comparison.GREATER: Breach(operator.gt, "greater than"),
    Comparison.LESS: Breach(operator.lt, "less than"),
    Comparison.LESS_OR_EQUAL: Breach(operator.le, "less than or equal to"),
}

Decision = State | None
"""The state that follows; None retains the current one."""

NOTHING_REPORTED: dict[Missing, Decision] = {
    Missing.MISSING: State.INSUFFICIENT_DATA,
    Missing.IGNORE: None,
    Missing.BREACHING: State.ALARM,
    Missing.NOT_BREACHING: State.OK,
}
"""What follows when the whole evaluation range is empty."""

FILLED_BREACHES: dict[Missing, bool] = {
    Missing.MISSING: False,
    Missing.IGNORE: False,
    Missing.BREACHING: True,
    Missing.NOT_BREACHING: False,
}
"""Whether a datapoint that is filled in counts as breaching, where there are too few real ones."""

PREMATURE: dict[Missing, Decision] = {
    Missing.MISSING: State.ALARM,
    Missing.IGNORE: None,
    Missing.BREACHING: State.ALARM,
    Missing.NOT_BREACHING: State.OK,
}
"""What follows of too few datapoints that all breach, the oldest old enough."""

FILLED_WORDS: dict[Missing, str] = {
    Missing.BREACHING: "Breaching",
    Missing.NOT_BREACHING: "NonBreaching",
}
"""How AWS words what it took missing data for; the others it does not mention."""
