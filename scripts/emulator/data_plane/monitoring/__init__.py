"""CloudWatch at work: load balancers report their metrics, and alarms are compared with them."""

from emulator.data_plane.monitoring.driver import Monitoring

__all__ = ["Monitoring"]
