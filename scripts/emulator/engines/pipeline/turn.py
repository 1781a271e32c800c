"""How executions move on: before a stage, through its actions, out of it, to an end."""

from dataclasses import replace

from emulator.engines.pipeline.actions import ActionTurn
from emulator.engines.pipeline.declaration import Action, ExecutionMode
from emulator.engines.pipeline.events import Level
from emulator.engines.pipeline.model import (
    ActionStatus,
    Execution,
    ExecutionStatus,
    StageRun,
    StageStatus,
)
from emulator.engines.pipeline.transitions import Move, after_execution, after_stage


class Turn(ActionTurn):
    """One event's consequences for executions and stages."""

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

    def _start_actions(self, execution_id: str, actions: list[Action]) -> None:
        for action in actions:
            self._start_action(execution_id, action)
        if not self._execution(execution_id).running_actions:
            self._settle(execution_id)
