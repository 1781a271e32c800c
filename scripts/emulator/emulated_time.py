"""How much time has passed as AWS would count it."""

import threading
from datetime import datetime

from emulator.awake import AwakeClock
from emulator.clock import Clock


class EmulatedTime:
    """Counts emulated seconds: real ones in which the emulator was awake, times the clock's scale.

    What alarms look at is kept by this time, so that a change of the scale changes how fast periods
    come to an end, and nothing of the past. Whoever reads it brings it up to date; a new scale
    holds from the reading after it, so it is read several times a second (`monitoring.driver`).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._awake = AwakeClock()
        self._lock = threading.Lock()
        self._seconds = 0.0

    def now(self) -> float:
        with self._lock:
            self._seconds += self._awake.advance() * self._clock.scale
            return self._seconds

    def at(self, moment: datetime) -> float:
        """Return the emulated time of a real moment near now, by today's scale."""
        ago_s = (self._clock.now() - moment).total_seconds()
        return self.now() - ago_s * self._clock.scale
