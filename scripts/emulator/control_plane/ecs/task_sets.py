"""Task sets, as DescribeTaskSets shows them, around what the scheduler remembers of each.

A task set is one revision of a service's tasks behind one target group. A service whose deployment
controller is CODE_DEPLOY runs all its tasks in task sets; its PRIMARY one lends the service its
task definition and its target group.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from emulator.control_plane.ecs.task_definitions import TaskDefinition
from emulator.control_plane.ecs.tasks import Task, count_pending, count_running
from emulator.engines import scheduler

LATEST_FARGATE = "1.4.0"

CARRIED = (
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceRegistries",
)
"""What a task set has of its own, and hands to its service when it becomes the primary one.

Source: ECS API, UpdateServicePrimaryTaskSet.
"""


class TaskSetStatus(StrEnum):
    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"


class StabilityStatus(StrEnum):
    STABILIZING = "STABILIZING"
    STEADY_STATE = "STEADY_STATE"


@dataclass
class TaskSet:
    """One task set; `settings` holds those of CARRIED that it was given.

    Shape: `scale` is the percentage of the service's desired count; `tasks` are those that have
    not stopped yet.
    """

    id: str
    arn: str
    service_arn: str
    service_name: str
    cluster_arn: str
    definition: TaskDefinition
    settings: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    stability_status_at: datetime
    scale: float = 0.0
    computed_desired_count: int = 0
    status: TaskSetStatus = TaskSetStatus.ACTIVE
    stability_status: StabilityStatus = StabilityStatus.STABILIZING
    started_by: str | None = None
    external_id: str | None = None
    client_token: str | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    memory: scheduler.Service | None = None

    @property
    def physical_resource_id(self) -> str:
        """The name that moto's tagging API asks for."""
        return self.arn

    @property
    def task_definition(self) -> str:
        return self.definition.arn

    @property
    def load_balancers(self) -> list[dict[str, Any]]:
        return self.settings.get("loadBalancers") or []

    @property
    def launch_type(self) -> str:
        return str(self.settings["launchType"])

    @property
    def running_count(self) -> int:
        return count_running(self.tasks)

    @property
    def pending_count(self) -> int:
        return count_pending(self.tasks)

    @property
    def is_steady(self) -> bool:
        return self.stability_status is StabilityStatus.STEADY_STATE

    @property
    def is_draining(self) -> bool:
        return self.status is TaskSetStatus.DRAINING

    def answers_to(self, id_or_arn: str) -> bool:
        return id_or_arn in {self.id, self.arn, self.id.split("/")[-1]}

    # What is asked of it

    def resize(self, desired_count: int, now: datetime) -> bool:
        """Follow the service's desired count, rounded up; tell whether that changed anything.

        Source: ECS API, TaskSet, computedDesiredCount.
        """
        count = 0 if self.is_draining else math.ceil(desired_count * self.scale / 100)
        if count == self.computed_desired_count:
            return False
        self.computed_desired_count = count
        self.updated_at = now
        self._note_stability(is_steady=False, now=now)
        return True

    def become(self, status: TaskSetStatus, now: datetime) -> None:
        if self.status is not status:
            self.status = status
            self.updated_at = now

    # What the scheduler makes of it

    def wanted(self, policy: scheduler.Policy) -> scheduler.Service:
        """Return what the scheduler is to work towards, with what it remembers.

        The circuit breaker is off: whether a deployment has failed is CodeDeploy's to say.
        """
        memory = self.memory or scheduler.Service(
            name=self.service_name,
            desired_count=0,
            policy=policy,
            deployments=(scheduler.Deployment(self.id, self.definition.arn),),
            task_set_id=self.id,
        )
        return replace(
            memory,
            desired_count=self.computed_desired_count,
            is_steady=self.is_steady,
            policy=replace(policy, has_circuit_breaker=False),
        )

    def keep(self, memory: scheduler.Service, now: datetime) -> bool:
        """Take over what the scheduler decided; tell whether the stability changed."""
        self.memory = memory
        self.tasks = [task for task in self.tasks if not task.is_stopped]
        return self._note_stability(memory.is_steady, now)

    def _note_stability(self, is_steady: bool, now: datetime) -> bool:
        found = StabilityStatus.STEADY_STATE if is_steady else StabilityStatus.STABILIZING
        if found is self.stability_status:
            return False
        self.stability_status = found
        self.stability_status_at = now
        return True

    # How it is shown

    def describe(self, include: Iterable[str] = ("TAGS",)) -> dict[str, Any]:
        """Return the botocore shape TaskSet."""
        shown: dict[str, Any] = {
            "id": self.id,
            "taskSetArn": self.arn,
            "serviceArn": self.service_arn,
            "clusterArn": self.cluster_arn,
            "status": str(self.status),
            "taskDefinition": self.definition.arn,
            "computedDesiredCount": self.computed_desired_count,
            "pendingCount": self.pending_count,
            "runningCount": self.running_count,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "loadBalancers": self.load_balancers,
            "serviceRegistries": self.settings.get("serviceRegistries") or [],
            "scale": {"value": self.scale, "unit": "PERCENT"},
            "stabilityStatus": str(self.stability_status),
            "stabilityStatusAt": self.stability_status_at,
            "tags": self.tags if "TAGS" in include else [],
        }
        optional = {"startedBy": self.started_by, "externalId": self.external_id}
        optional["networkConfiguration"] = self.settings.get("networkConfiguration")
        shown.update({key: value for key, value in optional.items() if value})
        shown.update(self._launch())
        return shown

    def _launch(self) -> dict[str, Any]:
        strategy = self.settings.get("capacityProviderStrategy")
        shown: dict[str, Any] = (
            {"capacityProviderStrategy": strategy} if strategy else {"launchType": self.launch_type}
        )
        if self.launch_type == "FARGATE":
            wanted = self.settings.get("platformVersion") or "LATEST"
            shown["platformVersion"] = LATEST_FARGATE if wanted == "LATEST" else wanted
            shown["platformFamily"] = "Linux"
        return shown
