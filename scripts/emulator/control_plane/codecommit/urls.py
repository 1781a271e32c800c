"""Where moto looks for the service's HTTP layer."""

from emulator.control_plane.codecommit.responses import CodeCommitResponse

url_bases = [r"https?://codecommit\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": CodeCommitResponse.dispatch}
