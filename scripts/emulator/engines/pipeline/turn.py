"""How executions move on: before a stage, through its actions, out of it, to an end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from emulator.engines.pipeline import events
from emulator.engines.pipeline.events import Announce, Effect, Level, StartAction
from emulator.engines.pipeline.model import (
    Action,
    ActionError,
    ActionRun,
    ActionStatus,
    Artifact,
    Execution,
    ExecutionMode,
    ExecutionStatus,
    External,
    Pipeline,
    StageRun,
    StageStatus,
)
from emulator.engines.pipeline.transitions import (
    Move,
    after_action,
    after_execution,
    after_stage,
)
from emulator.engines.pipeline.variables import UnresolvedVariable, resolve


class Turn:
    """One event's consequences, gathered: the pipeline so far and the effects so far."""

    def __init__(self, pipeline: Pipeline, now: datetime, new_id: Callable[[], str]) -> None:
        self.pipeline = pipeline
        self.effects: list[Effect] = []
        self._now = now
        self._new_id = new_id

    # Executions, between stages.

    def _arrive(self, execution_id: str, stage_name: str) -> None:
        """Let an execution stand before a stage, and in if it may."""
        self._change(execution_id, waiting_for=stage_name)
        self._admit(stage_name)

    def _admit(self, stage_name: str) -> None:
        """Let into a stage whoever may enter it now; supersede who must not wait any longer."""
        waiting = self.pipeline.waiting_for(stage_name)
        if self.pipeline.structure.mode is ExecutionMode.SUPERSEDED:
            newest = max((execution.number for execution in waiting), default=0)
            for older in (e for e in waiting if e.number < newest):
                self._end(older.id, Move.SUPERSEDE, "SUPERSEDED")
            waiting = waiting[-1:]
        for execution in waiting:
            if self._is_open(stage_name):
                self._enter(execution.id, stage_name)

    def _is_open(self, stage_name: str) -> bool:
        if not self.pipeline.stages[stage_name].enabled:
            return False
        is_parallel = self.pipeline.structure.mode is ExecutionMode.PARALLEL
        return is_parallel or self.pipeline.occupant(stage_name) is None

    def _end(self, execution_id: str, move: Move, state: str) -> None:
        execution = self._execution(execution_id)
        self._change(execution_id, status=after_execution(execution.status, move), waiting_for=None)
        self._announce(Level.PIPELINE, execution_id, state)

    # Stages: from entering one to leaving it.

    def _enter(self, execution_id: str, stage_name: str) -> None:
        stage = self.pipeline.structure.stage(stage_name)
        assert stage is not None, stage_name  # noqa: S101 (waiting executions follow updates)
        run = StageRun(stage, StageStatus.IN_PROGRESS, self._now)
        self._change(execution_id, stage_name=stage_name, waiting_for=None)
        self._put_stage_run(execution_id, run)
        self.pipeline = self.pipeline.with_stage(stage_name, latest_execution_id=execution_id)
        self._announce(Level.STAGE, execution_id, "STARTED", stage_name)
        self._settle(execution_id)

    def _settle(self, execution_id: str) -> None:
        """Look at the stage that an execution is in: start what is next, or end the stage."""
        execution = self._execution(execution_id)
        if any(run.stage_name == execution.stage_name for run in execution.running_actions):
            return
        unstarted, failed = self._next_actions(execution)
        if execution.status is ExecutionStatus.STOPPING:
            self._halt(execution_id)
        elif failed:
            self._fail_stage(execution_id)
        elif unstarted:
            self._start_actions(execution_id, unstarted)
        else:
            self._finish_stage(execution_id)

    def _next_actions(self, execution: Execution) -> tuple[list[Action], bool]:
        """Return what to start of the first `runOrder` not done yet, and whether one failed."""
        run = self._stage_run(execution)
        for actions in run.stage.in_order():
            started = {a.name: execution.current_run(run.stage.name, a.name) for a in actions}
            unstarted = [action for action in actions if started[action.name] is None]
            failed = any(at and at.status is ActionStatus.FAILED for at in started.values())
            if unstarted or failed:
                return unstarted, failed
        return [], False

    def _finish_stage(self, execution_id: str) -> None:
        stage_name = self._move_stage(execution_id, Move.SUCCEED, "SUCCEEDED")
        following = self.pipeline.structure.stage_after(stage_name)
        if following is None:
            self._end(execution_id, Move.SUCCEED, "SUCCEEDED")
        else:
            self._arrive(execution_id, following.name)
        self._admit(stage_name)

    def _fail_stage(self, execution_id: str) -> None:
        stage_name = self._move_stage(execution_id, Move.FAIL, "FAILED")
        self._end(execution_id, Move.FAIL, "FAILED")
        self._admit(stage_name)

    def _halt(self, execution_id: str) -> None:
        """End a stopping execution, now that none of its actions runs any more."""
        stage_name = self._move_stage(execution_id, Move.STOP, "STOPPED")
        self._end(execution_id, Move.STOP, "STOPPED")
        self._admit(stage_name)

    def _move_stage(self, execution_id: str, move: Move, state: str) -> str:
        run = self._stage_run(self._execution(execution_id))
        self._put_stage_run(execution_id, replace(run, status=after_stage(run.status, move)))
        self._announce(Level.STAGE, execution_id, state, run.stage.name)
        return run.stage.name

    # Actions: started, ended, abandoned.

    def _start_actions(self, execution_id: str, actions: list[Action]) -> None:
        for action in actions:
            self._start_action(execution_id, action)
        if not self._execution(execution_id).running_actions:
            self._settle(execution_id)

    def _start_action(self, execution_id: str, action: Action) -> None:
        execution = self._execution(execution_id)
        run = self._new_action_run(execution, action)
        stage_run = self._stage_run(execution)
        self._put_stage_run(
            execution_id, replace(stage_run, current={**stage_run.current, action.name: run.id})
        )
        self._put_action_run(execution_id, run)
        self._announce_action(execution_id, run, "STARTED")
        try:
            configuration = resolve(action.configuration, _namespaces(execution))
        except UnresolvedVariable:
            self._move_action(execution_id, run.id, Move.FAIL, error=_unresolved(action))
            self._announce_action(execution_id, run, "FAILED")
            return
        self._put_action_run(execution_id, replace(run, configuration=configuration))
        self.effects.append(
            StartAction(
                pipeline_name=self.pipeline.structure.name,
                execution_id=execution_id,
                stage_name=run.stage_name,
                action=action,
                action_execution_id=run.id,
                configuration=configuration,
                inputs=run.inputs,
                outputs=run.outputs,
                override=next(
                    (o for o in execution.overrides if o.action_name == action.name), None
                ),
                input_revisions={
                    r.artifact_name: r
                    for r in execution.revisions.values()
                    if r.artifact_name in action.inputs
                },
            )
        )

    def _new_action_run(self, execution: Execution, action: Action) -> ActionRun:
        return ActionRun(
            id=self._new_id(),
            stage_name=self._stage_run(execution).stage.name,
            action=action,
            status=ActionStatus.IN_PROGRESS,
            started_at=self._now,
            updated_at=self._now,
            pipeline_version=self.pipeline.structure.version,
            configuration=action.configuration,
            inputs=tuple(
                execution.artifacts[name] for name in action.inputs if name in execution.artifacts
            ),
            outputs=tuple(self._new_artifact(name) for name in action.outputs),
        )

    def _new_artifact(self, name: str) -> Artifact:
        """Choose where an action writes: both names cut short, and seven characters.

        Source: keys in CodePipeline's artifact buckets, such as `my-pipeline/SourceArti/abc1234`.
        """
        structure = self.pipeline.structure
        suffix = self._new_id().replace("-", "")[:7]
        key = f"{structure.name[:20]}/{name[:10]}/{suffix}"
        return Artifact(name, structure.artifact_bucket, key)

    def _succeed_action(
        self, execution_id: str, run: ActionRun, external: External, event: events.ActionSucceeded
    ) -> None:
        self._move_action(
            execution_id,
            run.id,
            Move.SUCCEED,
            external=external,
            output_variables=event.output_variables,
            revision=event.revision,
        )
        execution = self._execution(execution_id)
        self._change(
            execution_id,
            artifacts={**execution.artifacts, **{a.name: a for a in run.outputs}},
        )
        if event.revision:
            revisions = {**execution.revisions, run.action.name: event.revision}
            self._change(execution_id, revisions=revisions)
        if run.action.namespace:
            known = {**execution.output_variables, run.action.namespace: event.output_variables}
            self._change(execution_id, output_variables=known)
        self._announce_action(execution_id, run, "SUCCEEDED")

    def _abandon_actions(self, execution_id: str) -> None:
        for run in self._execution(execution_id).running_actions:
            self._move_action(execution_id, run.id, Move.ABANDON)
            self._announce_action(execution_id, run, "ABANDONED")
            self.effects.append(events.AbandonAction(self.pipeline.structure.name, run.id))

    def _move_action(
        self,
        execution_id: str,
        run_id: str,
        move: Move,
        *,
        error: ActionError | None = None,
        **changes: object,
    ) -> None:
        run = self._execution(execution_id).action_runs[run_id]
        changed = replace(run, **changes, error=error, status=after_action(run.status, move))  # type: ignore[arg-type]
        self._put_action_run(execution_id, changed)

    # Small helpers.

    def _live(self) -> list[Execution]:
        return [execution for execution in self.pipeline.executions.values() if execution.is_live]

    def _execution(self, execution_id: str) -> Execution:
        return self.pipeline.executions[execution_id]

    def _stage_run(self, execution: Execution) -> StageRun:
        assert execution.stage_name is not None  # noqa: S101 (callers are in a stage)
        return execution.stage_runs[execution.stage_name]

    def _put(self, execution: Execution) -> None:
        self.pipeline = self.pipeline.with_execution(execution)

    def _change(self, execution_id: str, **changes: object) -> None:
        execution = self._execution(execution_id)
        self._put(replace(execution, **changes, updated_at=self._now))  # type: ignore[arg-type]

    def _put_stage_run(self, execution_id: str, run: StageRun) -> None:
        runs = self._execution(execution_id).stage_runs
        self._change(execution_id, stage_runs={**runs, run.stage.name: run})

    def _put_action_run(self, execution_id: str, run: ActionRun) -> None:
        runs = self._execution(execution_id).action_runs
        run = replace(run, updated_at=self._now)
        self._change(execution_id, action_runs={**runs, run.id: run})

    def _announce(
        self, level: Level, execution_id: str, state: str, stage_name: str | None = None
    ) -> None:
        self.effects.append(Announce(level, execution_id, state, stage_name))

    def _announce_action(self, execution_id: str, run: ActionRun, state: str) -> None:
        self.effects.append(Announce(Level.ACTION, execution_id, state, run.stage_name, run.id))


def _namespaces(execution: Execution) -> Mapping[str, Mapping[str, str]]:
    """Return every variable that an action may name, by namespace."""
    return {
        **execution.output_variables,
        "variables": execution.variables,
        "codepipeline": {"PipelineExecutionId": execution.id},
    }


def _unresolved(action: Action) -> ActionError:
    return ActionError(
        "ConfigurationError",
        "An action in this pipeline failed because one or more variables could not be resolved: "
        f"Action name=[{action.name}]. This can result when a variable is referenced that does "
        "not exist. Validate the pipeline action configuration.",
    )
