"""What is gone after a release: production kept its version until a person said yes."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from workshop.actions.sampling import keep, rollout_of
from workshop.aws import BotoCoreError, ClientError
from workshop.checks.view import PRODUCTION, STAGING
from workshop.context import Context
from workshop.shift.sampler import Sample, Sampler


@contextmanager
def sample_production(context: Context) -> Iterator[None]:
    """Observe releases: who answered while the last approval waited, and around its switch.

    Kept as `2.4-approval.json` (production, and under `staging` the same of staging) and
    `2.4-switch.json` (production from the approval on). Without an approval nothing is kept.
    """
    urls = context.view.urls
    begun = datetime.now(UTC)
    samplers = {key: Sampler(f"{urls[key]}/hello/observer") for key in (PRODUCTION, STAGING)}
    for sampler in samplers.values():
        sampler.start()
    try:
        yield
    finally:
        samples = {key: sampler.stop() for key, sampler in samplers.items()}
        with suppress(BotoCoreError, ClientError, OSError):  # the target may be gone
            _keep(context, samples, begun)


def _keep(context: Context, samples: dict[str, list[Sample]], begun: datetime) -> None:
    approval = _last_approval(context, begun)
    if approval is None:
        return
    urls = context.view.urls
    asked, decided = approval["startTime"], approval["lastUpdateTime"]
    waited = {
        key: asdict(rollout_of(urls[key], (one for one in seen if asked <= one.at <= decided)))
        for key, seen in samples.items()
    }
    switched = rollout_of(
        urls[PRODUCTION], (one for one in samples[PRODUCTION] if one.at > decided)
    )
    folder = context.config.evidence_dir
    times = {"asked": asked.isoformat(), "decided": decided.isoformat()}
    keep(folder / "2.4-approval.json", waited[PRODUCTION] | times | {STAGING: waited[STAGING]})
    keep(folder / "2.4-switch.json", asdict(switched))


def _last_approval(context: Context, since: datetime) -> dict[str, Any] | None:
    """Return the approval that was given last, if it was since a time. Source: AWS's record."""
    runs = context.view.latest_actions()
    stage = context.view.approval.stage
    given = [
        one
        for one in runs
        if one["stageName"] == stage
        and one["status"] == "Succeeded"
        and one["lastUpdateTime"] >= since
    ]
    return max(given, key=lambda one: one["lastUpdateTime"], default=None)
