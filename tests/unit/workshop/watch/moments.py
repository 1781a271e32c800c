"""Scenes at made-up moments, as a watch would see them."""

from dataclasses import replace
from typing import Any

from tests.unit.workshop.checks.blue_green_record import deployment
from tests.unit.workshop.shift.made_up import SLOTS, at, shared

from workshop.deployments import LifecycleEvent
from workshop.shift.stretches import Stretch, count_answers
from workshop.watch.scene import Scene, Shift, Stage

STAGES = (
    Stage("Source", "Succeeded"),
    Stage("Approve", "InProgress", is_approval=True),
    Stage("DeployProd", "NotExecuted"),
)


def clock(second: float) -> str:
    """Return how a moment is shown."""
    return f"{at(second).astimezone():%H:%M:%S}"


def answers(green: int, count: int):
    return count_answers(shared(0, 1, green, count), SLOTS)


def stretch(weight: float, green: int, count: int) -> Stretch:
    weights = {"blue": 100 - weight, "green": weight}
    return Stretch(weights, at(10), at(30), answers(green, count))


def shift(weight: float, *stretches: Stretch, **changes: Any) -> Shift:
    given = {
        "status": "InProgress",
        "configuration": "ana-canary",
        "weights": {"blue": 100.0 - weight, "green": weight},
        "events": (LifecycleEvent("Install", "Succeeded", at(1), at(5)),),
    }
    return Shift(deployment(**(given | changes)), stretches)


def scene(second: float, *shifts: Shift, **changes: Any) -> Scene:
    made = Scene(at(second), at(0), STAGES, shifts, 10.0, answers(0, 100), None, answers(0, 500))
    return replace(made, **changes)
