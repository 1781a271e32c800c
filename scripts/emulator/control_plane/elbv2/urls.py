"""The same endpoint as `elb`: moto asks either service, depending on how it was called."""

from emulator.control_plane.elb.responses import answer_by_version

url_bases = [r"https?://elasticloadbalancing\.(.+)\.amazonaws.com"]
url_paths = {"{0}/$": answer_by_version}
