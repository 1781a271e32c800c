"""Whether the alarms of a deployment let it go on.

A deployment is watched from its beginning to the end of its termination wait: ready, it is under
way too. When its original task set is going, there is nothing left to go back to. A rollback has
no alarms: the one that called for it is still active then.

Source: "Monitoring deployments with CloudWatch alarms" in the CodeDeploy user guide; botocore
shapes AlarmConfiguration, ErrorCode. Outputs of real deployments, published by josefloressv for an
ECS service (2026-08-08) and by others for Lambda functions, show the wording, that an alarm which
is active at the beginning stops a deployment at once, and that its rollback runs while it is.
"""

from emulator.engines.deployment.events import Observed
from emulator.engines.deployment.model import ErrorCode, ErrorInformation, Phase, Plan

ALARM = "ALARM"
_TOO_LATE = frozenset({Phase.TERMINATING, Phase.ENDED})


def stopping(plan: Plan, phase: Phase, seen: Observed) -> ErrorInformation | None:
    """Return why a deployment is stopped by its alarms, or None."""
    if phase in _TOO_LATE:
        return None
    watched = [alarm for alarm in seen.alarms if alarm.name in plan.alarms]
    active = [alarm.name for alarm in watched if alarm.state == ALARM]
    if active:
        return _active(active)
    unknown = [alarm.name for alarm in watched if alarm.state is None]
    if unknown and not plan.ignores_unknown_alarms:
        return _unknown(unknown)
    return None


def _active(names: list[str]) -> ErrorInformation:
    """AWS's wording, with the alarms in the order of the configuration."""
    return ErrorInformation(
        ErrorCode.ALARM_ACTIVE,
        "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
        "selected, and the affected deployments have been stopped. Activated alarms: "
        + " ".join(f"<{name}>" for name in names),
    )


def _unknown(names: list[str]) -> ErrorInformation:
    """Our wording, and the nearest of AWS's codes: neither is published for this case."""
    return ErrorInformation(
        ErrorCode.CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND,
        "The deployment was stopped because the state of its alarms could not be retrieved from "
        "Amazon CloudWatch: there is no alarm "
        + " ".join(f"<{name}>" for name in names)
        + ". Make the alarm, or set ignorePollAlarmFailure to true.",
    )
