"""Ask the application all the while a release goes on, and keep what it answered as evidence."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workshop.context import Context
from workshop.shift.sampler import Sample, Sampler


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


def rollout_of(url: str, samples: Iterable[Sample]) -> Rollout:
    """Return what was seen: how often who answered, and when first and last."""
    rollout = Rollout(url)
    for sample in samples:
        at = sample.at.isoformat(timespec="milliseconds")
        rollout.requests += 1
        if sample.failure:
            rollout.failures.append(f"{at} {sample.failure}")
        else:
            rollout.note(sample.version, at)
    return rollout


@contextmanager
def sample_rollout(context: Context) -> Iterator[None]:
    """Observe a release: who answered while the old version gave way to the new one."""
    sampler = Sampler(f"{context.view.urls['staging']}/hello/observer")
    sampler.start()
    try:
        yield
    finally:
        rollout = rollout_of(sampler.url, sampler.stop())
        keep(context.config.evidence_dir / "1.4-rollout.json", asdict(rollout))


def keep(path: Path, evidence: dict[str, Any]) -> None:
    """Write the evidence of the newest release; an earlier one is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(evidence, indent=2) + "\n", encoding="utf-8")
