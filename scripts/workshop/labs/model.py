"""What a lab is made of: steps in order, each with its action, observation, checks and hint."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from workshop.checks.model import Check
from workshop.context import Context

Action = Callable[[Context], str]
"""Changes something, and returns one sentence on what it did, or found done already."""

Observation = Callable[[Context], AbstractContextManager[None]]
"""Watches while a step acts, and keeps what it saw as evidence."""


Preparation = Callable[[Context], None]
"""Brings what stands to rest, before Terraform changes it."""


def _nothing_to_observe(_context: Context) -> AbstractContextManager[None]:
    return nullcontext()


def _nothing_by_hand(_context: Context) -> list[str]:
    return []


@dataclass(frozen=True)
class Step:
    """One action with a visible result.

    `by_hand` returns the shell commands that do the action without the workshop. `prepare` is
    called before Terraform goes past the step for the first time, with what stood until then.
    """

    label: str
    title: str
    hint: str
    checks: tuple[Check, ...]
    action: Action | None = None
    by_hand: Callable[[Context], list[str]] = field(default=_nothing_by_hand)
    observe: Observation = field(default=_nothing_to_observe)
    prepare: Preparation | None = None


@dataclass(frozen=True)
class Lab:
    """One lesson.

    `before` is the step of the ladder that the lab starts from, `service` the key of the service
    that the lab releases to. `equipment` puts into the clone what earlier labs added to the
    application's template, without pushing it.
    """

    number: int
    title: str
    before: str
    service: str
    steps: tuple[Step, ...]
    equipment: tuple[Action, ...] = ()
