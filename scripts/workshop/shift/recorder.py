"""All of a shift that this machine can see: requests of its own, and looks at AWS's record."""

from collections.abc import Mapping
from datetime import UTC, datetime

from workshop.checks.view import PRODUCTION, TEST, View
from workshop.shift.follower import Follower, Look
from workshop.shift.sampler import Sample, Sampler
from workshop.shift.slots import SlotReader

_TEST_RATE = 5
"""Requests per second to the test port, at most: which version it has is told by few."""


class Recorder:
    """Samples production, and the test port where there is one; looks when it is told to."""

    def __init__(self, view: View, rate: float) -> None:
        self.view = view
        self.begun = datetime.now(UTC)
        rates = {PRODUCTION: rate, TEST: min(rate, _TEST_RATE)}
        self._samplers = {
            key: Sampler(f"{view.urls[key]}/hello/observer", rate)
            for key, rate in rates.items()
            if key in view.urls
        }
        self._follower = Follower(view)
        self._slots = SlotReader(view)

    @property
    def looks(self) -> list[Look]:
        return self._follower.looks

    @property
    def slots(self) -> Mapping[str, str]:
        return self._slots.slots

    @property
    def has_test_port(self) -> bool:
        return TEST in self._samplers

    def start(self) -> None:
        for sampler in self._samplers.values():
            sampler.start()

    def stop(self) -> None:
        for sampler in self._samplers.values():
            sampler.stop()

    def samples(self, key: str = PRODUCTION, since: datetime | None = None) -> list[Sample]:
        """Return what was answered there, in the order of time; none where nobody asks."""
        sampler = self._samplers.get(key)
        return sampler.since(since or self.begun) if sampler else []

    def look(self) -> Look | None:
        """Look at the deployment and at new tasks; return the newest look.

        Raises: AWS's errors, having kept nothing that it did not see.
        """
        newest = self._follower.look()
        self.learn()
        return newest

    def learn(self) -> None:
        """Find out which slots the tasks serve that answered lately. Raises: AWS's errors."""
        self._slots.learn(set().union(*(one.tasks for one in self._samplers.values())))
