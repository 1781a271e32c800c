"""A clock that stands still while the emulator does."""

from datetime import UTC, datetime, timedelta
from time import monotonic

LONGEST_STEP_S = 2.0


class AwakeClock:
    """Counts the seconds in which the emulator could act.

    A suspended laptop, or a stopped process, must find its tasks as it left them: grace, draining,
    stop timeouts and pauses are measured by this clock, never by the time of day.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = monotonic()

    def advance(self) -> None:
        """Count what has passed since the last call, but no more than a step can take."""
        now = monotonic()
        self.seconds += min(now - self._last, LONGEST_STEP_S)
        self._last = now

    @property
    def now(self) -> datetime:
        """Return the same as a time, for the scheduler; it says nothing about the time of day."""
        return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)
