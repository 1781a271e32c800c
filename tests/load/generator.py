"""An open-loop load generator: requests start on time, however slow the answers are.

A closed loop waits for an answer before it asks again, so it goes easy on a server just when the
server is in trouble. This one counts what a visitor would have noticed.
"""

import asyncio
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

LATE_S = 2.0
"""An answer later than this is a failure, where what is measured has the machine for itself."""

PATIENT_S = 30.0
"""The same beside other tests on the same cores, where late answers say nothing of who answers."""

_TICK_S = 0.005
_EXAMPLES = 10


@dataclass
class Seen:
    """How often one value of a header was seen, and from when to when (seconds from the start).

    `errors` of these answers had a status of 500 or above.
    """

    count: int = 0
    errors: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


@dataclass
class LoadReport:
    """What became of the requests. Latencies are in milliseconds, of every answer that came."""

    url: str
    rate: float
    started_at: str
    duration_s: float = 0.0
    sent: int = 0
    failed: int = 0
    on_new_connections: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)
    latency_ms: dict[str, float] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    versions: dict[str, Seen] = field(default_factory=dict)
    tasks: dict[str, Seen] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_load(
    url: str,
    rate: float,
    duration_s: float | None = None,
    stop_event: threading.Event | None = None,
    new_share: float = 0.5,
    late_s: float = LATE_S,
) -> LoadReport:
    """Send `rate` requests a second until the time is over or `stop_event` is set.

    A share of `new_share` opens a connection each; the others keep theirs. A failure is any
    status outside 2xx, an error of the connection, or an answer later than `late_s`.
    """
    if duration_s is None and stop_event is None:
        raise ValueError("Give `duration_s`, `stop_event` or both: the load has no end.")
    if rate <= 0 or not 0 <= new_share <= 1:
        raise ValueError(f"Rate {rate:g} must be above 0, new share {new_share:g} between 0 and 1.")
    run = _Run(url, rate, duration_s, stop_event or threading.Event(), new_share, late_s)
    return asyncio.run(run.go())


class _Run:
    def __init__(
        self,
        url: str,
        rate: float,
        duration_s: float | None,
        stop: threading.Event,
        new_share: float,
        late_s: float,
    ) -> None:
        self._rate = rate
        self._duration_s = duration_s
        self._stop = stop
        self._new_share = new_share
        self._late_s = late_s
        self._latencies: list[float] = []
        self._failures: Counter[str] = Counter()
        self._statuses: Counter[int] = Counter()
        self._report = LoadReport(url, rate, datetime.now(UTC).isoformat(timespec="milliseconds"))
        self._started = 0.0

    async def go(self) -> LoadReport:
        timeout = aiohttp.ClientTimeout(total=2 * self._late_s + 1)
        fresh = aiohttp.TCPConnector(limit=0, force_close=True)
        kept = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        async with (
            aiohttp.ClientSession(connector=fresh, timeout=timeout) as on_new,
            aiohttp.ClientSession(connector=kept, timeout=timeout) as on_kept,
        ):
            self._started = time.monotonic()
            await self._send_on_time(on_new, on_kept)
        return self._finished()

    async def _send_on_time(
        self, on_new: aiohttp.ClientSession, on_kept: aiohttp.ClientSession
    ) -> None:
        under_way: set[asyncio.Task[None]] = set()
        while not (self._stop.is_set() or self._is_full()):
            due = int((time.monotonic() - self._started) * self._rate) + 1
            while self._report.sent < due and not self._is_full():
                is_new = self._next_is_new()
                self._report.sent += 1
                task = asyncio.create_task(self._ask(on_new if is_new else on_kept, is_new))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(_TICK_S)
        self._report.duration_s = round(time.monotonic() - self._started, 3)
        await asyncio.gather(*under_way)

    def _is_full(self) -> bool:
        """Tell whether every request of the duration was sent; late ones are sent all the same."""
        return self._duration_s is not None and self._report.sent >= self._rate * self._duration_s

    def _next_is_new(self) -> bool:
        """Spread the share of new connections evenly over the requests."""
        is_new = self._report.on_new_connections < self._new_share * (self._report.sent + 1)
        self._report.on_new_connections += is_new
        return is_new

    async def _ask(self, session: aiohttp.ClientSession, is_new: bool) -> None:
        began = time.monotonic()
        try:
            async with session.get(self._report.url, allow_redirects=False) as answer:
                await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._fail(began, is_new, type(error).__name__, str(error))
            return
        took_s = time.monotonic() - began
        self._latencies.append(took_s)
        self._statuses[answer.status] += 1
        is_error = answer.status >= 500
        self._see(self._report.versions, answer.headers.get("X-Hello-Version"), is_error)
        self._see(self._report.tasks, answer.headers.get("X-Hello-Task"), is_error)
        if not 200 <= answer.status < 300:
            self._fail(began, is_new, f"status {answer.status}", answer.reason or "")
        elif took_s > self._late_s:
            self._fail(began, is_new, "late", f"answered after {took_s:.3f} s")

    def _fail(self, began: float, is_new: bool, kind: str, detail: str) -> None:
        self._report.failed += 1
        self._failures[kind] += 1
        if len(self._report.examples) < _EXAMPLES:
            self._report.examples.append(
                {
                    "sent_s": round(began - self._started, 3),
                    "after_s": round(time.monotonic() - began, 3),
                    "connection": "new" if is_new else "kept",
                    "kind": kind,
                    "detail": detail,
                }
            )

    def _see(self, seen: dict[str, Seen], value: str | None, is_error: bool) -> None:
        if value is None:
            return
        now_s = round(time.monotonic() - self._started, 3)
        entry = seen.setdefault(value, Seen(first_s=now_s))
        entry.count += 1
        entry.errors += is_error
        entry.last_s = now_s

    def _finished(self) -> LoadReport:
        self._report.failures = dict(self._failures)
        self._report.statuses = dict(self._statuses)
        self._report.latency_ms = _percentiles(self._latencies)
        return self._report


def _percentiles(latencies_s: list[float]) -> dict[str, float]:
    ordered = sorted(latencies_s)
    if not ordered:
        return {}
    ranks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(ordered[min(len(ordered) - 1, int(rank * len(ordered)))] * 1000, 2)
        for name, rank in ranks.items()
    }
