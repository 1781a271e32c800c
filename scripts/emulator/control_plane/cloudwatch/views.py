"""Alarms, metrics and history in the shapes of AWS's answers. Source: botocore cloudwatch."""

from typing import Any

from emulator.control_plane.answers import present
from emulator.control_plane.cloudwatch.data import Period
from emulator.control_plane.cloudwatch.history import Item
from emulator.control_plane.cloudwatch.store import MetricKey
from emulator.engines.alarms.model import Alarm, Comparison, Missing
from emulator.engines.alarms.statistics import Statistic

METRIC_ALARM = "MetricAlarm"


def rule(alarm: Any) -> Alarm:
    """Return one of moto's alarms as the engine knows it."""
    return Alarm(
        period_s=alarm.period,
        evaluation_periods=alarm.evaluation_periods,
        statistic=Statistic(alarm.statistic),
        comparison=Comparison(alarm.comparison_operator),
        threshold=alarm.threshold,
        missing=Missing(alarm.treat_missing_data or Missing.MISSING),
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        unit=alarm.unit,
    )


def watched(alarm: Any) -> MetricKey:
    """Return the one metric that an alarm watches."""
    dimensions = ((each.name, each.value) for each in alarm.dimensions)
    return MetricKey.of(alarm.namespace, alarm.metric_name, dimensions)


def metric_alarm(alarm: Any) -> dict[str, Any]:
    return present(
        AlarmName=alarm.name,
        AlarmArn=alarm.alarm_arn,
        AlarmDescription=alarm.description,
        AlarmConfigurationUpdatedTimestamp=alarm.configuration_updated_timestamp,
        ActionsEnabled=alarm.actions_enabled,
        OKActions=alarm.ok_actions,
        AlarmActions=alarm.alarm_actions,
        InsufficientDataActions=alarm.insufficient_data_actions,
        StateValue=alarm.state_value,
        StateReason=alarm.state_reason,
        StateReasonData=alarm.state_reason_data,
        StateUpdatedTimestamp=alarm.state_updated_timestamp,
        StateTransitionedTimestamp=alarm.state_transitioned_timestamp,
        MetricName=alarm.metric_name,
        Namespace=alarm.namespace,
        Statistic=alarm.statistic,
        Dimensions=[{"Name": each.name, "Value": each.value} for each in alarm.dimensions],
        Period=alarm.period,
        Unit=alarm.unit,
        EvaluationPeriods=alarm.evaluation_periods,
        DatapointsToAlarm=alarm.datapoints_to_alarm,
        Threshold=alarm.threshold,
        ComparisonOperator=alarm.comparison_operator,
        TreatMissingData=alarm.treat_missing_data,
    )


def metric(key: MetricKey) -> dict[str, Any]:
    return {
        "Namespace": key.namespace,
        "MetricName": key.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
    }


def datapoint(period: Period, statistics: list[str]) -> dict[str, Any]:
    values = {name: period.values.value(Statistic(name)) for name in statistics}
    return {"Timestamp": period.begins_at, "Unit": period.unit, **values}


def history_item(item: Item) -> dict[str, Any]:
    return {
        "AlarmName": item.alarm_name,
        "AlarmType": METRIC_ALARM,
        "Timestamp": item.at,
        "HistoryItemType": item.kind,
        "HistorySummary": item.summary,
        "HistoryData": item.data,
    }
