"""What became of each execution of a pipeline. All values, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from emulator.engines.pipeline.declaration import Action, ExecutionMode, Stage, Structure


class ExecutionStatus(StrEnum):
    """Source: botocore shape PipelineExecutionStatus."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUPERSEDED = "Superseded"
    CANCELLED = "Cancelled"


class StageStatus(StrEnum):
    """Source: botocore shape StageExecutionStatus."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    CANCELLED = "Cancelled"


class ActionStatus(StrEnum):
    """Source: botocore shape ActionExecutionStatus."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


@dataclass(frozen=True)
class Artifact:
    """A named artifact and where it lies in the artifact bucket."""

    name: str
    bucket: str
    key: str


@dataclass(frozen=True)
class Revision:
    """What a source action took. Source: botocore shapes SourceRevision, ArtifactRevision."""

    action_name: str
    artifact_name: str
    revision_id: str
    summary: str
    url: str
    created: datetime


@dataclass(frozen=True)
class SourceOverride:
    """The revision that an execution was asked to take. Source: shape SourceRevisionOverride."""

    action_name: str
    revision_type: str
    revision_value: str


@dataclass(frozen=True)
class Trigger:
    """Why an execution started. Source: botocore shape ExecutionTrigger."""

    type: str
    detail: str = ""


@dataclass(frozen=True)
class ActionError:
    """Why an action failed. Source: botocore shape ErrorDetails."""

    code: str
    message: str


@dataclass(frozen=True)
class External:
    """What runs an action elsewhere, such as a build: its id, its page, one line about it."""

    id: str | None = None
    url: str | None = None
    summary: str | None = None

    def merged(self, newer: "External") -> "External":
        return External(newer.id or self.id, newer.url or self.url, newer.summary or self.summary)


@dataclass(frozen=True)
class Approval:
    """A manual approval: the token that answers it, once, and how long it waits for that.

    Shape: `waited_s` are real seconds in which somebody could have answered, of `timeout_s`;
    `answered_by` is the ARN of whoever approved or rejected.
    """

    token: str
    timeout_s: float
    waited_s: float = 0.0
    answered_by: str | None = None


@dataclass(frozen=True)
class ActionRun:
    """One action execution: an action started once, in one execution of the pipeline."""

    id: str
    stage_name: str
    action: Action
    status: ActionStatus
    started_at: datetime
    updated_at: datetime
    pipeline_version: int
    configuration: Mapping[str, str]
    inputs: tuple[Artifact, ...] = ()
    outputs: tuple[Artifact, ...] = ()
    external: External = field(default_factory=External)
    error: ActionError | None = None
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None
    approval: Approval | None = None

    @property
    def open_approval(self) -> Approval | None:
        """Return the approval that somebody may still give."""
        return self.approval if self.status is ActionStatus.IN_PROGRESS else None


@dataclass(frozen=True)
class StageRun:
    """One execution's way through one stage.

    Shape: `stage` is the declaration that held on entering; `current` maps an action's name to
    the id of its action execution that counts now: a retry takes those out that are to run again.
    """

    stage: Stage
    status: StageStatus
    started_at: datetime
    current: Mapping[str, str] = field(default_factory=dict)
    retries: int = 0


@dataclass(frozen=True)
class Execution:
    """One execution of a pipeline.

    Shape: `stage_name` is the stage it is in or was in last; `waiting_for` the stage that it
    stands before, between stages. `number` counts a pipeline's executions: a higher one is newer.
    """

    id: str
    number: int
    status: ExecutionStatus
    trigger: Trigger
    pipeline_version: int
    mode: ExecutionMode
    started_at: datetime
    updated_at: datetime
    variables: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[SourceOverride, ...] = ()
    stage_name: str | None = None
    waiting_for: str | None = None
    stage_runs: Mapping[str, StageRun] = field(default_factory=dict)
    action_runs: Mapping[str, ActionRun] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    revisions: Mapping[str, Revision] = field(default_factory=dict)
    output_variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    status_summary: str | None = None
    stop_reason: str | None = None
    abandoning: bool = False
    attempt: int = 1

    @property
    def is_live(self) -> bool:
        return self.status in {ExecutionStatus.IN_PROGRESS, ExecutionStatus.STOPPING}

    @property
    def running_actions(self) -> list[ActionRun]:
        return [r for r in self.action_runs.values() if r.status is ActionStatus.IN_PROGRESS]

    def current_run(self, stage_name: str, action_name: str) -> ActionRun | None:
        """Return the action execution that counts now, or None where one is still to start."""
        run_id = self.stage_runs[stage_name].current.get(action_name)
        return self.action_runs[run_id] if run_id else None

    def is_in(self, stage_name: str) -> bool:
        """Tell whether the execution occupies, and so locks, the stage."""
        run = self.stage_runs.get(stage_name)
        return (
            self.stage_name == stage_name
            and run is not None
            and run.status in {StageStatus.IN_PROGRESS, StageStatus.STOPPING}
        )


@dataclass(frozen=True)
class StageState:
    """What a pipeline remembers of a stage beyond its executions: its inbound transition."""

    enabled: bool = True
    disabled_reason: str | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None
    latest_execution_id: str | None = None


@dataclass(frozen=True)
class Pipeline:
    """A pipeline: its structure now, its stages' transitions, its executions, oldest first."""

    structure: Structure
    stages: Mapping[str, StageState]
    executions: Mapping[str, Execution] = field(default_factory=dict)

    @classmethod
    def new(cls, structure: Structure) -> "Pipeline":
        return cls(structure, {stage.name: StageState() for stage in structure.stages})

    def with_execution(self, execution: Execution) -> "Pipeline":
        return replace(self, executions={**self.executions, execution.id: execution})

    def with_stage(self, name: str, **changes: Any) -> "Pipeline":
        return replace(self, stages={**self.stages, name: replace(self.stages[name], **changes)})

    def waiting_for(self, stage_name: str) -> list[Execution]:
        """Return the executions that stand before a stage, oldest first."""
        return [
            execution
            for execution in self.executions.values()
            if execution.is_live and execution.waiting_for == stage_name
        ]

    @property
    def has_open_approval(self) -> bool:
        return any(
            run.open_approval
            for execution in self.executions.values()
            if execution.is_live
            for run in execution.running_actions
        )

    def occupant(self, stage_name: str) -> Execution | None:
        return next((e for e in self.executions.values() if e.is_in(stage_name)), None)
