"""The rules by which an alarm changes its state.

Source: CloudWatch user guide, "How alarm state is evaluated when data is missing".
"""

from datetime import datetime

from emulator.engines.alarms import reasons
from emulator.engines.alarms.model import Alarm, Datapoint, Slots, State, Verdict
from emulator.engines.alarms.tables import (
    COMPARISONS,
    FILLED_BREACHES,
    NOTHING_REPORTED,
    PREMATURE,
    Decision,
)


def evaluate(alarm: Alarm, state: State, slots: Slots, now: datetime) -> Verdict | None:
    """Return what an alarm in `state` changes to, or None where it stays as it is."""
    decided = decide(alarm, slots)
    if decided is None or decided == state:
        return None
    judged = _judged(alarm, slots)
    return Verdict(
        decided,
        reasons.reason(alarm, state, decided, judged, breaching(alarm, judged)),
        reasons.reason_data(alarm, judged, now),
    )


def decide(alarm: Alarm, slots: Slots) -> Decision:
    """Return the state that the evaluation range leads to, whatever the state is now.

    As many real datapoints as EvaluationPeriods are judged, the newest; missing ones are filled in
    only where there are fewer.
    """
    judged = _judged(alarm, slots)
    if not judged:
        return NOTHING_REPORTED[alarm.missing]
    breaches = len(breaching(alarm, judged))
    filled = alarm.evaluation_periods - len(judged)
    if filled and FILLED_BREACHES[alarm.missing]:
        breaches += filled
    if breaches >= alarm.needed:
        return State.ALARM
    if filled and _is_old_enough(alarm, slots):
        return PREMATURE[alarm.missing]
    return State.OK


def breaching(alarm: Alarm, datapoints: list[Datapoint]) -> list[Datapoint]:
    holds = COMPARISONS[alarm.comparison].holds
    return [each for each in datapoints if holds(each.value, alarm.threshold)]


def _judged(alarm: Alarm, slots: Slots) -> list[Datapoint]:
    return [slot for slot in slots if slot is not None][: alarm.evaluation_periods]


def _is_old_enough(alarm: Alarm, slots: Slots) -> bool:
    """Tell whether all that was reported breaches, and began DatapointsToAlarm periods ago."""
    reported = [(age, slot) for age, slot in enumerate(slots, start=1) if slot is not None]
    all_breach = len(breaching(alarm, [slot for _, slot in reported])) == len(reported)
    return all_breach and max(age for age, _ in reported) >= alarm.needed
