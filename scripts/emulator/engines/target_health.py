"""How a target's health follows from its checks, as a load balancer of AWS counts them.

Source: Application Load Balancer guide, "Health checks for your target groups", and botocore's
shape `TargetHealth` for reasons. The guide: one passed check makes an `initial` target healthy;
`HealthyThresholdCount` is for the way back from `unhealthy`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """The states that DescribeTargetHealth reports."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    UNUSED = "unused"


class Event(StrEnum):
    """What can change a target's state."""

    ENOUGH_PASSED = "enough checks passed"
    ENOUGH_FAILED = "enough checks failed"
    DEREGISTERED = "deregistered"
    REGISTERED = "registered"
    PUT_IN_USE = "its group was put behind a listener"
    TAKEN_OUT_OF_USE = "its group was taken from behind every listener"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.INITIAL, Event.ENOUGH_PASSED): State.HEALTHY,
    (State.INITIAL, Event.ENOUGH_FAILED): State.UNHEALTHY,
    (State.HEALTHY, Event.ENOUGH_FAILED): State.UNHEALTHY,
    (State.UNHEALTHY, Event.ENOUGH_PASSED): State.HEALTHY,
    (State.INITIAL, Event.DEREGISTERED): State.DRAINING,
    (State.HEALTHY, Event.DEREGISTERED): State.DRAINING,
    (State.UNHEALTHY, Event.DEREGISTERED): State.DRAINING,
    (State.DRAINING, Event.REGISTERED): State.INITIAL,
    (State.UNUSED, Event.PUT_IN_USE): State.INITIAL,
    (State.INITIAL, Event.TAKEN_OUT_OF_USE): State.UNUSED,
    (State.HEALTHY, Event.TAKEN_OUT_OF_USE): State.UNUSED,
    (State.UNHEALTHY, Event.TAKEN_OUT_OF_USE): State.UNUSED,
}


@dataclass(frozen=True)
class TargetHealth:
    """What DescribeTargetHealth says of one target. A healthy one has no reason or description."""

    state: str
    reason: str | None = None
    description: str | None = None


REGISTERING = TargetHealth(
    State.INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress"
)
CHECKING = TargetHealth(
    State.INITIAL, "Elb.InitialHealthChecking", "Initial health checks in progress"
)
HEALTHY = TargetHealth(State.HEALTHY)
FAILED = TargetHealth(State.UNHEALTHY, "Target.FailedHealthChecks", "Health checks failed")
DRAINING = TargetHealth(
    State.DRAINING, "Target.DeregistrationInProgress", "Target deregistration is in progress"
)
NOT_IN_USE = TargetHealth(
    State.UNUSED,
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
NOT_REGISTERED = TargetHealth(
    State.UNUSED, "Target.NotRegistered", "Target is not registered to the target group"
)


@dataclass(frozen=True)
class CheckResult:
    """How one health check ended: passed, or why not, in AWS's words."""

    passed: bool
    reason: str | None = None
    description: str | None = None


PASSED = CheckResult(True)
TIMED_OUT = CheckResult(False, "Target.Timeout", "Request timed out")
NO_ANSWER = CheckResult(False, FAILED.reason, FAILED.description)


def wrong_code(status: int) -> CheckResult:
    """Return the result of a check that was answered with a status outside the matcher."""
    return CheckResult(
        False, "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
    )


@dataclass(frozen=True)
class Thresholds:
    """How many checks in a row must agree."""

    healthy: int
    unhealthy: int


@dataclass(frozen=True)
class Progress:
    """One registered target's health, and how many checks in a row passed or failed."""

    health: TargetHealth = REGISTERING
    passed: int = 0
    failed: int = 0

    @property
    def state(self) -> State:
        return State(self.health.state)


_ENTERED = {
    State.INITIAL: REGISTERING,
    State.HEALTHY: HEALTHY,
    State.UNHEALTHY: FAILED,  # `observe` puts in what the last check said
    State.DRAINING: DRAINING,
    State.UNUSED: NOT_IN_USE,
}


def advance(progress: Progress, event: Event) -> Progress:
    """Return the progress after `event`. Raises ValueError if it cannot happen in that state."""
    try:
        state = TRANSITIONS[progress.state, event]
    except KeyError:
        raise ValueError(f"A target that is {progress.state} cannot be told: {event}.") from None
    return Progress(_ENTERED[state])


def observe(progress: Progress, check: CheckResult, thresholds: Thresholds) -> Progress:
    """Return the progress after one check. A draining or unused target stays as it is."""
    if progress.state in {State.DRAINING, State.UNUSED}:
        return progress
    if check.passed:
        return _passed(progress, thresholds)
    return _failed(progress, check, thresholds)


def _passed(progress: Progress, thresholds: Thresholds) -> Progress:
    counted = replace(progress, passed=progress.passed + 1, failed=0)
    if progress.state is State.HEALTHY:
        return counted
    needed = 1 if progress.state is State.INITIAL else thresholds.healthy
    return advance(counted, Event.ENOUGH_PASSED) if counted.passed >= needed else counted


def _failed(progress: Progress, check: CheckResult, thresholds: Thresholds) -> Progress:
    counted = replace(progress, failed=progress.failed + 1, passed=0)
    if progress.state is State.INITIAL:
        counted = replace(counted, health=CHECKING)
    if progress.state is not State.UNHEALTHY:
        if counted.failed < thresholds.unhealthy:
            return counted
        counted = advance(counted, Event.ENOUGH_FAILED)
    return replace(counted, health=TargetHealth(State.UNHEALTHY, check.reason, check.description))
