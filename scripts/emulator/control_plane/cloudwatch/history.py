"""What happened to alarms: DescribeAlarmHistory's items, the newest thousand of them.

Source: botocore cloudwatch, shape AlarmHistoryItem; HistoryData as publicly reported.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

KEPT = 1_000
CONFIGURATION = "ConfigurationUpdate"
STATE = "StateUpdate"
ACTION = "Action"


@dataclass(frozen=True)
class Item:
    alarm_name: str
    at: datetime
    kind: str
    summary: str
    data: str


class AlarmHistory:
    def __init__(self) -> None:
        self._items: deque[Item] = deque(maxlen=KEPT)

    def __iter__(self) -> Iterator[Item]:
        """Yield the items, the oldest first."""
        return iter(tuple(self._items))

    def configured(self, name: str, at: datetime, how: str) -> None:
        """Note that an alarm was `created`, `updated` or `deleted`."""
        data = {"version": "1.0", "type": how.capitalize().removesuffix("d")}
        self._add(name, at, CONFIGURATION, f'Alarm "{name}" {how}', data)

    def state_changed(
        self, name: str, at: datetime, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        """Note a change between two states, each as `state_of` describes it."""
        summary = f"Alarm updated from {before['stateValue']} to {after['stateValue']}"
        data = {"version": "1.0", "oldState": before, "newState": after}
        self._add(name, at, STATE, summary, data)

    def acted(self, name: str, at: datetime, target: str, state: str, error: str | None) -> None:
        done = "Successfully executed" if error is None else "Failed to execute"
        data = {
            "actionState": "Succeeded" if error is None else "Failed",
            "stateUpdateTimestamp": int(at.timestamp() * 1000),
            "notificationResource": target,
            "error": error,
            "publishedMessage": state,
        }
        self._add(name, at, ACTION, f"{done} action {target}", data)

    def _add(self, name: str, at: datetime, kind: str, summary: str, data: dict[str, Any]) -> None:
        self._items.append(Item(name, at, kind, summary[:255], json.dumps(data)[:4095]))


def state_of(value: str, reason: str, reason_data: str) -> dict[str, Any]:
    """Return a state in the form of HistoryData."""
    found: dict[str, Any] = {"stateValue": value, "stateReason": reason}
    data = json.loads(reason_data) if reason_data else None
    return found | ({"stateReasonData": data} if data else {})
