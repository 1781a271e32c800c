"""EventBridge's operations: moto's, with input checked, and TestEventPattern."""

import json

from moto.core.responses import ActionResult
from moto.events.responses import EventsHandler

from emulator.control_plane.base import AwsError, EmulatedResponse


class EventsResponse(EmulatedResponse, EventsHandler):
    """One request to EventBridge."""

    def test_event_pattern(self) -> ActionResult:
        try:
            found = self.events_backend.is_match(self.params["EventPattern"], self.params["Event"])
        except json.JSONDecodeError as error:
            raise AwsError(
                "ValidationException", f"Parameter Event is not valid: {error}"
            ) from error
        return ActionResult({"Result": found})
