"""What can happen to a deployment, and what somebody must then do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from emulator.engines.deployment.model import ErrorCode, Route


class WaitType(StrEnum):
    """Source: botocore shape DeploymentWaitType."""

    READY_WAIT = "READY_WAIT"
    TERMINATION_WAIT = "TERMINATION_WAIT"


@dataclass(frozen=True)
class TimePassed:
    """The emulator was awake for `real_s`; by the scale of its clock that is `emulated_s`."""

    real_s: float
    emulated_s: float


@dataclass(frozen=True)
class ContinueRequested:
    """ContinueDeployment. Raises (from `advance`) Refused where nothing waits for it."""

    wait_type: WaitType = WaitType.READY_WAIT


@dataclass(frozen=True)
class StopRequested:
    """StopDeployment. `auto_rollback` None leaves it to the deployment's own settings."""

    auto_rollback: bool | None = None


@dataclass(frozen=True)
class TaskSetSeen:
    """A task set of the service now. `target_group` is its name; None if it has none."""

    id: str
    status: str
    stability: str
    target_group: str | None
    desired_count: int = 0
    pending_count: int = 0
    running_count: int = 0


@dataclass(frozen=True)
class ListenerSeen:
    """A listener of a route: which groups of the pair its rules forward to, by name.

    Shape: one mapping a rule (the default one included) that forwards to one of the pair's groups
    or both, name to weight as it stands in the rule.
    """

    arn: str
    rules: tuple[Mapping[str, int], ...] = ()


@dataclass(frozen=True)
class AlarmSeen:
    """An alarm now: its `state` as CloudWatch spells it, None if that cannot be told."""

    name: str
    state: str | None


@dataclass(frozen=True)
class Observed:
    """How the service, its routes and the alarms are now.

    Shape: an inactive or missing service is None; the alarms in the order of the configuration.
    """

    task_sets: tuple[TaskSetSeen, ...] | None
    listeners: tuple[ListenerSeen, ...] = ()
    missing_groups: tuple[str, ...] = ()
    missing_listeners: tuple[str, ...] = ()
    alarms: tuple[AlarmSeen, ...] = ()


@dataclass(frozen=True)
class EffectCarriedOut:
    """The effect that the deployment waits for is done; `task_set_id` is of the one created."""

    task_set_id: str | None = None


@dataclass(frozen=True)
class EffectFailed:
    """The effect that the deployment waits for cannot be carried out."""

    code: ErrorCode
    message: str


Event = TimePassed | ContinueRequested | StopRequested | Observed | EffectCarriedOut | EffectFailed


@dataclass(frozen=True)
class CreateTaskSet:
    """Effect: create the replacement, scale 100 %, behind the group of this name."""

    target_group: str


@dataclass(frozen=True)
class SetTraffic:
    """Effect: give the pair's groups these weights (by name, sum 100) on every rule of a route."""

    route: Route
    weights: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MakePrimary:
    task_set_id: str


@dataclass(frozen=True)
class DeleteTaskSet:
    task_set_id: str


@dataclass(frozen=True)
class StartRollback:
    """Effect, of the backend: begin the deployment that undoes this one, by `rollback_of`."""


class State(StrEnum):
    """Source: "Monitoring deployments with Amazon CloudWatch Events" in the CodeDeploy guide."""

    START = "START"
    READY = "READY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    STOP = "STOP"


@dataclass(frozen=True)
class Announce:
    """Effect: tell EventBridge."""

    state: State


Effect = CreateTaskSet | SetTraffic | MakePrimary | DeleteTaskSet | StartRollback | Announce

AWAITED = (CreateTaskSet, SetTraffic, MakePrimary, DeleteTaskSet)
"""Effects whose outcome the deployment waits for: `EffectCarriedOut` or `EffectFailed`."""
