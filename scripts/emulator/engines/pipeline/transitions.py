"""Which status may follow which: every change of a status goes through these tables.

Source: botocore shapes PipelineExecution, StageExecution, ActionExecution; "How pipeline
executions work" and "Stop a pipeline execution" in the CodePipeline user guide.
"""

from enum import Enum, auto

from emulator.engines.pipeline.model import ActionStatus, ExecutionStatus, StageStatus


class Move(Enum):
    """What happens to an execution, a stage's run or an action's run."""

    SUCCEED = auto()
    FAIL = auto()
    SUPERSEDE = auto()
    CANCEL = auto()
    REQUEST_STOP = auto()
    STOP = auto()
    ABANDON = auto()
    RETRY = auto()


Status = ExecutionStatus | StageStatus | ActionStatus

EXECUTION_TRANSITIONS: dict[tuple[ExecutionStatus, Move], ExecutionStatus] = {
    (ExecutionStatus.IN_PROGRESS, Move.SUCCEED): ExecutionStatus.SUCCEEDED,
    (ExecutionStatus.IN_PROGRESS, Move.FAIL): ExecutionStatus.FAILED,
    (ExecutionStatus.IN_PROGRESS, Move.SUPERSEDE): ExecutionStatus.SUPERSEDED,
    (ExecutionStatus.IN_PROGRESS, Move.CANCEL): ExecutionStatus.CANCELLED,
    (ExecutionStatus.IN_PROGRESS, Move.REQUEST_STOP): ExecutionStatus.STOPPING,
    (ExecutionStatus.STOPPING, Move.STOP): ExecutionStatus.STOPPED,
    (ExecutionStatus.STOPPING, Move.CANCEL): ExecutionStatus.CANCELLED,
    (ExecutionStatus.FAILED, Move.RETRY): ExecutionStatus.IN_PROGRESS,
    (ExecutionStatus.STOPPED, Move.RETRY): ExecutionStatus.IN_PROGRESS,
}

STAGE_TRANSITIONS: dict[tuple[StageStatus, Move], StageStatus] = {
    (StageStatus.IN_PROGRESS, Move.SUCCEED): StageStatus.SUCCEEDED,
    (StageStatus.IN_PROGRESS, Move.FAIL): StageStatus.FAILED,
    (StageStatus.IN_PROGRESS, Move.CANCEL): StageStatus.CANCELLED,
    (StageStatus.IN_PROGRESS, Move.REQUEST_STOP): StageStatus.STOPPING,
    (StageStatus.STOPPING, Move.STOP): StageStatus.STOPPED,
    (StageStatus.STOPPING, Move.CANCEL): StageStatus.CANCELLED,
    (StageStatus.FAILED, Move.RETRY): StageStatus.IN_PROGRESS,
    (StageStatus.STOPPED, Move.RETRY): StageStatus.IN_PROGRESS,
}

ACTION_TRANSITIONS: dict[tuple[ActionStatus, Move], ActionStatus] = {
    (ActionStatus.IN_PROGRESS, Move.SUCCEED): ActionStatus.SUCCEEDED,
    (ActionStatus.IN_PROGRESS, Move.FAIL): ActionStatus.FAILED,
    (ActionStatus.IN_PROGRESS, Move.ABANDON): ActionStatus.ABANDONED,
}


class IllegalMove(Exception):
    """A status was to change in a way that no table has: a mistake in the engine."""

    def __init__(self, status: Status, move: Move) -> None:
        super().__init__(f"{type(status).__name__} `{status}` cannot {move.name}.")


def after_execution(status: ExecutionStatus, move: Move) -> ExecutionStatus:
    if (status, move) not in EXECUTION_TRANSITIONS:
        raise IllegalMove(status, move)
    return EXECUTION_TRANSITIONS[status, move]


def after_stage(status: StageStatus, move: Move) -> StageStatus:
    if (status, move) not in STAGE_TRANSITIONS:
        raise IllegalMove(status, move)
    return STAGE_TRANSITIONS[status, move]


def after_action(status: ActionStatus, move: Move) -> ActionStatus:
    if (status, move) not in ACTION_TRANSITIONS:
        raise IllegalMove(status, move)
    return ACTION_TRANSITIONS[status, move]
