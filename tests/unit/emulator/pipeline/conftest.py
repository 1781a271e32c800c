"""A pipeline to try the engine on: events in, statuses out, with a clock of its own."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from emulator.engines.pipeline import advance
from emulator.engines.pipeline.events import (
    AbandonAction,
    ActionFailed,
    ActionSucceeded,
    Announce,
    Effect,
    Event,
    ExecutionRequested,
    RetryMode,
    RetryRequested,
    StartAction,
    StopRequested,
)
from emulator.engines.pipeline.model import (
    Action,
    ActionError,
    ActionType,
    Execution,
    ExecutionMode,
    Pipeline,
    Revision,
    SourceOverride,
    Stage,
    Structure,
    Trigger,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def action(name: str, run_order: int = 1, **members: object) -> Action:
    return Action(name, ActionType("Build", "AWS", "CodeBuild", "1"), run_order, **members)


def three_stages() -> tuple[Stage, ...]:
    """Return Source, Build and Deploy, each with one action of the stage's name."""
    return (
        Stage("Source", (action("Source", outputs=("SourceOutput",), namespace="Src"),)),
        Stage("Build", (action("Build", inputs=("SourceOutput",), outputs=("BuildOutput",)),)),
        Stage("Deploy", (action("Deploy", inputs=("BuildOutput",)),)),
    )


@dataclass
class Course:
    """A pipeline under test: what it is now, and every effect so far."""

    pipeline: Pipeline
    effects: list[Effect] = field(default_factory=list)
    _now: datetime = START
    _ids: itertools.count = field(default_factory=lambda: itertools.count(1))

    def take(self, event: Event) -> list[Effect]:
        self._now += timedelta(seconds=1)
        self.pipeline, effects = advance(self.pipeline, event, self._now, self._new_id)
        self.effects += effects
        return effects

    def _new_id(self) -> str:
        return f"id-{next(self._ids):07d}"

    def request(self, name: str, *overrides: SourceOverride, **variables: str) -> None:
        trigger = Trigger("StartPipelineExecution")
        self.take(ExecutionRequested(name, trigger, variables, overrides))

    def succeed(self, execution: str, name: str, **outcome: object) -> None:
        self.take(ActionSucceeded(execution, self.running(execution, name), **outcome))

    def fail(self, execution: str, name: str) -> None:
        error = ActionError("JobFailed", "it broke")
        self.take(ActionFailed(execution, self.running(execution, name), error))

    def stop(self, execution: str, abandon: bool = False) -> None:
        self.take(StopRequested(execution, abandon))

    def retry(self, execution: str, stage: str, mode: RetryMode = RetryMode.FAILED_ACTIONS) -> None:
        self.take(RetryRequested(execution, stage, mode))

    def running(self, execution: str, name: str) -> str:
        """Return the id of an action's execution that is in progress."""
        found = [r.id for r in self[execution].running_actions if r.action.name == name]
        assert len(found) == 1, f"{name} of {execution} is not running"
        return found[0]

    def __getitem__(self, execution: str) -> Execution:
        return self.pipeline.executions[execution]

    def status(self, execution: str) -> str:
        return self[execution].status.value

    def statuses(self) -> dict[str, str]:
        return {name: found.status.value for name, found in self.pipeline.executions.items()}

    def stage_status(self, execution: str, stage: str) -> str:
        return self[execution].stage_runs[stage].status.value

    def started(self) -> list[tuple[str, str]]:
        """Return every action started so far: execution and action."""
        found = [effect for effect in self.effects if isinstance(effect, StartAction)]
        return [(effect.execution_id, effect.action.name) for effect in found]

    def abandoned(self) -> list[str]:
        return [e.action_execution_id for e in self.effects if isinstance(e, AbandonAction)]

    def announced(self, execution: str) -> list[str]:
        """Return what EventBridge was told of an execution: level and state."""
        return [
            f"{effect.level} {effect.state}"
            for effect in self.effects
            if isinstance(effect, Announce) and effect.execution_id == execution
        ]

    def last_start(self) -> StartAction:
        return [effect for effect in self.effects if isinstance(effect, StartAction)][-1]


Begin = Callable[..., Course]


@pytest.fixture
def begin() -> Begin:
    """Return a function that makes a course: of three stages, SUPERSEDED, unless told otherwise."""

    def begin(
        *stages: Stage, mode: ExecutionMode = ExecutionMode.SUPERSEDED, version: int = 1
    ) -> Course:
        structure = Structure("pipe", version, stages or three_stages(), "artifacts", mode)
        return Course(Pipeline.new(structure))

    return begin


@pytest.fixture
def make_action() -> Callable[..., Action]:
    return action


@pytest.fixture
def stages() -> tuple[Stage, ...]:
    """Return Source, Build and Deploy as `begin` has them."""
    return three_stages()


@pytest.fixture
def revision() -> Revision:
    return Revision("Source", "SourceOutput", "c0ffee", "a commit", "https://x", START)
