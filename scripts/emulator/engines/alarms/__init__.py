"""The alarm engine: whether CloudWatch's metric alarm goes to OK, ALARM or INSUFFICIENT_DATA.

`evaluate(alarm, state, slots, now)` takes what was reported in each of the last periods, and
returns what the alarm changes to, or None where it stays as it is.

- `model`: an alarm, a datapoint, a state, spelt as AWS spells them.
- `statistics`: what a period's values are summed up to.
- `tables`: what each comparison and each treatment of missing data means.
- `windows`: which stretches of emulated time an alarm looks at.
- `engine`: the rules. `reasons`: why, in AWS's words.

Source: "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data" in the
CloudWatch user guide.
"""

from emulator.engines.alarms.engine import evaluate

__all__ = ["evaluate"]
