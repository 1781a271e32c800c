"""What PutMetricAlarm and PutMetricData refuse, beyond the shapes that botocore knows.

Source: API reference, "PutMetricAlarm" and "PutMetricData"; messages as publicly reported where
they are.
"""

import math
import re
from typing import Any

from emulator.control_plane.cloudwatch import exceptions as refuse
from emulator.control_plane.shapes import enum_refusal, leaves
from emulator.engines.alarms.model import Comparison, Missing

_NOT_EVALUATED = (
    "Metrics",
    "ThresholdMetricId",
    "ExtendedStatistic",
    "EvaluateLowSampleCountPercentile",
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "ActionConfiguration",
)
_REQUIRED = (
    "MetricName",
    "Namespace",
    "Statistic",
    "Period",
    "EvaluationPeriods",
    "Threshold",
    "ComparisonOperator",
)
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_SHORT_PERIODS = {10, 20, 30}
_HOUR_S, _DAY_S, _WEEK_S = 3600, 86400, 604800
_ARN = re.compile(r"arn:aws[a-z-]*:(?P<service>[a-z0-9-]+):[a-z0-9-]*:[0-9]*:.+")


def refuse_outside_enums(params: Any, shape: Any) -> None:
    for path, value, leaf in leaves(params, shape):
        refusal = enum_refusal(path[:1].lower() + path[1:], value, leaf)
        if refusal is not None:
            raise refuse.ValidationError(refusal)


def refuse_alarm(params: dict[str, Any]) -> None:
    """Refuse an alarm that AWS would refuse, or that is not evaluated here."""
    _refuse_not_evaluated(params)
    for name in _REQUIRED:
        if params.get(name) is None:
            raise refuse.MissingParameter(f"The parameter {name} is required.")
    _refuse_periods(params["Period"], params["EvaluationPeriods"])
    needed = params.get("DatapointsToAlarm")
    if needed is not None and needed > params["EvaluationPeriods"]:
        raise refuse.ValidationError(
            f"DatapointsToAlarm ({needed}) must be less than or equal to EvaluationPeriods "
            f"({params['EvaluationPeriods']})"
        )
    treatment = params.get("TreatMissingData")
    if treatment is not None and treatment not in set(Missing):
        raise refuse.ValidationError(
            f"Option {treatment} is not supported. Supported options for parameter "
            f"TreatMissingData are {', '.join(Missing)}."
        )


def _refuse_not_evaluated(params: dict[str, Any]) -> None:
    if params.get("Statistic") and params.get("ExtendedStatistic"):
        raise refuse.InvalidParameterCombination(
            "The parameters Statistic and ExtendedStatistic are mutually exclusive and you have "
            "specified both."
        )
    for name in _NOT_EVALUATED:
        if params.get(name):
            raise refuse.NotEmulated(f"cloudwatch:PutMetricAlarm's `{name}` is not emulated.")
    comparison = params.get("ComparisonOperator")
    if comparison is not None and comparison not in set(Comparison):
        raise refuse.NotEmulated(
            f"cloudwatch:PutMetricAlarm's `{comparison}`, of anomaly detection, is not emulated."
        )
    for name in _ACTIONS:
        for arn in params.get(name) or []:
            _refuse_action(arn)


def _refuse_action(arn: str) -> None:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise refuse.ValidationError(f"Invalid arn syntax: {arn}")
    if found["service"] != "sns":
        raise refuse.NotEmulated(f"cloudwatch: the alarm action `{arn}` is not emulated; SNS is.")


def _refuse_periods(period_s: int, evaluation_periods: int) -> None:
    if period_s not in _SHORT_PERIODS and (period_s < 60 or period_s % 60):
        raise refuse.ValidationError(
            f"Period must be 10, 20, 30 or a multiple of 60; got {period_s}"
        )
    longest_s, words = (_WEEK_S, "a week") if period_s >= _HOUR_S else (_DAY_S, "a day")
    if period_s * evaluation_periods > longest_s:
        raise refuse.ValidationError(
            f"Metrics cannot be checked across more than {words} "
            f"(EvaluationPeriods * Period must be <= {longest_s})."
        )


def refuse_namespace(namespace: str) -> None:
    """Refuse what only AWS's services may put."""
    if namespace.startswith(("AWS/", ":")):
        raise refuse.InvalidParameterValue(
            f"The value {namespace} for parameter Namespace is invalid."
        )


def refuse_datum(datum: dict[str, Any], number: int) -> None:
    """Refuse a datum without any value; moto's own checks are about those with some."""
    if not any(datum.get(name) is not None for name in ("Value", "Values", "StatisticValues")):
        raise refuse.MissingParameter(
            f"At least one of the parameters MetricData.member.{number}.Value, "
            f"MetricData.member.{number}.Values or MetricData.member.{number}.StatisticValues must "
            "be specified."
        )
    values = [datum.get("Value"), *(datum.get("Values") or ())]
    if any(value is not None and not math.isfinite(value) for value in values):
        raise refuse.InvalidParameterValue(
            f"The value of MetricData.member.{number} is invalid: it is no finite number."
        )
    counts = datum.get("Counts") or []
    if any(count <= 0 for count in counts):
        raise refuse.InvalidParameterValue(
            f"The parameter MetricData.member.{number}.Counts must hold positive numbers."
        )
