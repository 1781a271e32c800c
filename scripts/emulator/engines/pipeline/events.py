"""What can happen to a pipeline, and what somebody must then do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from emulator.engines.pipeline.declaration import Action, Structure
from emulator.engines.pipeline.model import (
    ActionError,
    Artifact,
    External,
    Revision,
    SourceOverride,
    Trigger,
)


class RetryMode(StrEnum):
    """Source: botocore shape StageRetryMode."""

    FAILED_ACTIONS = "FAILED_ACTIONS"
    ALL_ACTIONS = "ALL_ACTIONS"


@dataclass(frozen=True)
class ExecutionRequested:
    execution_id: str
    trigger: Trigger
    variables: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[SourceOverride, ...] = ()


@dataclass(frozen=True)
class ActionProgressed:
    """An action goes on, and more is known about what runs it."""

    execution_id: str
    action_execution_id: str
    external: External


@dataclass(frozen=True)
class ActionSucceeded:
    execution_id: str
    action_execution_id: str
    external: External = field(default_factory=External)
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None


@dataclass(frozen=True)
class ActionFailed:
    execution_id: str
    action_execution_id: str
    error: ActionError
    external: External = field(default_factory=External)


@dataclass(frozen=True)
class ApprovalAnswered:
    """Somebody approved or rejected; `by` is their ARN, `summary` their comment."""

    stage_name: str
    action_name: str
    token: str
    approved: bool
    summary: str
    by: str


@dataclass(frozen=True)
class TimePassed:
    """`real_s` more seconds went by in which somebody could have answered an approval."""

    real_s: float


@dataclass(frozen=True)
class StopRequested:
    execution_id: str
    abandon: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class RetryRequested:
    execution_id: str
    stage_name: str
    mode: RetryMode


@dataclass(frozen=True)
class TransitionDisabled:
    stage_name: str
    reason: str
    by: str


@dataclass(frozen=True)
class TransitionEnabled:
    stage_name: str
    by: str


@dataclass(frozen=True)
class PipelineUpdated:
    structure: Structure


@dataclass(frozen=True)
class PipelineDeleted:
    pass


Event = (
    ExecutionRequested
    | ActionProgressed
    | ActionSucceeded
    | ActionFailed
    | ApprovalAnswered
    | TimePassed
    | StopRequested
    | RetryRequested
    | TransitionDisabled
    | TransitionEnabled
    | PipelineUpdated
    | PipelineDeleted
)


@dataclass(frozen=True)
class StartAction:
    """Effect: carry an action out; report it by its `action_execution_id`.

    Shape: `configuration` has its variables resolved; `inputs` are there to be read, `outputs`
    say where to write; `source_revision` is what the execution's first source action took.
    """

    pipeline_name: str
    execution_id: str
    stage_name: str
    action: Action
    action_execution_id: str
    configuration: Mapping[str, str]
    inputs: tuple[Artifact, ...] = ()
    outputs: tuple[Artifact, ...] = ()
    override: SourceOverride | None = None
    input_revisions: Mapping[str, Revision] = field(default_factory=dict)


@dataclass(frozen=True)
class RequestApproval:
    """Effect: tell the approvers that an approval waits. The answer comes by the API, or never."""

    pipeline_name: str
    execution_id: str
    stage_name: str
    action_name: str
    action_execution_id: str
    configuration: Mapping[str, str]
    token: str
    expires: datetime


@dataclass(frozen=True)
class AbandonAction:
    """Effect: nobody waits for this action any more. What it started elsewhere may go on."""

    pipeline_name: str
    action_execution_id: str


class Level(StrEnum):
    """What changed its state. Source: detail-type of CodePipeline's EventBridge events."""

    PIPELINE = "Pipeline"
    STAGE = "Stage"
    ACTION = "Action"


@dataclass(frozen=True)
class Announce:
    """Effect: tell EventBridge. `state` is spelt as its events spell it, such as `STARTED`."""

    level: Level
    execution_id: str
    state: str
    stage_name: str | None = None
    action_execution_id: str | None = None


Effect = StartAction | RequestApproval | AbandonAction | Announce
