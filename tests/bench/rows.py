"""One line of the benchmark's table, and its verdict."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

HEADS = ("what", "measured", "compared to", "limit", "verdict")


@dataclass(frozen=True)
class Row:
    """What was measured; `limit` is the most it may be, None where it is only reported."""

    what: str
    measured: float
    unit: str
    compared_to: str
    limit: float | None = None

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return "report"
        return "ok" if self.measured <= self.limit else "over"

    def cells(self) -> tuple[str, ...]:
        limit = "" if self.limit is None else _figure(self.limit, self.unit)
        return (
            self.what,
            _figure(self.measured, self.unit),
            self.compared_to,
            limit,
            self.verdict,
        )

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


def ratio(what: str, ours_s: float, theirs_s: float, theirs: str, limit: float) -> Row:
    """Return a row that says how many times as long ours takes."""
    compared_to = f"{duration(ours_s)}; {theirs}: {duration(theirs_s)}"
    return Row(what, ours_s / theirs_s, "×", compared_to, limit)


def overhead(
    what: str, whole_s: float, between_s: float, theirs_s: float, theirs: str, limit: float
) -> Row:
    """Return a row of a whole that contains waits which nobody could shorten.

    Source: the limit is N times theirs, plus the waits; so the waits are taken off first.
    """
    compared_to = (
        f"{duration(whole_s)}, of which build and roll-out {duration(between_s)}; "
        f"{theirs}: {duration(theirs_s)}"
    )
    return Row(what, (whole_s - between_s) / theirs_s, "×", compared_to, limit)


def is_over(rows: Sequence[Row]) -> bool:
    return any(row.verdict == "over" for row in rows)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, which is plain text as well."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADS))]
    padded = [[c.ljust(w) for c, w in zip(line, widths, strict=True)] for line in lines]
    padded.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds:.1f} s"


def _figure(value: float, unit: str) -> str:
    shown = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"{shown}{unit}" if unit == "×" else f"{shown} {unit}".strip()
