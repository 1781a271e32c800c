"""One clock: real timestamps, and a scale for what AWS counts in minutes."""

import threading
from datetime import UTC, datetime


class Clock:
    """Tells the time, and how long an emulated wait takes in real seconds.

    The scale applies to waits that AWS counts in minutes and nobody acts in: shifting intervals,
    hook timeouts, alarm periods. Health checks, draining and stop timeouts are never scaled, nor
    is a wait that exists for a person.
    """

    def __init__(self, scale: float) -> None:
        self._lock = threading.Lock()
        self._scale = _checked(scale)

    @property
    def scale(self) -> float:
        with self._lock:
            return self._scale

    @scale.setter
    def scale(self, value: float) -> None:
        with self._lock:
            self._scale = _checked(value)

    def now(self) -> datetime:
        """Return the real time, timezone-aware in UTC."""
        return datetime.now(UTC)

    def real_seconds(self, emulated_s: float) -> float:
        """Return how many real seconds an emulated wait of `emulated_s` takes at today's scale."""
        return emulated_s / self.scale


def _checked(scale: float) -> float:
    if not 1 <= scale <= 3600:
        raise ValueError(f"The clock scale must be between 1 and 3600; got {scale:g}.")
    return scale
