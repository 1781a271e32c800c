"""Where moto looks for the service's HTTP layer."""

from emulator.control_plane.events.responses import EventsResponse

url_bases = [r"https?://events\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/": EventsResponse.dispatch}
