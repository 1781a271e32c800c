"""What passed through a load balancer, counted as CloudWatch's namespace AWS/ApplicationELB does.

`monitoring.load_balancers` takes the counts once an emulated minute and reports them.

Source: Application Load Balancer guide, "CloudWatch metrics": RequestCount, TargetResponseTime,
HTTPCode_Target_2XX_Count and HTTPCode_ELB_5XX_Count. RequestCount leaves out requests for which no
target was chosen.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field

from emulator.engines.alarms.statistics import StatisticSet, merged


@dataclass
class Counts:
    """`target` and `elb` count answers by class (2 to 5); the time is the targets' own."""

    requests: int = 0
    target: Counter[int] = field(default_factory=Counter)
    elb: Counter[int] = field(default_factory=Counter)
    response_time_s: StatisticSet | None = None

    def plus(self, other: "Counts") -> "Counts":
        times = (self.response_time_s, other.response_time_s)
        return Counts(
            self.requests + other.requests,
            self.target + other.target,
            self.elb + other.elb,
            merged(time for time in times if time is not None),
        )


Key = tuple[str, str | None]
"""The ARNs of a load balancer and, where the request came that far, of a target group."""


class RequestMetrics:
    """Counts since the last `take`. Written by the load balancers' loop, taken by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Key, Counts] = {}

    def count_target(self, key: Key, status: int, response_time_s: float) -> None:
        """Count a request that a target answered."""
        time = StatisticSet.of(response_time_s)
        with self._lock:
            counts = self._counts.setdefault(key, Counts())
            counts.requests += 1
            counts.target[status // 100] += 1
            known = counts.response_time_s
            counts.response_time_s = time if known is None else known.plus(time)

    def count_elb(self, key: Key, status: int, chose_target: bool) -> None:
        """Count a request that the load balancer answered itself."""
        with self._lock:
            counts = self._counts.setdefault(key, Counts())
            counts.requests += chose_target
            counts.elb[status // 100] += 1

    def take(self) -> dict[Key, Counts]:
        """Return the counts since the last call, and start anew."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken
