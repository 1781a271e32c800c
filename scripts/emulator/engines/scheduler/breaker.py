"""The circuit breaker's threshold, and how repeated starts are slowed down."""

import math
from datetime import timedelta

FREE_STARTS = 4
LONGEST_PAUSE = timedelta(minutes=27)


def failure_threshold(desired_count: int) -> int:
    """Return how many consecutive failed tasks fail a deployment.

    Source: ECS developer guide, "How the Amazon ECS deployment circuit breaker detects failures".
    """
    return max(3, min(200, math.ceil(0.5 * desired_count)))


def pause_after(failures: int) -> timedelta:
    """Return how long the scheduler waits after so many consecutive failures.

    Source: ECS developer guide, "Service throttle logic": the pause grows, up to 27 minutes.
    The first starts are free here, so that the breaker's verdict does not wait for the throttle.
    """
    if failures < FREE_STARTS:
        return timedelta()
    doublings = min(failures - FREE_STARTS, 16)
    return min(LONGEST_PAUSE, timedelta(seconds=5 * 2**doublings))
