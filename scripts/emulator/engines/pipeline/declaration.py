"""A pipeline as declared. All values, never changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

APPROVAL = "Approval"
"""The category of actions that wait for a person. Source: botocore shape ActionCategory."""


class ExecutionMode(StrEnum):
    """What happens to executions that meet. Source: botocore shape ExecutionMode."""

    SUPERSEDED = "SUPERSEDED"
    QUEUED = "QUEUED"
    PARALLEL = "PARALLEL"


@dataclass(frozen=True)
class ActionType:
    """What carries an action out. Source: botocore shape ActionTypeId."""

    category: str
    owner: str
    provider: str
    version: str


@dataclass(frozen=True)
class Action:
    """One action as declared. Source: botocore shape ActionDeclaration."""

    name: str
    type: ActionType
    run_order: int = 1
    configuration: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    namespace: str | None = None
    role_arn: str | None = None
    timeout_min: int | None = None

    @property
    def waits_for_approval(self) -> bool:
        return self.type.category == APPROVAL


@dataclass(frozen=True)
class Stage:
    """One stage as declared."""

    name: str
    actions: tuple[Action, ...]

    def in_order(self) -> Iterator[list[Action]]:
        """Yield the actions that run side by side, in the order of their `runOrder`."""
        ordered = sorted(self.actions, key=lambda action: action.run_order)
        for _, together in groupby(ordered, key=lambda action: action.run_order):
            yield list(together)

    def action(self, name: str) -> Action | None:
        return next((action for action in self.actions if action.name == name), None)


@dataclass(frozen=True)
class Structure:
    """One version of a pipeline's declaration, as far as running it needs."""

    name: str
    version: int
    stages: tuple[Stage, ...]
    artifact_bucket: str
    mode: ExecutionMode = ExecutionMode.SUPERSEDED

    def stage(self, name: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.name == name), None)

    def stage_after(self, name: str) -> Stage | None:
        names = [stage.name for stage in self.stages]
        following = names.index(name) + 1
        return self.stages[following] if following < len(names) else None
