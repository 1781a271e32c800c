"""A clock that stands still while the emulator does."""

from datetime import UTC, datetime, timedelta
from time import monotonic

LONGEST_STEP_S = 2.0


class AwakeClock:
    """Counts the seconds in which the emulator could act.

    A suspended laptop, or a stopped process, must find its tasks, builds and deployments as it left
    them: grace, timeouts and pauses are measured by this clock, never by the time of day.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = monotonic()

    def advance(self) -> float:
        """Count what passed since the last call, but no more than a step can take; return it."""
        now = monotonic()
        step_s = min(now - self._last, LONGEST_STEP_S)
        self.seconds += step_s
        self._last = now
        return step_s

    @property
    def now(self) -> datetime:
        """Return the same as a time, for the scheduler; it says nothing about the time of day."""
        return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)
