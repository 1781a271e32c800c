"""No classic load balancers: this backend only points moto at our `urls.py`."""

from moto.elb.models import ELBBackend

from emulator.control_plane.base import Emulated


class ElbBackend(Emulated, ELBBackend):
    """Stands in moto's place so that requests of both API versions reach our URLs."""
