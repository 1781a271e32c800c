"""What passed through a load balancer, counted as CloudWatch's namespace AWS/ApplicationELB does.

Lab 3's alarms read from here: whoever publishes to CloudWatch calls `RequestMetrics.take()` once
a period and turns each key into the dimensions LoadBalancer and TargetGroup. Nothing is published
yet.

Source: Application Load Balancer guide, "CloudWatch metrics": RequestCount, TargetResponseTime,
HTTPCode_Target_2XX_Count and HTTPCode_ELB_5XX_Count.
"""

import threading
from dataclasses import dataclass, field


@dataclass
class Counts:
    """`target` and `elb` count answers by class (2 to 5); the time is the targets' own."""

    requests: int = 0
    target: dict[int, int] = field(default_factory=dict)
    elb: dict[int, int] = field(default_factory=dict)
    target_response_time_s: list[float] = field(default_factory=list)


Key = tuple[str, str | None]
"""The ARNs of a load balancer and, where the request came that far, of a target group."""

_KEPT_TIMES = 10_000


class RequestMetrics:
    """Counts since the last `take`. Written by the load balancers' loop, taken by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Key, Counts] = {}

    def count_target(self, key: Key, status: int, response_time_s: float) -> None:
        """Count a request that a target answered."""
        with self._lock:
            counts = self._counts.setdefault(key, Counts())
            counts.requests += 1
            counts.target[status // 100] = counts.target.get(status // 100, 0) + 1
            if len(counts.target_response_time_s) < _KEPT_TIMES:
                counts.target_response_time_s.append(response_time_s)

    def count_elb(self, key: Key, status: int) -> None:
        """Count a request that the load balancer answered itself."""
        with self._lock:
            counts = self._counts.setdefault(key, Counts())
            counts.requests += 1
            counts.elb[status // 100] = counts.elb.get(status // 100, 0) + 1

    def take(self) -> dict[Key, Counts]:
        """Return the counts since the last call, and start anew."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken
