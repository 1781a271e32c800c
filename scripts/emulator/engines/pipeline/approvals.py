"""Manual approvals: how each is answered, and what becomes of those that nobody answers.

An approval waits under a token of its own, which one answer uses up. An execution that is stopped
without abandoning still waits for the answer: it is an action in progress like any other.

Source: "Approve or reject an approval action" and "Stop a pipeline execution" in the CodePipeline
user guide; botocore's errors of PutApprovalResult. What AWS writes about an approval that expired
is not published.
"""

from dataclasses import replace

from emulator.engines.pipeline import events
from emulator.engines.pipeline.declaration import Stage
from emulator.engines.pipeline.model import ActionError, ActionRun, Approval, External
from emulator.engines.pipeline.refusal import Refused
from emulator.engines.pipeline.transitions import Move
from emulator.engines.pipeline.turn import Turn


class ApprovalTurn(Turn):
    """What an answer, or time, changes for approvals that wait."""

    def _attend(self, event: events.ApprovalAnswered | events.TimePassed) -> None:
        if isinstance(event, events.ApprovalAnswered):
            self._answer(event)
        else:
            self._let_time_pass(event.real_s)

    def _answer(self, event: events.ApprovalAnswered) -> None:
        execution_id, run, approval = self._open_approval(event)
        self._move_action(
            execution_id,
            run.id,
            Move.SUCCEED if event.approved else Move.FAIL,
            external=run.external.merged(External(summary=event.summary)),
            approval=replace(approval, answered_by=event.by),
        )
        self._announce_action(execution_id, run, "SUCCEEDED" if event.approved else "FAILED")
        self._settle(execution_id)

    def _open_approval(self, event: events.ApprovalAnswered) -> tuple[str, ActionRun, Approval]:
        """Return what the token answers: the execution's id, the action's run, its approval."""
        self._refuse_unknown_action(event.stage_name, event.action_name)
        for execution in self.pipeline.executions.values():
            for run in execution.action_runs.values():
                if (run.stage_name, run.action.name) != (event.stage_name, event.action_name):
                    continue
                if run.approval is None or run.approval.token != event.token:
                    continue
                if run.approval.answered_by:
                    raise Refused(
                        "ApprovalAlreadyCompletedException",
                        "The approval action has already been approved or rejected.",
                    )
                if run.open_approval:
                    return execution.id, run, run.approval
        raise Refused(
            "InvalidApprovalTokenException",
            "The approval request already received a response or has expired.",
        )

    def _refuse_unknown_action(self, stage_name: str, action_name: str) -> None:
        stage = self._declared_stage(stage_name)
        if stage.action(action_name) is None:
            raise Refused(
                "ActionNotFoundException",
                f"The stage {stage_name} of the pipeline {self.pipeline.structure.name} has no "
                f"action with name {action_name}.",
            )

    def _declared_stage(self, stage_name: str) -> Stage:
        stage = self.pipeline.structure.stage(stage_name)
        if stage is None:
            raise Refused(
                "StageNotFoundException",
                f"The pipeline {self.pipeline.structure.name} has no stage with name {stage_name}.",
            )
        return stage

    def _let_time_pass(self, real_s: float) -> None:
        """Count the wait of every open approval; whoever has waited out its timeout fails."""
        for execution in self._live():
            for run in execution.running_actions:
                if run.approval:
                    self._wait_on(execution.id, run, run.approval, real_s)

    def _wait_on(
        self, execution_id: str, run: ActionRun, approval: Approval, real_s: float
    ) -> None:
        waited = replace(approval, waited_s=approval.waited_s + real_s)
        if waited.waited_s < approval.timeout_s:
            runs = self._execution(execution_id).action_runs
            unchanged = replace(run, approval=waited)  # waiting on is no change of status
            execution = self._execution(execution_id)
            self._put(replace(execution, action_runs={**runs, run.id: unchanged}))
            return
        self._move_action(execution_id, run.id, Move.FAIL, approval=waited, error=_expired(waited))
        self._announce_action(execution_id, run, "FAILED")
        self._settle(execution_id)


def _expired(approval: Approval) -> ActionError:
    return ActionError(
        "JobFailed",
        f"The approval request expired: it received no response within "
        f"{approval.timeout_s / 60:.0f} minutes.",
    )
