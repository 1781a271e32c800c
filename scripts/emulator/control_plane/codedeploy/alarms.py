"""Alarm configurations: of a deployment group, and of one deployment instead of its group's.

Source: botocore shapes AlarmConfiguration, InvalidAlarmConfigException,
AlarmsLimitExceededException. An alarm need not exist when it is named: the deployment finds out.
"""

from typing import Any

from emulator.control_plane.codedeploy.exceptions import (
    AlarmsLimitExceededException,
    InvalidAlarmConfigException,
)

Json = dict[str, Any]

LIMIT = 10
_LONGEST_NAME = 255


def refuse_invalid(configuration: Json | None) -> None:
    """Raise AWS's error for a configuration that it does not take, enabled or not."""
    if not configuration:
        return
    names = [(alarm or {}).get("name") or "" for alarm in configuration.get("alarms") or []]
    if configuration.get("enabled") and not names:
        raise InvalidAlarmConfigException(
            "The alarm configuration is enabled, but its list of alarms is empty."
        )
    for name in names:
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise InvalidAlarmConfigException(
                f"The name of an alarm has 1 to {_LONGEST_NAME} characters; got {len(name)}."
            )
        if names.count(name) > 1:
            raise InvalidAlarmConfigException(f"The alarm `{name}` is named more than once.")
    if len(names) > LIMIT:
        raise AlarmsLimitExceededException(
            f"A deployment group may have at most {LIMIT} alarms; got {len(names)}."
        )


def watched(configuration: Json | None) -> tuple[str, ...]:
    """Return the names of the alarms that a deployment is stopped by."""
    if not configuration or not configuration.get("enabled"):
        return ()
    return tuple(alarm["name"] for alarm in configuration["alarms"])


def ignores_poll_failure(configuration: Json | None) -> bool:
    return bool((configuration or {}).get("ignorePollAlarmFailure"))
