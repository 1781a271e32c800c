"""What the scheduler knows, what it sees, and what it may order."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from emulator.engines.scheduler import words

UNCHECKED_SETTLE_S = 40.0
"""How long a task without any health check runs before it counts as healthy.

Source: ECS API, DeploymentConfiguration, minimumHealthyPercent.
"""


class DeploymentStatus(StrEnum):
    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class RolloutState(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Failure(StrEnum):
    """Why a task ended that should have gone on."""

    START = "START"
    EXIT = "EXIT"
    HEALTH = "HEALTH"


@dataclass(frozen=True)
class Policy:
    """How a service may be changed; the percentages are of the desired count."""

    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    has_circuit_breaker: bool = False
    has_rollback: bool = False
    grace_s: float = 0
    settle_s: float = UNCHECKED_SETTLE_S

    def minimum(self, desired_count: int) -> int:
        """Return how many healthy tasks must stay, rounded up."""
        return math.ceil(desired_count * self.minimum_healthy_percent / 100)

    def maximum(self, desired_count: int) -> int:
        """Return how many tasks may run or be pending, rounded down."""
        return math.floor(desired_count * self.maximum_percent / 100)


@dataclass(frozen=True)
class Deployment:
    """One deployment of a service; `failed_tasks` counts consecutive failures, as AWS does."""

    id: str
    task_definition: str
    status: DeploymentStatus = DeploymentStatus.PRIMARY
    rollout_state: RolloutState = RolloutState.IN_PROGRESS
    rollout_state_reason: str = ""
    failed_tasks: int = 0
    next_start_at: datetime | None = None
    is_rollback: bool = False


@dataclass(frozen=True)
class Service:
    """One service, or one task set of a service, as the scheduler remembers it.

    Shape: `deployments` has the PRIMARY first, then the newest ACTIVE; `last_completed` is the
    deployment that a rollback returns to; `seen_healthy` and `counted` hold task ids. A task set
    has one deployment with its own id, which never completes: its `is_steady` is what is true now,
    a service's is what was last said.
    """

    name: str
    desired_count: int
    policy: Policy
    deployments: tuple[Deployment, ...]
    last_completed: Deployment | None = None
    is_steady: bool = False
    is_stuck: bool = False
    seen_healthy: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()
    task_set_id: str | None = None

    @property
    def subject(self) -> str:
        """Return whom service events speak of."""
        if self.task_set_id is None:
            return self.name
        return words.of_task_set(self.name, self.task_set_id)


@dataclass(frozen=True)
class Target:
    """One registration of a task; `state` is spelt as the load balancer spells it."""

    target_group_arn: str
    port: int
    state: str
    description: str = ""


@dataclass(frozen=True)
class Task:
    """One task as it is observed.

    Shape: `running_s` is how long it has been RUNNING, None before; `container_health` is None
    where no container has a health check; `expects_targets` is whether it must be registered.
    """

    id: str
    deployment_id: str
    is_stopping: bool = False
    is_stopped: bool = False
    running_s: float | None = None
    container_health: str | None = None
    targets: tuple[Target, ...] = ()
    expects_targets: bool = False
    failure: Failure | None = None


@dataclass(frozen=True)
class StartTasks:
    deployment_id: str
    count: int


@dataclass(frozen=True)
class StopTask:
    task_id: str
    reason: str
    failure: Failure | None = None


@dataclass(frozen=True)
class AdoptTasks:
    """Tasks of one deployment belong to another from now on: they run the same revision."""

    from_deployment_id: str
    to_deployment_id: str


@dataclass(frozen=True)
class Say:
    """Add a service event with this message."""

    message: str


@dataclass(frozen=True)
class AnnounceDeployment:
    """Publish an `ECS Deployment State Change`; `name` is SERVICE_DEPLOYMENT_*."""

    deployment_id: str
    name: str
    reason: str


Effect = StartTasks | StopTask | AdoptTasks | Say | AnnounceDeployment


@dataclass(frozen=True)
class Decision:
    """The service as it is now remembered, and what to carry out, in order."""

    service: Service
    effects: tuple[Effect, ...]
