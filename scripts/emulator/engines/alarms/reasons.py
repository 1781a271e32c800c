"""Why an alarm changed, in AWS's words.

Source: StateReason and StateReasonData as publicly reported from real alarms, among them the
events in "Alarm events and EventBridge" in the CloudWatch user guide.
"""

from datetime import UTC, datetime
from typing import Any

from emulator.engines.alarms.model import Alarm, Datapoint, State
from emulator.engines.alarms.tables import COMPARISONS, FILLED_WORDS

_SHOWN = 5
_SHOWN_IN_DATA = 20
"""StateReasonData holds at most 4,000 characters."""


def reason(
    alarm: Alarm, before: State, after: State, judged: list[Datapoint], breaches: list[Datapoint]
) -> str:
    """Return the StateReason of a change."""
    if after is State.INSUFFICIENT_DATA:
        unknown = alarm.evaluation_periods
        return f"Insufficient Data: {_datapoints(unknown)} {_was(unknown)} unknown."
    filled = _filled(alarm, len(judged))
    if not judged:
        periods = alarm.evaluation_periods
        plural = "" if periods == 1 else "s"
        return (
            f"Threshold Crossed: no datapoints were received for {periods} period{plural}{filled}."
        )
    telling = breaches if after is State.ALARM else [x for x in judged if x not in breaches]
    telling = telling or judged
    negation = "" if telling[0] in breaches else "not "
    crossed = f"{_was(len(telling))} {negation}{COMPARISONS[alarm.comparison].words} the threshold"
    threshold = f"({float(alarm.threshold)})"
    listed = ", ".join(f"{x.value} ({_day_first(x.began_at)})" for x in telling[:_SHOWN])
    if alarm.datapoints_to_alarm is None:
        return (
            f"Threshold Crossed: {_datapoints(len(telling))} [{listed}] {crossed} {threshold}"
            f"{filled}."
        )
    return (
        f"Threshold Crossed: {len(telling)} out of the last {alarm.evaluation_periods} datapoints "
        f"[{listed}] {crossed} {threshold}{filled} (minimum {_datapoints(_minimum(alarm, after))} "
        f"for {_opposite(before, after)} -> {after} transition)."
    )


def reason_data(alarm: Alarm, judged: list[Datapoint], now: datetime) -> dict[str, Any]:
    """Return the StateReasonData of a change."""
    shown = judged[:_SHOWN_IN_DATA]
    data: dict[str, Any] = {"version": "1.0", "queryDate": iso(now)}
    if shown:
        data["startDate"] = iso(shown[-1].began_at)
    if alarm.unit:
        data["unit"] = alarm.unit
    return data | {
        "statistic": alarm.statistic,
        "period": alarm.period_s,
        "recentDatapoints": [each.value for each in reversed(shown)],
        "threshold": float(alarm.threshold),
        "evaluatedDatapoints": [
            {
                "timestamp": iso(each.began_at),
                "sampleCount": each.sample_count,
                "value": each.value,
            }
            for each in shown
        ],
    }


def iso(moment: datetime) -> str:
    """Return a time as CloudWatch writes it: `2026-05-06T07:08:09.123+0000`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _filled(alarm: Alarm, judged: int) -> str:
    missing = alarm.evaluation_periods - judged
    words = FILLED_WORDS.get(alarm.missing)
    if missing <= 0 or words is None:
        return ""
    return f" and {missing} missing {_noun(missing)} {_was(missing)} treated as [{words}]"


def _minimum(alarm: Alarm, after: State) -> int:
    return alarm.needed if after is State.ALARM else alarm.evaluation_periods - alarm.needed + 1


def _opposite(before: State, after: State) -> State:
    """Return the state before, which AWS words as if there were OK and ALARM alone."""
    if before is State.INSUFFICIENT_DATA:
        return State.OK if after is State.ALARM else State.ALARM
    return before


def _datapoints(count: int) -> str:
    return f"{count} {_noun(count)}"


def _noun(count: int) -> str:
    return "datapoint" if count == 1 else "datapoints"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _day_first(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%d/%m/%y %H:%M:%S")
