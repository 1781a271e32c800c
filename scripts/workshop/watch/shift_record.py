"""What a picture of a shift is drawn from: the part of a watch in which deployments ran."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from workshop.deployments import Deployment, LifecycleEvent
from workshop.shift.follower import Look
from workshop.shift.recorder import Recorder
from workshop.shift.sampler import Sample
from workshop.shift.stretches import Stretch, between, find_stretches

_LEAD = 0.03
_LEAST_LEAD_S = 2.0
_TOLD = {"Install", "AllowTestTraffic", "AllowTraffic"}
_NOTHING = timedelta(seconds=2)


Filled = tuple[str, Stretch]
"""A stretch, and the slot that its deployment fills."""


@dataclass(frozen=True)
class Step:
    """Weights that AWS reported, from one look to the first that showed others.

    Shape: `weights` is slot -> percent. They changed at some time after `known_until`, the last
    look that showed them.
    """

    weights: Mapping[str, float]
    began: datetime
    known_until: datetime
    ended: datetime


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment; `is_main` is the beginning or end of a deployment."""

    at: datetime
    text: str
    is_main: bool = False


@dataclass(frozen=True)
class ShiftRecord:
    """Looks and samples of a time. Shape: `slots` is task id -> slot."""

    began: datetime
    ended: datetime
    looks: Sequence[Look]
    samples: Sequence[Sample]
    slots: Mapping[str, str]

    @property
    def deployments(self) -> list[Deployment]:
        """Return each deployment as it was seen last, oldest first."""
        return list({one.deployment.id: one.deployment for one in self.looks}.values())

    def stretches(self) -> list[Filled]:
        """Return the stretches of all deployments, in order, each with the slot that it fills."""
        return [
            (_filled(stretches), stretch)
            for looks in self._by_deployment()
            if (stretches := find_stretches(looks, self.samples, self.slots))
            for stretch in stretches
        ]

    def steps(self) -> list[Step]:
        """Return what AWS reported, step by step, without a gap within a deployment."""
        found: list[Step] = []
        for looks in self._by_deployment():
            told = [one for one in looks if _is_in_force(one.deployment)]
            for this, following in zip(told, [*told[1:], *told[-1:]], strict=True):
                last = found[-1] if found else None
                weights = this.deployment.weights
                if last and last.weights == weights and last.ended >= this.began:
                    found[-1] = Step(weights, last.began, this.began, following.ended)
                else:
                    found.append(Step(weights, this.ended, this.began, following.ended))
        return found

    def marks(self) -> list[Mark]:
        """Return beginnings and ends of deployments, and their lifecycle events, in order."""
        found = [mark for one in self.deployments for mark in _marks_of(one)]
        for looks in self._by_deployment():
            ready = next((one for one in looks if one.is_ready), None)
            found += [Mark(ready.began, "Ready: waits to be promoted")] if ready else []
        within = [one for one in found if self.began <= one.at <= self.ended]
        return sorted(within, key=lambda one: (one.at, one.is_main))

    def _by_deployment(self) -> Iterator[list[Look]]:
        for _, group in groupby(self.looks, key=lambda one: one.deployment.id):
            yield list(group)


def record_of(recorder: Recorder) -> ShiftRecord | None:
    """Return what was recorded around deployments, or all where none ran; None for nothing."""
    samples, looks = recorder.samples(), recorder.looks
    times = [one.at for one in samples] + [one.ended for one in looks]
    if not times:
        return None
    began, ended = min(times), max(times)
    if looks:
        lead = max(timedelta(seconds=_LEAST_LEAD_S), (looks[-1].ended - looks[0].began) * _LEAD)
        began, ended = max(began, looks[0].began - lead), min(ended, looks[-1].ended + lead)
    seen = list(between(samples, began, ended))
    return ShiftRecord(began, ended, looks, seen, dict(recorder.slots))


def _is_in_force(deployment: Deployment) -> bool:
    """Tell whether traffic goes as the deployment reports: one that failed may be undone."""
    return bool(deployment.weights) and (deployment.is_running or deployment.status == "Succeeded")


def _filled(stretches: Sequence[Stretch]) -> str:
    """Return the slot whose weight grew, or the one with the most where none did."""
    first, last = stretches[0].weights, stretches[-1].weights
    return max(last, key=lambda slot: (last[slot] - first.get(slot, 0.0), last[slot]))


def _is_told(event: LifecycleEvent) -> bool:
    """Tell whether an event is more than a hook that no function answers to."""
    if event.name in _TOLD or event.status == "Failed" or event.started_at is None:
        return True
    return event.ended_at is None or event.ended_at - event.started_at >= _NOTHING


def _marks_of(deployment: Deployment) -> Iterator[Mark]:
    kind = "rollback" if deployment.is_rollback else "deployment"
    yield Mark(deployment.created_at, f"{kind} {deployment.id}", is_main=True)
    for event in deployment.events:
        if event.started_at is not None and _is_told(event):
            failed = f" {event.status}" if event.status == "Failed" else ""
            yield Mark(event.started_at, event.name + failed)
    if deployment.completed_at is not None:
        yield Mark(deployment.completed_at, deployment.status, is_main=True)
