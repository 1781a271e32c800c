"""What share each slot answered while the reported weights stayed the same: pure arithmetic."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from workshop.shift.follower import Look
from workshop.shift.sampler import Sample

DEVIATIONS = 3
"""How many standard deviations a sound measurement may be off: 997 of 1,000 are nearer."""


@dataclass(frozen=True)
class Answers:
    """Who answered some requests.

    Shape: `by_slot` is slot -> answers of its tasks, failed ones among them, and `failed` slot ->
    the failed ones of these; `versions` is version -> good answers, `failures` reason -> how many.
    `requests` counts all, also those that no task of a known slot answered.
    """

    requests: int
    by_slot: Mapping[str, int]
    failed: Mapping[str, int]
    versions: Mapping[str, int]
    failures: Mapping[str, int]

    @property
    def placed(self) -> int:
        """Return how many a task of a known slot answered: what shares are shares of."""
        return sum(self.by_slot.values())

    def share_percent(self, slot: str) -> float | None:
        """Return the slot's share of the answers, None where no slot is known to have answered."""
        return 100 * self.by_slot.get(slot, 0) / self.placed if self.placed else None

    def tolerance_points(self, weight_percent: float) -> float | None:
        """Return how far a measured share may be from a slot's weight, in percentage points.

        Each request goes to the slot with the probability p of its weight, whatever the others
        do, so that the share of n answers has the standard deviation sqrt(p (1 - p) / n) of a
        binomial distribution; allowed are `DEVIATIONS` of them. A weight of 0 or 100 allows none.
        """
        if not self.placed:
            return None
        p = weight_percent / 100
        return 100 * DEVIATIONS * math.sqrt(p * (1 - p) / self.placed)


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in which AWS reported the same weights, slot -> percent.

    It begins with the second look that showed them and ends with the last look but one: around a
    change nobody outside knows which weights a request met, since the balancer follows a little
    before or after AWS reports it.
    """

    weights: Mapping[str, float]
    began: datetime
    ended: datetime
    answers: Answers

    def is_within_tolerance(self, slot: str) -> bool | None:
        """Tell whether the slot answered the share that was reported; None where none answered."""
        weight = self.weights.get(slot, 0.0)
        share, tolerance = self.answers.share_percent(slot), self.answers.tolerance_points(weight)
        if share is None or tolerance is None:
            return None
        return abs(share - weight) <= tolerance


def count_answers(samples: Iterable[Sample], slots: Mapping[str, str]) -> Answers:
    """Return who answered. Shape: `slots` is task id -> slot."""
    requests = 0
    by_slot, failed = Counter[str](), Counter[str]()
    versions, failures = Counter[str](), Counter[str]()
    for sample in samples:
        requests += 1
        slot = slots.get(sample.task, "")
        by_slot.update([slot] if slot else [])
        failed.update([slot] if slot and sample.failure else [])
        versions.update([sample.version] if sample.version else [])
        failures.update([sample.failure] if sample.failure else [])
    return Answers(requests, by_slot, failed, versions, failures)


def find_stretches(
    looks: Iterable[Look], samples: Sequence[Sample], slots: Mapping[str, str]
) -> list[Stretch]:
    """Return the stretches of one deployment's looks, in order, with the requests of each.

    Shape: looks and samples in the order of time; `slots` is task id -> slot.
    """
    return [
        Stretch(weights, began, ended, count_answers(between(samples, began, ended), slots))
        for weights, began, ended in _spans(looks)
    ]


def between(samples: Sequence[Sample], began: datetime, ended: datetime) -> Iterator[Sample]:
    """Yield the samples that were sent and answered within a time."""
    for sample in samples[bisect_left(samples, began, key=lambda one: one.at) :]:
        if sample.at > ended:
            return
        if sample.answered_at <= ended:
            yield sample


def _spans(looks: Iterable[Look]) -> Iterator[tuple[dict[str, float], datetime, datetime]]:
    """Yield weights, and from when to when they were surely in force.

    What a deployment reports after its end is not looked at: a rollback has moved the traffic.
    """
    told = (one for one in looks if one.deployment.weights and one.deployment.is_running)
    for _, group in groupby(told, key=_traffic):
        same = list(group)
        if len(same) > 2:
            weights = {slot: 0.0 for look in same for slot in look.deployment.weights}
            yield weights | same[-1].deployment.weights, same[1].began, same[-2].ended


def _traffic(look: Look) -> dict[str, float]:
    """Return who gets traffic: a slot without any may be reported late, or no more."""
    return {slot: weight for slot, weight in look.deployment.weights.items() if weight}
