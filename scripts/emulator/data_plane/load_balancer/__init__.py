"""The load balancers' data plane: ports that listen, requests that are forwarded, health checks.

Rules, weights and targets are read from the elbv2 backend at each request, so a change is in force
for the next request, on connections that were kept as well.
"""

from emulator.data_plane.load_balancer.balancers import LoadBalancers

__all__ = ["LoadBalancers"]
