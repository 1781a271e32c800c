"""Where moto finds the load balancers' endpoint; in server mode it looks here for both APIs."""

from emulator.control_plane.elb.responses import answer_by_version

url_bases = [r"https?://elasticloadbalancing\.(.+)\.amazonaws.com"]
url_paths = {"{0}/$": answer_by_version}
