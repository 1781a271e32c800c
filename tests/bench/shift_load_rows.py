"""Lab 3 under load: nothing fails but what a bad version answers, and that in its share."""

import json
from dataclasses import dataclass
from typing import Any

from tests.bench.load import RATE, failed_requests, under_load
from tests.bench.place import Place, say
from tests.bench.rows import Row
from workshop.checks.deployment import STOPPED_BY_ALARM
from workshop.deployments import Deployment, LifecycleEvent


@dataclass(frozen=True)
class Shift:
    """A shift that an alarm stopped: its version, the highest share that AWS reported of it, and
    the seconds from its beginning until all traffic was back."""

    version: str
    most_percent: float
    served_s: float


def load_rows(place: Place) -> list[Row]:
    """Take lab 3 again from its start, under the load that labs 1 and 2 had."""
    place.workshop("reset", "3")
    say(f"taking lab 3 to 3.3 under {RATE} requests a second")
    with under_load(place.production_url) as calm:
        place.workshop("lab", "3", "--to", "3.3")
    what = "ready wait and re-route, a rollback in the termination wait, two canaries"
    say(f"taking 3.4 under {RATE} requests a second")
    with under_load(place.production_url) as stormy:
        place.workshop("lab", "3", "--from", "3.4")
    view = place.view
    bad = next(one for one in view.each_deployment() if one.error_code == STOPPED_BY_ALARM)
    rollback = view.deployment_by_id(bad.rolled_back_by or "none")
    shift = Shift(bad.version, highest_share(bad, rollback), served_s(bad, rollback))
    return [failed_requests(what, calm), *alarm_rows(stormy, shift)]


def alarm_rows(report: dict[str, Any], bad: Shift) -> list[Row]:
    """Return what failed by others than the bad version, and what share of requests it had.

    Its share is of the requests that can have reached the balancer while it was served: sent
    meanwhile, or before by no more than the slowest answer took.
    """
    seen = report["versions"][bad.version]
    others = report["failed"] - seen["errors"]
    told = (
        f"{report['sent']} sent at {RATE}/s, {seen['errors']} of them answered with 5xx by the bad "
        f"version; {json.dumps(report['failures'])}"
    )
    met = report["rate"] * (bad.served_s + report["latency_ms"]["max"] / 1000)
    asked = (
        f"{seen['count']} of {met:.0f} requests, in {bad.served_s:.1f} s until all were back; "
        "the limit is the highest share reported"
    )
    share = 100 * seen["count"] / met
    return [
        Row(
            "stop by alarm, then linear: failed otherwise than by the bad version",
            others,
            "",
            told,
            0,
        ),
        Row("stop by alarm: share of the bad version", share, "%", asked, bad.most_percent),
    ]


def highest_share(bad: Deployment, rollback: Deployment) -> float:
    """Return the share that was reported last of the slot that the rollback left, in percent."""
    return max(bad.weights[slot] for slot, weight in rollback.weights.items() if not weight)


def served_s(bad: Deployment, rollback: Deployment) -> float:
    """Return the seconds from the beginning of a shift until all traffic was back."""
    begun, back = (_event(one, "AllowTraffic") for one in (bad, rollback))
    if begun.started_at is None or back.ended_at is None:
        raise ValueError(
            f"{bad.id} has not shifted traffic, or {rollback.id} has not brought it back"
        )
    return (back.ended_at - begun.started_at).total_seconds()


def _event(deployment: Deployment, name: str) -> LifecycleEvent:
    return next(one for one in deployment.events if one.name == name)
