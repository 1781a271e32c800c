"""moto's CloudWatch, with metrics in a store of our own and alarms that are evaluated."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend as MotoCloudWatchBackend

from emulator.control_plane.base import Emulated
from emulator.control_plane.cloudwatch import announcements, data, validation, views
from emulator.control_plane.cloudwatch import exceptions as refuse
from emulator.control_plane.cloudwatch.announcements import Seen
from emulator.control_plane.cloudwatch.history import AlarmHistory, state_of
from emulator.control_plane.cloudwatch.store import MetricKey, MetricStore, Point
from emulator.engines.alarms import evaluate, windows
from emulator.engines.alarms.model import Alarm, Datapoint, State
from emulator.engines.alarms.statistics import StatisticSet, merged

UNCHECKED = "Unchecked: Initial alarm creation"


class CloudWatchBackend(Emulated, MotoCloudWatchBackend):
    """One account's metrics and alarms in one region. Alarms are moto's models, by their names."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = MetricStore()
        self.history = AlarmHistory()
        self._compared: dict[str, float] = {}

    # Metrics

    def record(
        self,
        namespace: str,
        name: str,
        dimensions: Iterable[tuple[str, str]],
        values: StatisticSet,
        unit: str,
        at: datetime,
        emulated_s: float,
    ) -> None:
        """Keep what one of AWS's own services reports."""
        key = MetricKey.of(namespace, name, dimensions)
        self.store.add(key, Point(emulated_s, at, values, unit))

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        """Keep what a caller puts: all of it, or nothing where a part is refused."""
        now, points = self.runtime.clock.now(), []
        for number, datum in enumerate(metric_data, start=1):
            self._validate_parameters_put_metric_data(datum, number)
            validation.refuse_datum(datum, number)
            at = data.utc(datum["Timestamp"]) if datum.get("Timestamp") else now
            data.check_timestamp(at, now)
            key = data.metric_key(namespace, datum["MetricName"], datum.get("Dimensions"))
            unit = datum.get("Unit") or data.NO_UNIT
            emulated_s = self.runtime.emulated_time.at(at)
            points.append((key, Point(emulated_s, at, data.datum_values(datum), unit)))
        for key, point in points:
            self.store.add(key, point)

    def metrics(self, matches: Callable[[MetricKey], bool]) -> list[MetricKey]:
        return sorted(
            (key for key in self.store if matches(key)),
            key=lambda key: (key.namespace, key.name, key.dimensions),
        )

    # Alarms

    def put_alarm(self, params: dict[str, Any]) -> None:
        """Create an alarm, or replace one's configuration. Raises what AWS refuses it with."""
        validation.refuse_alarm(params)
        name = params["AlarmName"]
        self.put_metric_alarm(
            name,
            namespace=params["Namespace"],
            metric_name=params["MetricName"],
            comparison_operator=params["ComparisonOperator"],
            evaluation_periods=params["EvaluationPeriods"],
            datapoints_to_alarm=params.get("DatapointsToAlarm"),
            period=params["Period"],
            threshold=params["Threshold"],
            statistic=params["Statistic"],
            description=params.get("AlarmDescription"),
            dimensions=params.get("Dimensions") or [],
            alarm_actions=params.get("AlarmActions") or [],
            ok_actions=params.get("OKActions"),
            insufficient_data_actions=params.get("InsufficientDataActions"),
            unit=params.get("Unit"),
            actions_enabled=params.get("ActionsEnabled", True),
            treat_missing_data=params.get("TreatMissingData"),
            tags=None if name in self.alarms else params.get("Tags"),
        )

    def put_metric_alarm(self, name: str, **settings: Any) -> Any:
        """Keep an alarm; one of that name gives it its state. moto's own services call it as well.

        Source: API reference, "PutMetricAlarm": an update leaves the state unchanged.
        """
        known, now = self.alarms.get(name), self.runtime.clock.now()
        alarm = super().put_metric_alarm(name, **settings)
        alarm.configuration_updated_timestamp = now
        _take_state(alarm, known, now)
        self._compared.pop(name, None)
        self.history.configured(name, now, "updated" if known else "created")
        self._changed(alarm)
        return alarm

    def delete_alarms(self, alarm_names: list[str]) -> None:
        """Delete those that exist. Source: API reference, "DeleteAlarms": others do no harm."""
        for name in alarm_names:
            alarm = self.alarms.pop(name, None)
            if alarm is not None:
                self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
                self._compared.pop(name, None)
                self.history.configured(name, self.runtime.clock.now(), "deleted")
                self._changed(alarm)

    def tags_of(self, arn: str) -> dict[str, str]:
        if all(alarm.alarm_arn != arn for alarm in self.alarms.values()):
            raise refuse.ResourceNotFoundException(f"The resource `{arn}` does not exist.")
        found: dict[str, str] = self.list_tags_for_resource(arn)
        return found

    def set_alarm_state(
        self, alarm_name: str, reason: str, reason_data: str | None, state_value: str
    ) -> None:
        """Set a state by hand; it lasts until the next comparison leads to another."""
        if alarm_name not in self.alarms:
            raise refuse.ResourceNotFound(f"The alarm `{alarm_name}` does not exist.")
        if reason_data:
            try:
                json.loads(reason_data)
            except ValueError as error:
                raise refuse.InvalidFormat(f"StateReasonData is not JSON: {error}") from error
        self._enter(self.alarms[alarm_name], state_value, reason, reason_data or "")

    def compare(self, alarm: Any, now_s: float) -> None:
        """Compare an alarm's metric with its threshold, once a minute or a shorter period."""
        rule = views.rule(alarm)
        end_s = windows.last_end(now_s, rule.period_s, self.runtime.clock.scale)
        if self._compared.get(alarm.name, -1.0) < end_s:
            self._compared[alarm.name] = end_s
            self._compare(alarm, rule, end_s)

    def _compare(self, alarm: Any, rule: Alarm, end_s: float) -> None:
        now = self.runtime.clock.now()
        slots = self._slots(views.watched(alarm), rule, end_s)
        verdict = evaluate(rule, State(alarm.state_value), slots, now)
        if verdict is not None:
            self._enter(alarm, verdict.state, verdict.reason, json.dumps(verdict.data))

    def _slots(self, key: MetricKey, rule: Alarm, end_s: float) -> list[Datapoint | None]:
        """Return what was reported in each period of the evaluation range, the newest first."""
        period_s = windows.stretched_period_s(rule.period_s, self.runtime.clock.scale)
        points = [point for point in self.store.points(key) if rule.unit in {None, point.unit}]
        found: list[Datapoint | None] = []
        for begin_s, stop_s in windows.windows(end_s, period_s, rule.evaluation_periods):
            members = [point for point in points if begin_s <= point.emulated_s < stop_s]
            values = merged(point.values for point in members)
            if values is None:
                found.append(None)
                continue
            value = values.value(rule.statistic)
            found.append(Datapoint(members[0].at, value, values.sample_count))
        return found

    def _enter(self, alarm: Any, state: str, reason: str, reason_data: str) -> None:
        """Put an alarm into a state; a change is recorded, told, and acted upon."""
        before, now = Seen.of(alarm), self.runtime.clock.now()
        alarm.state_value = str(state)
        alarm.state_reason = reason
        alarm.state_reason_data = reason_data
        alarm.state_updated_timestamp = now
        if before.value == alarm.state_value:
            return
        alarm.state_transitioned_timestamp = now
        self.history.state_changed(
            alarm.name,
            now,
            state_of(before.value, before.reason, before.data),
            state_of(alarm.state_value, reason, reason_data),
        )
        announcements.tell_event_bridge(self, alarm, before, Seen.of(alarm))
        for topic_arn in announcements.actions_of(alarm, alarm.state_value):
            error = announcements.send(self, topic_arn, alarm, before)
            self.history.acted(alarm.name, now, topic_arn, alarm.state_value, error)
        self._changed(alarm)

    def _changed(self, alarm: Any) -> None:
        self.runtime.hints.emit(
            "cloudwatch.alarm", self.account_id, self.region_name, alarm.alarm_arn
        )


def _take_state(alarm: Any, known: Any, now: datetime) -> None:
    """Give a new alarm its first state, or one that is replaced the state it had."""
    if known is None:
        alarm.state_value = str(State.INSUFFICIENT_DATA)
        alarm.state_reason = UNCHECKED
        alarm.state_reason_data = ""
        alarm.state_updated_timestamp = alarm.state_transitioned_timestamp = now
        return
    alarm.state_value = known.state_value
    alarm.state_reason = known.state_reason
    alarm.state_reason_data = known.state_reason_data
    alarm.state_updated_timestamp = known.state_updated_timestamp
    alarm.state_transitioned_timestamp = known.state_transitioned_timestamp
