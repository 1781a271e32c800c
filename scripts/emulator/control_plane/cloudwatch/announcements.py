"""Whom a change of an alarm's state is told: EventBridge, and the SNS topics of its actions.

Source: CloudWatch user guide, "Alarm events and EventBridge" (the event); the message to SNS as
publicly reported.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.sns.exceptions import SNSException

from emulator import ids
from emulator.control_plane import registration
from emulator.control_plane.events.delivery import publish_event
from emulator.engines.alarms.model import State
from emulator.engines.alarms.reasons import iso

if TYPE_CHECKING:
    from emulator.control_plane.cloudwatch.models import CloudWatchBackend

logger = logging.getLogger(__name__)

SOURCE = "aws.cloudwatch"
DETAIL_TYPE = "CloudWatch Alarm State Change"
_LONGEST_SUBJECT = 100


@dataclass(frozen=True)
class Seen:
    """An alarm's state as it was at one time; `data` is JSON, or empty."""

    value: str
    reason: str
    data: str
    since: datetime

    @classmethod
    def of(cls, alarm: Any) -> "Seen":
        return cls(
            alarm.state_value,
            alarm.state_reason,
            alarm.state_reason_data or "",
            alarm.state_updated_timestamp,
        )

    def described(self) -> dict[str, str]:
        found = {"value": self.value, "reason": self.reason, "timestamp": iso(self.since)}
        return found | ({"reasonData": self.data} if self.data else {})


def tell_event_bridge(backend: "CloudWatchBackend", alarm: Any, before: Seen, after: Seen) -> None:
    """Publish the event of a change."""
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {each.name: each.value for each in alarm.dimensions},
    }
    stat = {"metric": metric, "period": alarm.period, "stat": alarm.statistic}
    configuration: dict[str, Any] = {
        "metrics": [{"id": ids.new_uuid(), "metricStat": stat, "returnData": True}]
    }
    if alarm.description:
        configuration["description"] = alarm.description
    detail = {
        "alarmName": alarm.name,
        "state": after.described(),
        "previousState": before.described(),
        "configuration": configuration,
    }
    account, region = backend.account_id, backend.region_name
    publish_event(backend.runtime, account, region, SOURCE, DETAIL_TYPE, [alarm.alarm_arn], detail)


def actions_of(alarm: Any, state: str) -> list[str]:
    """Return the actions that an alarm takes when it comes to a state."""
    if not alarm.actions_enabled:
        return []
    found: dict[str, list[str]] = {
        State.OK: alarm.ok_actions,
        State.ALARM: alarm.alarm_actions,
        State.INSUFFICIENT_DATA: alarm.insufficient_data_actions,
    }
    return list(found[state])


def send(backend: "CloudWatchBackend", topic_arn: str, alarm: Any, before: Seen) -> str | None:
    """Publish a change to a topic; return what is wrong where it cannot be, as history tells it."""
    region, account = topic_arn.split(":")[3:5]
    sns = registration.backend("sns", account, region)
    if topic_arn not in sns.topics:
        return f"Failed to publish to the topic `{topic_arn}`: it does not exist"
    subject = f'{alarm.state_value}: "{alarm.name}" in {backend.region_name}'[
        : _LONGEST_SUBJECT - 1
    ]
    try:
        sns.publish(json.dumps(_message(backend, alarm, before)), topic_arn, subject=subject)
    except SNSException as error:
        return str(error.message)
    except Exception:  # of a subscriber: a queue or a function that is gone
        logger.exception("A subscriber of `%s` did not take the message", topic_arn)
    return None


def _message(backend: "CloudWatchBackend", alarm: Any, before: Seen) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "AlarmConfigurationUpdatedTimestamp": iso(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": iso(alarm.state_updated_timestamp),
        "Region": backend.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before.value,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": alarm.statistic.upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            "DatapointsToAlarm": alarm.datapoints_to_alarm,
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": alarm.threshold,
            "TreatMissingData": alarm.treat_missing_data or "",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
