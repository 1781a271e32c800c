"""How an action starts, ends or is abandoned, in the stage that an execution is in."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from emulator.engines.pipeline import events
from emulator.engines.pipeline.declaration import Action
from emulator.engines.pipeline.events import Announce, Effect, Level, RequestApproval, StartAction
from emulator.engines.pipeline.model import (
    ActionError,
    ActionRun,
    ActionStatus,
    Approval,
    Artifact,
    Execution,
    External,
    Pipeline,
    StageRun,
)
from emulator.engines.pipeline.transitions import Move, after_action
from emulator.engines.pipeline.variables import UnresolvedVariable, resolve

APPROVAL_TIMEOUT_MIN = 7 * 24 * 60
"""For an approval that names no timeout. Source: "Quotas in CodePipeline" in the user guide."""


class ActionTurn:
    """One event's consequences, gathered: the pipeline so far and the effects so far."""

    def __init__(self, pipeline: Pipeline, now: datetime, new_id: Callable[[], str]) -> None:
        self.pipeline = pipeline
        self.effects: list[Effect] = []
        self._now = now
        self._new_id = new_id

    # Actions: started, ended, abandoned.

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
        run = replace(run, configuration=configuration)
        if action.waits_for_approval:
            self._request_approval(execution, run)
        else:
            self._put_action_run(execution_id, run)
            self.effects.append(self._start_of(execution, run))

    def _start_of(self, execution: Execution, run: ActionRun) -> StartAction:
        action = run.action
        return StartAction(
            pipeline_name=self.pipeline.structure.name,
            execution_id=execution.id,
            stage_name=run.stage_name,
            action=action,
            action_execution_id=run.id,
            configuration=run.configuration,
            inputs=run.inputs,
            outputs=run.outputs,
            override=next((o for o in execution.overrides if o.action_name == action.name), None),
            input_revisions={
                r.artifact_name: r
                for r in execution.revisions.values()
                if r.artifact_name in action.inputs
            },
        )

    def _request_approval(self, execution: Execution, run: ActionRun) -> None:
        """Let an approval wait, under a token of its own, and have the approvers told."""
        token = self._new_id()
        minutes = run.action.timeout_min or APPROVAL_TIMEOUT_MIN
        waiting = replace(
            run, approval=Approval(token, minutes * 60.0), external=External(id=token)
        )
        self._put_action_run(execution.id, waiting)
        self.effects.append(
            RequestApproval(
                pipeline_name=self.pipeline.structure.name,
                execution_id=execution.id,
                stage_name=run.stage_name,
                action_name=run.action.name,
                action_execution_id=run.id,
                configuration=run.configuration,
                token=token,
                expires=self._now + timedelta(minutes=minutes),
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
