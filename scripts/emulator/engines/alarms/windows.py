"""Which stretches of emulated time an alarm looks at.

Emulated time runs as fast as the clock's scale: a period of 60 seconds is over in five real ones at
scale 12. Load balancers report once an emulated minute, but never more often than once a real
second; at scales above 60 the periods of alarms are stretched to whole reports, so that a period
that is shorter than a report does not look empty.

Source: CloudWatch user guide, "Alarm evaluation": an alarm of a minute or longer is compared once a
minute, over the periods that end there.
"""

import math

MINUTE_S = 60.0

EXTRA_PERIODS = 2
"""How many more periods than EvaluationPeriods are looked at, in case some are empty; the user
guide's tables show two."""

Window = tuple[float, float]
"""From the first emulated second, which is in it, to the last, which is not."""


def report_every_s(scale: float) -> float:
    """Return how many emulated seconds lie between two reports of a load balancer."""
    return max(MINUTE_S, scale)


def stretched_period_s(period_s: float, scale: float) -> float:
    """Return how many emulated seconds a period really takes: at least a real second."""
    if scale <= MINUTE_S:
        return max(period_s, scale)
    return math.ceil(period_s / scale) * scale


def last_end(now_s: float, period_s: float, scale: float) -> float:
    """Return when the newest period ends that is over: on a whole minute, or a shorter period."""
    step_s = min(stretched_period_s(period_s, scale), report_every_s(scale))
    return math.floor(now_s / step_s) * step_s


def windows(end_s: float, period_s: float, evaluation_periods: int) -> list[Window]:
    """Return the evaluation range that ends at `end_s`, the newest period first."""
    count = evaluation_periods + EXTRA_PERIODS
    return [(end_s - (nth + 1) * period_s, end_s - nth * period_s) for nth in range(count)]
