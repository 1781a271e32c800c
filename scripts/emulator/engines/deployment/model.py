"""One CodeDeploy deployment to an ECS service: what it is to do, and how far it has come.

All values, never changed. Statuses are spelt as AWS spells them; `Phase` is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class DeploymentStatus(StrEnum):
    """Source: botocore shape DeploymentStatus, as far as ECS deployments use it."""

    CREATED = "Created"
    IN_PROGRESS = "InProgress"
    READY = "Ready"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"

    @property
    def is_over(self) -> bool:
        return self in {self.SUCCEEDED, self.FAILED, self.STOPPED}


class LifecycleStatus(StrEnum):
    """Source: botocore shape LifecycleEventStatus."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"


class TargetStatus(StrEnum):
    """Source: botocore shape TargetStatus."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    READY = "Ready"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"


class LifecycleName(StrEnum):
    """The events of an ECS target, in order.

    Source: "List of lifecycle event hooks for an Amazon ECS deployment" in the CodeDeploy user
    guide (reference-appspec-file-structure-hooks).
    """

    BEFORE_INSTALL = "BeforeInstall"
    INSTALL = "Install"
    AFTER_INSTALL = "AfterInstall"
    ALLOW_TEST_TRAFFIC = "AllowTestTraffic"
    AFTER_ALLOW_TEST_TRAFFIC = "AfterAllowTestTraffic"
    BEFORE_ALLOW_TRAFFIC = "BeforeAllowTraffic"
    ALLOW_TRAFFIC = "AllowTraffic"
    AFTER_ALLOW_TRAFFIC = "AfterAllowTraffic"


class Phase(StrEnum):
    """Where a deployment stands, between its beginning and its end."""

    CREATED = "Created"
    INSTALLING = "Installing"
    TESTING = "Testing"
    READY_WAIT = "ReadyWait"
    SHIFTING = "Shifting"
    PROMOTING = "Promoting"
    TERMINATION_WAIT = "TerminationWait"
    TERMINATING = "Terminating"
    ENDED = "Ended"


class Kind(StrEnum):
    """A rollback brings traffic back to the original task set and removes the replacement."""

    DEPLOYMENT = "deployment"
    ROLLBACK = "rollback"


class StrategyType(StrEnum):
    """Source: botocore shape TrafficRoutingType."""

    ALL_AT_ONCE = "AllAtOnce"
    CANARY = "TimeBasedCanary"
    LINEAR = "TimeBasedLinear"


class ReadyAction(StrEnum):
    """Source: botocore shape DeploymentReadyAction."""

    CONTINUE_DEPLOYMENT = "CONTINUE_DEPLOYMENT"
    STOP_DEPLOYMENT = "STOP_DEPLOYMENT"


class TerminationAction(StrEnum):
    """Source: botocore shape InstanceAction."""

    TERMINATE = "TERMINATE"
    KEEP_ALIVE = "KEEP_ALIVE"


class RollbackEvent(StrEnum):
    """Source: botocore shape AutoRollbackEvent."""

    DEPLOYMENT_FAILURE = "DEPLOYMENT_FAILURE"
    DEPLOYMENT_STOP_ON_ALARM = "DEPLOYMENT_STOP_ON_ALARM"
    DEPLOYMENT_STOP_ON_REQUEST = "DEPLOYMENT_STOP_ON_REQUEST"


class ErrorCode(StrEnum):
    """Why a deployment ended early. Source: botocore shape ErrorCode, as far as we use it."""

    ALARM_ACTIVE = "ALARM_ACTIVE"
    CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND = "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND"
    ECS_UPDATE_ERROR = "ECS_UPDATE_ERROR"
    ELASTIC_LOAD_BALANCING_INVALID = "ELASTIC_LOAD_BALANCING_INVALID"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    INVALID_ECS_SERVICE = "INVALID_ECS_SERVICE"
    INVALID_REVISION = "INVALID_REVISION"
    MANUAL_STOP = "MANUAL_STOP"
    TIMEOUT = "TIMEOUT"


class Label(StrEnum):
    """Which task set of a deployment. Source: botocore shape TargetLabel."""

    BLUE = "Blue"
    GREEN = "Green"


class Route(StrEnum):
    """Which listeners: those that users meet, or those for a look at the new version."""

    PRODUCTION = "production"
    TEST = "test"


@dataclass(frozen=True)
class Strategy:
    """How production traffic moves. `percent` and `interval_min` say nothing for ALL_AT_ONCE."""

    type: StrategyType = StrategyType.ALL_AT_ONCE
    percent: int = 100
    interval_min: int = 0

    @property
    def steps(self) -> tuple[int, ...]:
        """Return the new version's share after each shift, in percent; the last is 100."""
        if self.type is StrategyType.CANARY:
            return (self.percent, 100)
        if self.type is StrategyType.LINEAR:
            return (*range(self.percent, 100, self.percent), 100)
        return (100,)


@dataclass(frozen=True)
class Plan:
    """What to do: the group's settings and the AppSpec's, as they were at CreateDeployment.

    Shape: `cluster` and `service` are names, `target_groups` the pair's names, `task_definition`
    an ARN. `network_configuration` and `capacity_provider_strategy` are as ECS spells them; None
    leaves them as the service has them. `alarms` are names, none where no alarm is looked at;
    one whose state nobody knows stops the deployment, unless it `ignores_unknown_alarms`.
    """

    cluster: str
    service: str
    target_groups: tuple[str, str]
    production_listeners: tuple[str, ...]
    task_definition: str
    container_name: str
    container_port: int
    kind: Kind = Kind.DEPLOYMENT
    test_listeners: tuple[str, ...] = ()
    platform_version: str | None = None
    network_configuration: Mapping[str, Any] | None = None
    capacity_provider_strategy: tuple[Mapping[str, Any], ...] | None = None
    strategy: Strategy = field(default_factory=Strategy)
    ready_action: ReadyAction = ReadyAction.CONTINUE_DEPLOYMENT
    ready_wait_min: int = 0
    termination_action: TerminationAction = TerminationAction.TERMINATE
    termination_wait_min: int = 0
    rollback_events: frozenset[RollbackEvent] = frozenset()
    alarms: tuple[str, ...] = ()
    ignores_unknown_alarms: bool = False

    @property
    def has_test_route(self) -> bool:
        return bool(self.test_listeners)

    @property
    def waits_until_continued(self) -> bool:
        """Source: DeploymentReadyOption: the wait time holds for STOP_DEPLOYMENT only."""
        return self.kind is Kind.DEPLOYMENT and self.ready_action is ReadyAction.STOP_DEPLOYMENT


@dataclass(frozen=True)
class ErrorInformation:
    """Source: botocore shape ErrorInformation."""

    code: ErrorCode
    message: str


@dataclass(frozen=True)
class LifecycleEvent:
    """Source: botocore shape LifecycleEvent; `diagnostics` is the message of its Diagnostics."""

    name: LifecycleName
    status: LifecycleStatus = LifecycleStatus.PENDING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    diagnostics: str | None = None


@dataclass(frozen=True)
class TaskSetState:
    """A task set of a deployment, as it was last seen.

    Shape: `target_group` is a name, `weight` the percentage of production traffic; `status` is
    ECS's. Source: botocore shape ECSTaskSet of CodeDeploy.
    """

    id: str
    target_group: str
    weight: int
    label: Label
    status: str = "ACTIVE"
    desired_count: int = 0
    pending_count: int = 0
    running_count: int = 0
    stability: str = "STABILIZING"
    is_gone: bool = False


@dataclass(frozen=True)
class Wait:
    """What has passed since the phase, or the last shift in it, began."""

    real_s: float = 0.0
    emulated_s: float = 0.0


@dataclass(frozen=True)
class Deployment:
    """One deployment. `original` (Blue) was there before it, `replacement` (Green) is made by it.

    A rollback has both task sets of the deployment that it undoes, `replacement` only if there was
    one.
    """

    id: str
    plan: Plan
    created_at: datetime
    updated_at: datetime
    status: DeploymentStatus = DeploymentStatus.CREATED
    phase: Phase = Phase.CREATED
    lifecycle: tuple[LifecycleEvent, ...] = tuple(LifecycleEvent(name) for name in LifecycleName)
    original: TaskSetState | None = None
    replacement: TaskSetState | None = None
    error: ErrorInformation | None = None
    wait: Wait = field(default_factory=Wait)
    shifts_done: int = 0
    is_waiting_for_effect: bool = False
    termination_wait_started: bool = False
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status.is_over

    @property
    def target_status(self) -> TargetStatus:
        """Return how far the ECS target is: as far as its lifecycle events are.

        Source: GetDeploymentTarget's output in the tutorial of the ECS developer guide
        (create-blue-green): Succeeded while the original task set is still ACTIVE.
        """
        statuses = {event.status for event in self.lifecycle}
        if self.status in {DeploymentStatus.CREATED, DeploymentStatus.READY}:
            ready = self.status is DeploymentStatus.READY
            return TargetStatus.READY if ready else TargetStatus.PENDING
        for status in (LifecycleStatus.FAILED, LifecycleStatus.SKIPPED):
            if status in statuses:
                return TargetStatus(status.value)
        is_done = statuses == {LifecycleStatus.SUCCEEDED}
        return TargetStatus.SUCCEEDED if is_done else TargetStatus.IN_PROGRESS

    @property
    def task_sets(self) -> tuple[TaskSetState, ...]:
        """Return the task sets known so far, the original first."""
        return tuple(each for each in (self.original, self.replacement) if each is not None)

    @property
    def incoming(self) -> TaskSetState | None:
        """Return the task set that traffic moves to."""
        return self.original if self.plan.kind is Kind.ROLLBACK else self.replacement

    @property
    def outgoing(self) -> TaskSetState | None:
        """Return the task set that traffic moves away from."""
        return self.replacement if self.plan.kind is Kind.ROLLBACK else self.original

    def event(self, name: LifecycleName) -> LifecycleEvent:
        return next(event for event in self.lifecycle if event.name is name)


def new_deployment(deployment_id: str, plan: Plan, now: datetime) -> Deployment:
    """Return a deployment in status Created; the first observation begins it."""
    return Deployment(id=deployment_id, plan=plan, created_at=now, updated_at=now)
