"""Where the plot of a picture is, and what time and percent are there."""

from dataclasses import dataclass
from datetime import datetime

WIDTH = 960.0
LEFT, RIGHT = 56.0, 24.0
CHARACTER = 6.3
"""About as wide as a character of the picture's text is."""

_PLOT_HEIGHT = 280.0
_ROUND_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True)
class Frame:
    """Where the plot is; `top` is the line of 100 %."""

    began: datetime
    ended: datetime
    top: float

    @property
    def bottom(self) -> float:
        return self.top + _PLOT_HEIGHT

    @property
    def span_s(self) -> float:
        return max((self.ended - self.began).total_seconds(), 1.0)

    def x(self, at: datetime) -> float:
        share = (at - self.began).total_seconds() / self.span_s
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def y(self, percent: float) -> float:
        return self.bottom - min(max(percent, 0.0), 100.0) * _PLOT_HEIGHT / 100


def round_up(seconds: float) -> int:
    """Return the next number of seconds that a person counts in."""
    return next((one for one in _ROUND_S if one >= seconds), _ROUND_S[-1])
