"""Ask the application again and again: who answered, and when."""

import threading
import time
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workshop.checks.web import ask

_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Sample:
    """One request: when it was sent, and who answered it, or why it failed.

    `version` is '' where the request failed, `failure` where it did not; `task` and `status` are
    the answer's, also of one that failed, and '' and None where nobody answered.
    """

    at: datetime
    version: str = ""
    failure: str = ""
    task: str = ""
    status: int | None = None
    took_s: float = 0.0

    @property
    def answered_at(self) -> datetime:
        """Return when it was over."""
        return self.at + timedelta(seconds=self.took_s)


class Sampler:
    """Asks one URL in a thread of its own, until it is stopped.

    `rate` is in requests per second, each on a new connection and after the one before it; answers
    that take longer than that make them fewer.
    """

    def __init__(self, url: str, rate: float = 5) -> None:
        self.url = url
        self._interval_s = 1 / rate
        self._samples: list[Sample] = []
        self._tasks: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> list[Sample]:
        """Return every sample, in the order of time."""
        self._stop.set()
        self._thread.join()
        return self._samples

    @property
    def tasks(self) -> frozenset[str]:
        """Return the ids of the tasks that have answered."""
        return frozenset(self._tasks)

    def since(self, at: datetime) -> list[Sample]:
        """Return the samples sent at or after a time, as far as they are answered."""
        start = bisect_left(self._samples, at, key=lambda one: one.at)
        return self._samples[start:]

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + self._interval_s, time.monotonic())
            if self._stop.wait(due - time.monotonic()):
                return
            sample = take_sample(self.url)
            self._samples.append(sample)
            self._tasks.update([sample.task] if sample.task else [])


def take_sample(url: str) -> Sample:
    """Ask once."""
    at, began_s = datetime.now(UTC), time.monotonic()
    try:
        answer = ask(url, timeout_s=_TIMEOUT_S)
    except OSError as error:
        return Sample(at, failure=str(error), took_s=time.monotonic() - began_s)
    is_good = answer.status == 200
    return Sample(
        at,
        version=(answer.version or "unknown") if is_good else "",
        failure="" if is_good else f"HTTP {answer.status}",
        task=answer.task_id or "",
        status=answer.status,
        took_s=time.monotonic() - began_s,
    )
