"""Where moto finds the service's HTTP layer."""

from emulator.control_plane.cloudwatch.responses import CloudWatchResponse

url_bases = [r"https?://monitoring\.(.+)\.amazonaws.com"]
url_paths = {"{0}/$": CloudWatchResponse.dispatch}
