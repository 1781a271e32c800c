"""EventBridge's operations: moto's, with input checked, and TestEventPattern."""

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.events.responses import EventsHandler

from emulator.control_plane.base import AwsError, EmulatedResponse


class EventsResponse(EmulatedResponse, EventsHandler):
    """One request to EventBridge."""

    def start_replay(self) -> tuple[str, dict[str, Any]]:
        for key in ("EventStartTime", "EventEndTime"):  # moto keeps and shows what it is given
            self.params[key] = self.params[key].timestamp()
        answer: tuple[str, dict[str, Any]] = super().start_replay()
        return answer

    def test_event_pattern(self) -> ActionResult:
        try:
            found = self.events_backend.is_match(self.params["EventPattern"], self.params["Event"])
        except json.JSONDecodeError as error:
            raise AwsError(
                "ValidationException", f"Parameter Event is not valid: {error}"
            ) from error
        return ActionResult({"Result": found})
