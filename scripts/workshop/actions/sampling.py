"""Ask the application all the while a release rolls out, and keep what it answered as evidence."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from workshop.checks.web import ask
from workshop.context import Context

INTERVAL_S = 0.2


@dataclass
class Seen:
    """How often one version answered, and when first and last (ISO 8601, UTC)."""

    answers: int
    first: str
    last: str


@dataclass
class Rollout:
    """What was seen: requests sent, those that failed, and the versions that answered."""

    url: str
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    versions: dict[str, Seen] = field(default_factory=dict)

    def note(self, version: str, at: str) -> None:
        seen = self.versions.setdefault(version, Seen(0, at, at))
        seen.answers += 1
        seen.last = at


class Sampler:
    """Asks one URL every `INTERVAL_S` seconds in a thread of its own, until it is stopped."""

    def __init__(self, url: str) -> None:
        self.rollout = Rollout(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> Rollout:
        self._stop.set()
        self._thread.join()
        return self.rollout

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self.rollout.requests += 1
            try:
                answer = ask(self.rollout.url, timeout_s=2)
            except OSError as error:
                self.rollout.failures.append(f"{at} {error}")
                continue
            if answer.status == 200:
                self.rollout.note(answer.version or "unknown", at)
            else:
                self.rollout.failures.append(f"{at} HTTP {answer.status}")


@contextmanager
def sample_rollout(context: Context) -> Iterator[None]:
    """Observe a release: who answered while the old version gave way to the new one."""
    sampler = Sampler(f"{context.view.urls['staging']}/hello/observer")
    sampler.start()
    try:
        yield
    finally:
        keep(context.config.evidence_dir / "1.4-rollout.json", sampler.stop())


def keep(path: Path, rollout: Rollout) -> None:
    """Write the evidence of the newest roll-out; an earlier one is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(rollout), indent=2) + "\n", encoding="utf-8")
