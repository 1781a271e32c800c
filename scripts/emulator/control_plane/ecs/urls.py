"""Where Amazon ECS answers."""

from emulator.control_plane.ecs.responses import EcsResponse

url_bases = [r"https?://ecs\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/$": EcsResponse.dispatch}
