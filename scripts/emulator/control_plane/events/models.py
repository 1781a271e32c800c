"""moto's EventBridge, with our own delivery: see `delivery`."""

import json
from datetime import UTC, datetime
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import EventPattern
from moto.events.models import EventsBackend as MotoEventsBackend

from emulator.control_plane.base import Emulated
from emulator.control_plane.events import delivery
from emulator.control_plane.events.matching import matches

MAX_ENTRIES = 10
_REQUIRED = ("Source", "DetailType", "Detail")


class EventsBackend(Emulated, MotoEventsBackend):
    """One account's event buses and rules in one region."""

    def put_events(self, events: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Deliver each entry, and answer for each with an event id or with what is wrong.

        Source: botocore events, PutEvents; error texts as moto 5.2.5 observed them.
        """
        if len(events) > MAX_ENTRIES:
            raise ValidationException(
                "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed "
                "to satisfy constraint: Member must have length less than or equal to 10"
            )
        return [self._put_event(entry) for entry in events]

    def put_targets(
        self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        for target in targets:
            if ":codepipeline:" in target["Arn"] and not target.get("RoleArn"):
                raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
        super().put_targets(name, event_bus_arn, targets)

    def is_match(self, pattern: str, event: str) -> bool:
        """Answer TestEventPattern; moto leaves it out. Raises: InvalidEventPatternException."""
        return matches(EventPattern.load(pattern), json.loads(event))

    def _put_event(self, entry: dict[str, Any]) -> dict[str, str]:
        for parameter in _REQUIRED:
            if not entry.get(parameter):
                message = (
                    f"Parameter {parameter} is not valid. "
                    f"Reason: {parameter} is a required argument."
                )
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = delivery.new_event(
            self,
            entry["Source"],
            entry["DetailType"],
            entry.get("Resources") or [],
            detail,
            _iso(entry.get("Time")),
        )
        bus_name = (entry.get("EventBusName") or delivery.DEFAULT_BUS).split("/")[-1]
        delivery.deliver(self, bus_name, event)
        return {"EventId": event["id"]}


def _iso(time: datetime | float | str | None) -> str | None:
    """Return a caller's time as events show it; clients send numbers or parsed timestamps."""
    if time is None:
        return None
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    elif not isinstance(time, datetime):
        time = datetime.fromtimestamp(time, UTC)
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
