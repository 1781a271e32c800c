"""Looks and samples at made-up seconds of one minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.workshop.checks.blue_green_record import HEAD, deployment

from workshop.shift.follower import Look
from workshop.shift.sampler import Sample

BLUE_TASK, GREEN_TASK = "b" * 32, "9" * 32
SLOTS = {BLUE_TASK: "blue", GREEN_TASK: "green"}
VERSIONS = {BLUE_TASK: "0" * 40, GREEN_TASK: HEAD}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def look(second: float, green: float | None = None, **changes: Any) -> Look:
    """Return a look that took 0.1 s; `green` is the percentage that was reported."""
    weights = {} if green is None else {"blue": 100.0 - green, "green": green}
    given = {"status": "InProgress", "completed_at": None, "weights": weights} | changes
    return Look(at(second), at(second + 0.1), deployment(**given))


def looks(first: int, last: int, green: float | None = None, **changes: Any) -> list[Look]:
    """Return a look at every second, both included."""
    return [look(second, green, **changes) for second in range(first, last + 1)]


def sample(second: float, task: str = BLUE_TASK, **changes: Any) -> Sample:
    """Return an answer of a task that took 10 ms."""
    given = {"version": VERSIONS.get(task, "unknown"), "task": task, "status": 200}
    return Sample(at(second), **({"took_s": 0.01} | given | changes))


def bad(second: float, task: str = GREEN_TASK, status: int = 500) -> Sample:
    """Return an answer with an error of the application, or of the balancer if `task` is ''."""
    return sample(second, task, version="", failure=f"HTTP {status}", status=status)


def shared(first: float, last: float, green: int, count: int) -> list[Sample]:
    """Return `count` answers, evenly over a time, of which `green` come from the green slot."""
    tasks = [GREEN_TASK if n * green % count < green else BLUE_TASK for n in range(count)]
    step = (last - first) / max(count, 1)
    return [sample(first + number * step, task) for number, task in enumerate(tasks)]
