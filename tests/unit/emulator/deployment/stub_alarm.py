"""An alarm of CloudWatch whose state only a test sets."""

from collections.abc import Callable
from typing import Any


class Alarm:
    """Watches a metric that nobody reports, and keeps its state where there is no data."""

    def __init__(self, aws: Callable[[str], Any], name: str) -> None:
        self.name = name
        self._cloudwatch = aws("cloudwatch")
        self._cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Workshop/Tests",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=3,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="ignore",
        )
        self.set("OK")

    def set(self, state: str) -> None:
        self._cloudwatch.set_alarm_state(
            AlarmName=self.name, StateValue=state, StateReason="a test"
        )

    def watched(self, **settings: Any) -> dict[str, Any]:
        """Return the alarm configuration of a group that this alarm alone stops."""
        return {"enabled": True, "alarms": [{"name": self.name}], **settings}

    def delete(self) -> None:
        self._cloudwatch.delete_alarms(AlarmNames=[self.name])
