"""The rules of a pipeline: what each event changes, and what must be done about it.

1. A stage is locked while an execution is in it; others wait before it. PARALLEL locks nothing.
2. Of those that wait before a stage, SUPERSEDED keeps only the newest, QUEUED lets the oldest go
   first. A disabled transition keeps everybody waiting.
3. Actions of one `runOrder` run side by side; the next `runOrder` starts when all have succeeded.
   When one failed, its neighbours still finish; then the stage and the execution fail, and the
   stage is free for the next execution.
4. An approval is an action in progress until somebody answers it, or its time is up.
5. A retry puts the same execution back into the stage that it failed or stopped in, as long as no
   newer execution has been there.

Source: "How pipeline executions work", "Retry a failed stage", "Stop a pipeline execution" in the
CodePipeline user guide.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from emulator import ids
from emulator.engines.pipeline import events
from emulator.engines.pipeline.approvals import ApprovalTurn
from emulator.engines.pipeline.declaration import ExecutionMode, Stage
from emulator.engines.pipeline.events import Effect, Event, Level
from emulator.engines.pipeline.model import (
    ActionStatus,
    Execution,
    ExecutionStatus,
    Pipeline,
    StageRun,
    StageState,
    StageStatus,
)
from emulator.engines.pipeline.refusal import Refused
from emulator.engines.pipeline.transitions import Move, after_execution, after_stage

MAX_CONCURRENT_EXECUTIONS = 50
"""In QUEUED and PARALLEL mode. Source: "Quotas in CodePipeline" in the user guide."""


def advance(
    pipeline: Pipeline, event: Event, now: datetime, new_id: Callable[[], str] = ids.new_uuid
) -> tuple[Pipeline, list[Effect]]:
    """Return the pipeline after the event, and the effects to carry out, in order.

    Raises: Refused if the event is a request that AWS refuses; nothing has changed then.
    """
    turn = _Engine(pipeline, now, new_id)
    turn.take(event)
    return turn.pipeline, turn.effects


class _Engine(ApprovalTurn):
    """The requests and reports that a pipeline answers."""

    def take(self, event: Event) -> None:
        match event:
            case events.ExecutionRequested():
                self._request(event)
            case events.ActionProgressed() | events.ActionSucceeded() | events.ActionFailed():
                self._report(event)
            case events.ApprovalAnswered() | events.TimePassed():
                self._attend(event)
            case events.StopRequested():
                self._stop(event)
            case events.RetryRequested():
                self._retry(event)
            case events.TransitionDisabled() | events.TransitionEnabled():
                self._switch_transition(event)
            case events.PipelineUpdated():
                self._update(event)
            case events.PipelineDeleted():
                for execution in self._live():
                    self._abandon_actions(execution.id)

    def _request(self, event: events.ExecutionRequested) -> None:
        structure = self.pipeline.structure
        self._refuse_beyond_limit()
        execution = Execution(
            id=event.execution_id,
            number=len(self.pipeline.executions) + 1,
            status=ExecutionStatus.IN_PROGRESS,
            trigger=event.trigger,
            pipeline_version=structure.version,
            mode=structure.mode,
            started_at=self._now,
            updated_at=self._now,
            variables=event.variables,
            overrides=event.overrides,
        )
        self._put(execution)
        self._announce(Level.PIPELINE, execution.id, "STARTED")
        self._arrive(execution.id, structure.stages[0].name)

    def _refuse_beyond_limit(self) -> None:
        if self.pipeline.structure.mode is ExecutionMode.SUPERSEDED:
            return
        if len(self._live()) >= MAX_CONCURRENT_EXECUTIONS:
            raise Refused(
                "ConcurrentPipelineExecutionsLimitExceededException",
                f"The pipeline {self.pipeline.structure.name} has reached the limit of "
                f"{MAX_CONCURRENT_EXECUTIONS} concurrent executions.",
            )

    def _report(
        self, event: events.ActionProgressed | events.ActionSucceeded | events.ActionFailed
    ) -> None:
        """Note what became of an action; a report about one that has ended changes nothing."""
        execution = self.pipeline.executions.get(event.execution_id)
        run = execution and execution.action_runs.get(event.action_execution_id)
        if execution is None or run is None or run.status is not ActionStatus.IN_PROGRESS:
            return
        external = run.external.merged(event.external)
        if isinstance(event, events.ActionProgressed):
            self._put_action_run(execution.id, replace(run, external=external))
            return
        if isinstance(event, events.ActionSucceeded):
            self._succeed_action(execution.id, run, external, event)
        else:
            self._move_action(execution.id, run.id, Move.FAIL, external=external, error=event.error)
            self._announce_action(execution.id, run, "FAILED")
        self._settle(execution.id)

    def _stop(self, event: events.StopRequested) -> None:
        execution = self._known(event.execution_id)
        if execution.status is ExecutionStatus.STOPPING:
            if execution.abandoning or not event.abandon:
                raise Refused(
                    "DuplicatedStopRequestException",
                    f"The pipeline execution {execution.id} is already in a Stopping state.",
                )
        elif execution.status is ExecutionStatus.IN_PROGRESS:
            self._begin_stopping(execution)
        else:
            raise Refused(
                "PipelineExecutionNotStoppableException",
                f"The pipeline execution {execution.id} cannot be stopped: its status is "
                f"{execution.status}.",
            )
        reason = event.reason or execution.stop_reason
        self._change(execution.id, abandoning=event.abandon, stop_reason=reason)
        if execution.waiting_for:
            self._end(execution.id, Move.STOP, "STOPPED")
            return
        if event.abandon:
            self._abandon_actions(execution.id)
        self._settle(execution.id)

    def _begin_stopping(self, execution: Execution) -> None:
        status = after_execution(execution.status, Move.REQUEST_STOP)
        self._change(execution.id, status=status)
        self._announce(Level.PIPELINE, execution.id, "STOPPING")
        if not execution.waiting_for:
            self._move_stage(execution.id, Move.REQUEST_STOP, "STOPPING")

    def _retry(self, event: events.RetryRequested) -> None:
        execution, run = self._retryable(event)
        redone = {
            ActionStatus.SUCCEEDED: event.mode is events.RetryMode.ALL_ACTIONS,
            ActionStatus.FAILED: True,
            ActionStatus.ABANDONED: True,
        }
        kept = {
            name: run_id
            for name, run_id in run.current.items()
            if not redone[execution.action_runs[run_id].status]
        }
        self._change(
            execution.id,
            status=after_execution(execution.status, Move.RETRY),
            attempt=execution.attempt + 1,
            abandoning=False,
            stop_reason=None,
        )
        self._put_stage_run(
            execution.id,
            replace(
                run,
                status=after_stage(run.status, Move.RETRY),
                current=kept,
                retries=run.retries + 1,
            ),
        )
        self._announce(Level.PIPELINE, execution.id, "RESUMED")
        self._announce(Level.STAGE, execution.id, "RESUMED", event.stage_name)
        self._settle(execution.id)

    def _retryable(self, event: events.RetryRequested) -> tuple[Execution, StageRun]:
        declared = self._declared_stage(event.stage_name)
        execution = self._known(event.execution_id)
        run = execution.stage_runs.get(event.stage_name)
        is_parallel = execution.mode is ExecutionMode.PARALLEL
        latest = self.pipeline.stages[event.stage_name].latest_execution_id
        if run and latest != execution.id and not is_parallel:
            raise Refused(
                "NotLatestPipelineExecutionException",
                f"The stage {event.stage_name} has run in a later execution of the pipeline; "
                f"the execution {execution.id} is out of date.",
            )
        retryable = {StageStatus.FAILED, StageStatus.STOPPED}
        if run is None or run.status not in retryable or declared != run.stage:
            raise Refused(
                "StageNotRetryableException",
                f"Unable to retry the stage {event.stage_name} for the execution {execution.id}: "
                "the pipeline structure or stage state might have changed, or the stage contains "
                "no failed actions.",
            )
        return execution, run

    def _switch_transition(
        self, event: events.TransitionDisabled | events.TransitionEnabled
    ) -> None:
        self._declared_stage(event.stage_name)
        disabled = isinstance(event, events.TransitionDisabled)
        self.pipeline = self.pipeline.with_stage(
            event.stage_name,
            enabled=not disabled,
            disabled_reason=event.reason if isinstance(event, events.TransitionDisabled) else None,
            changed_by=event.by,
            changed_at=self._now,
        )
        self._admit(event.stage_name)

    def _update(self, event: events.PipelineUpdated) -> None:
        """Take a new structure; an execution whose own stage it redefines is cancelled.

        Source: botocore shape PipelineExecutionStatus, "Cancelled: the pipeline's definition was
        updated before the pipeline execution could be completed".
        """
        structure = event.structure
        redefined = [e.id for e in self._live() if _is_redefined(e, structure.stage)]
        for execution_id in redefined:
            self._cancel(execution_id)
        stages = {s.name: self.pipeline.stages.get(s.name, StageState()) for s in structure.stages}
        self.pipeline = replace(self.pipeline, structure=structure, stages=stages)
        for stage in structure.stages:
            self._admit(stage.name)

    def _cancel(self, execution_id: str) -> None:
        self._abandon_actions(execution_id)
        if not self._execution(execution_id).waiting_for:
            self._move_stage(execution_id, Move.CANCEL, "CANCELED")
        self._end(execution_id, Move.CANCEL, "CANCELED")

    def _known(self, execution_id: str) -> Execution:
        if execution_id not in self.pipeline.executions:
            raise Refused(
                "PipelineExecutionNotFoundException",
                f"The pipeline {self.pipeline.structure.name} has no execution with ID "
                f"{execution_id}.",
            )
        return self._execution(execution_id)


def _is_redefined(execution: Execution, stage_of: Callable[[str], Stage | None]) -> bool:
    """Tell whether a new structure changes the stage an execution is in, or drops its next one."""
    if execution.waiting_for:
        return stage_of(execution.waiting_for) is None
    assert execution.stage_name is not None  # noqa: S101 (live, and not between stages)
    return stage_of(execution.stage_name) != execution.stage_runs[execution.stage_name].stage
