"""Which status or phase may follow which: every change goes through these tables.

Source: botocore shapes DeploymentStatus, LifecycleEventStatus; "Deployments on an Amazon ECS
compute platform" and "Stop a deployment with CodeDeploy" in the CodeDeploy user guide.
"""

from enum import Enum, auto

from emulator.engines.deployment.model import DeploymentStatus, LifecycleStatus, Phase


class Move(Enum):
    """What happens to a deployment or to one of its lifecycle events."""

    START = auto()
    WAIT = auto()
    CONTINUE = auto()
    SUCCEED = auto()
    FAIL = auto()
    STOP = auto()
    SKIP = auto()


class Step(Enum):
    """What takes a deployment from one phase to the next."""

    BEGIN = auto()
    INSTALLED = auto()
    TESTABLE = auto()
    READY = auto()
    REROUTE = auto()
    SHIFTED = auto()
    PROMOTED = auto()
    TERMINATE = auto()
    END = auto()


STATUS_TRANSITIONS: dict[tuple[DeploymentStatus, Move], DeploymentStatus] = {
    (DeploymentStatus.CREATED, Move.START): DeploymentStatus.IN_PROGRESS,
    (DeploymentStatus.CREATED, Move.FAIL): DeploymentStatus.FAILED,
    (DeploymentStatus.CREATED, Move.STOP): DeploymentStatus.STOPPED,
    (DeploymentStatus.IN_PROGRESS, Move.WAIT): DeploymentStatus.READY,
    (DeploymentStatus.IN_PROGRESS, Move.SUCCEED): DeploymentStatus.SUCCEEDED,
    (DeploymentStatus.IN_PROGRESS, Move.FAIL): DeploymentStatus.FAILED,
    (DeploymentStatus.IN_PROGRESS, Move.STOP): DeploymentStatus.STOPPED,
    (DeploymentStatus.READY, Move.CONTINUE): DeploymentStatus.IN_PROGRESS,
    (DeploymentStatus.READY, Move.FAIL): DeploymentStatus.FAILED,
    (DeploymentStatus.READY, Move.STOP): DeploymentStatus.STOPPED,
}

LIFECYCLE_TRANSITIONS: dict[tuple[LifecycleStatus, Move], LifecycleStatus] = {
    (LifecycleStatus.PENDING, Move.START): LifecycleStatus.IN_PROGRESS,
    (LifecycleStatus.PENDING, Move.SKIP): LifecycleStatus.SKIPPED,
    (LifecycleStatus.IN_PROGRESS, Move.SUCCEED): LifecycleStatus.SUCCEEDED,
    (LifecycleStatus.IN_PROGRESS, Move.FAIL): LifecycleStatus.FAILED,
    (LifecycleStatus.IN_PROGRESS, Move.SKIP): LifecycleStatus.SKIPPED,
}

PHASE_TRANSITIONS: dict[tuple[Phase, Step], Phase] = {
    (Phase.CREATED, Step.BEGIN): Phase.INSTALLING,
    (Phase.INSTALLING, Step.INSTALLED): Phase.TESTING,
    (Phase.TESTING, Step.TESTABLE): Phase.READY_WAIT,
    (Phase.TESTING, Step.READY): Phase.SHIFTING,
    (Phase.READY_WAIT, Step.REROUTE): Phase.SHIFTING,
    (Phase.SHIFTING, Step.SHIFTED): Phase.PROMOTING,
    (Phase.PROMOTING, Step.PROMOTED): Phase.TERMINATION_WAIT,
    (Phase.TERMINATION_WAIT, Step.TERMINATE): Phase.TERMINATING,
    **{(phase, Step.END): Phase.ENDED for phase in Phase if phase is not Phase.ENDED},
}


class IllegalMove(Exception):
    """A status was to change in a way that no table has: a mistake in the engine."""

    def __init__(self, state: Enum, move: Enum) -> None:
        super().__init__(f"{type(state).__name__} `{state}` cannot {move.name}.")


def after_status(status: DeploymentStatus, move: Move) -> DeploymentStatus:
    if (status, move) not in STATUS_TRANSITIONS:
        raise IllegalMove(status, move)
    return STATUS_TRANSITIONS[status, move]


def after_lifecycle(status: LifecycleStatus, move: Move) -> LifecycleStatus:
    if (status, move) not in LIFECYCLE_TRANSITIONS:
        raise IllegalMove(status, move)
    return LIFECYCLE_TRANSITIONS[status, move]


def after_phase(phase: Phase, step: Step) -> Phase:
    if (phase, step) not in PHASE_TRANSITIONS:
        raise IllegalMove(phase, step)
    return PHASE_TRANSITIONS[phase, step]
