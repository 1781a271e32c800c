"""Services, as DescribeServices shows them, around what the scheduler remembers of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from emulator import ids
from emulator.control_plane.ecs.task_definitions import TaskDefinition
from emulator.control_plane.ecs.task_sets import (
    CARRIED,
    LATEST_FARGATE,
    TaskSet,
    TaskSetStatus,
)
from emulator.control_plane.ecs.tasks import Task, count_pending, count_running
from emulator.engines import scheduler
from emulator.engines.scheduler import words
from emulator.engines.scheduler.reconcile import new_deployment_id

EVENTS_KEPT = 100
"""Source: ECS developer guide, service event messages: the 100 most recent events."""

DEPLOYING = {
    "networkConfiguration",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
}
"""Members whose change starts a deployment. Source: ECS API, UpdateService."""


@dataclass
class DeploymentFacts:
    """What a deployment was made with, beside what the scheduler keeps of it."""

    created_at: datetime
    updated_at: datetime
    network_configuration: dict[str, Any] | None
    platform_version: str
    task_definition: TaskDefinition


@dataclass
class Service:
    """One service; `settings` holds what CreateService and UpdateService were given."""

    arn: str
    name: str
    cluster_arn: str
    cluster_name: str
    created_at: datetime
    created_by: str
    settings: dict[str, Any]
    desired_count: int
    definition: TaskDefinition
    tags: list[dict[str, str]]
    status: str = "ACTIVE"
    events: list[dict[str, Any]] = field(default_factory=list)
    deployments: tuple[scheduler.Deployment, ...] = ()
    task_sets: list[TaskSet] = field(default_factory=list)
    facts: dict[str, DeploymentFacts] = field(default_factory=dict)
    memory: scheduler.Service | None = None
    known: dict[str, TaskDefinition] = field(default_factory=dict)
    cannot_place: bool = False
    was_steady: bool = False
    deleted_at: datetime | None = None

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
    def platform_version(self) -> str:
        return str(self.settings.get("platformVersion") or "LATEST")

    @property
    def controller(self) -> str:
        """Return who deploys it: ECS itself, or CODE_DEPLOY, with all tasks in task sets."""
        return str((self.settings.get("deploymentController") or {}).get("type") or "ECS")

    @property
    def has_task_sets(self) -> bool:
        return self.controller != "ECS"

    def subject(self, deployment_id: str) -> str:
        """Return whom service events speak of: the service, or one task set of it."""
        return words.of_task_set(self.name, deployment_id) if self.has_task_sets else self.name

    def policy(self) -> scheduler.Policy:
        configuration = self.settings["deploymentConfiguration"]
        circuit = configuration.get("deploymentCircuitBreaker") or {}
        return scheduler.Policy(
            minimum_healthy_percent=configuration["minimumHealthyPercent"],
            maximum_percent=configuration["maximumPercent"],
            has_circuit_breaker=bool(circuit.get("enable")),
            has_rollback=bool(circuit.get("rollback")),
            grace_s=self.settings.get("healthCheckGracePeriodSeconds") or 0,
        )

    def wanted(self) -> scheduler.Service:
        """Return what the scheduler is to work towards, with what it remembers."""
        memory = self.memory or scheduler.Service(
            name=self.name,
            desired_count=0,
            policy=self.policy(),
            deployments=(),
        )
        return replace(
            memory,
            desired_count=self.desired_count if self.status == "ACTIVE" else 0,
            policy=self.policy(),
            deployments=self.deployments,
        )

    def keep(self, memory: scheduler.Service) -> None:
        """Take over what the scheduler decided, and note when deployments changed."""
        now = datetime.now(self.created_at.tzinfo)
        before = {deployment.id: deployment for deployment in self.deployments}
        for deployment in memory.deployments:
            if deployment.id not in self.facts:
                self._open(deployment, self.known[deployment.task_definition], now)
            elif before.get(deployment.id) != deployment:
                self.facts[deployment.id].updated_at = now
        self.memory = memory
        self.deployments = memory.deployments
        kept = {deployment.id for deployment in memory.deployments}
        self.facts = {key: fact for key, fact in self.facts.items() if key in kept}
        if self.deployments:
            self.definition = self.facts[self.deployments[0].id].task_definition

    def retire(self, now: datetime) -> None:
        """Become INACTIVE: the last task of a deleted service has ended."""
        self.status = "INACTIVE"
        self.deployments = ()
        self.task_sets = []
        self.facts = {}
        self.deleted_at = now

    def deploy(self, now: datetime) -> scheduler.Deployment:
        """Begin a deployment of the service as it is now set; the PRIMARY becomes ACTIVE."""
        deployment_id = new_deployment_id()
        deployment = scheduler.Deployment(
            id=deployment_id,
            task_definition=self.definition.arn,
            rollout_state_reason=words.reason_in_progress(deployment_id),
        )
        older = tuple(
            replace(old, status=scheduler.DeploymentStatus.ACTIVE) for old in self.deployments
        )
        self.deployments = (deployment, *older)
        self._open(deployment, self.definition, now)
        if self.memory is not None:
            self.memory = replace(self.memory, is_steady=False, is_stuck=False)
        return deployment

    # Task sets

    @property
    def primary_task_set(self) -> TaskSet | None:
        return next((t for t in self.task_sets if t.status is TaskSetStatus.PRIMARY), None)

    @property
    def live_task_sets(self) -> list[TaskSet]:
        return [task_set for task_set in self.task_sets if not task_set.is_draining]

    def find_task_set(self, id_or_arn: str) -> TaskSet | None:
        return next((found for found in self.task_sets if found.answers_to(id_or_arn)), None)

    def prefer(self, chosen: TaskSet, now: datetime) -> None:
        """Make a task set the PRIMARY one: the service takes over what it is made of.

        Source: ECS API, UpdateServicePrimaryTaskSet.
        """
        for task_set in self.task_sets:
            if task_set.status is TaskSetStatus.PRIMARY and task_set is not chosen:
                task_set.become(TaskSetStatus.ACTIVE, now)
        chosen.become(TaskSetStatus.PRIMARY, now)
        self.definition = chosen.definition
        own = {key: value for key, value in self.settings.items() if key not in CARRIED}
        self.settings = {**own, **chosen.settings}

    def drain(self, task_sets: Iterable[TaskSet], now: datetime) -> None:
        """Wind task sets down: none of their tasks is wanted any more."""
        for task_set in task_sets:
            task_set.become(TaskSetStatus.DRAINING, now)
        self.resize_task_sets(now)

    def resize_task_sets(self, now: datetime) -> None:
        """Let each task set follow the desired count."""
        for task_set in self.task_sets:
            if task_set.resize(self.desired_count, now):
                count = task_set.computed_desired_count
                self.say(words.computed_count(self.name, task_set.id, count), now)
                self.was_steady = False

    def touch_primary(self, now: datetime) -> None:
        """Note that the desired count was changed: the service has to settle anew."""
        if self.deployments:
            self.facts[self.deployments[0].id].updated_at = now
        if self.memory is not None:
            self.memory = replace(self.memory, is_steady=False)

    def _open(
        self, deployment: scheduler.Deployment, definition: TaskDefinition, now: datetime
    ) -> None:
        self.known[definition.arn] = definition
        self.facts[deployment.id] = DeploymentFacts(
            created_at=now,
            updated_at=now,
            network_configuration=self.settings.get("networkConfiguration"),
            platform_version=self.shown_platform_version,
            task_definition=definition,
        )

    @property
    def shown_platform_version(self) -> str:
        wanted = self.platform_version
        return LATEST_FARGATE if wanted == "LATEST" else wanted

    def say(self, message: str, now: datetime) -> None:
        """Add a service event, newest first."""
        event = {"id": ids.new_uuid(), "createdAt": now, "message": message}
        self.events = [event, *self.events][:EVENTS_KEPT]

    def describe(self, tasks: Iterable[Task], include: list[str]) -> dict[str, Any]:
        """Return the botocore shape Service; tags only when asked for."""
        mine = [task for task in tasks if task.service_arn == self.arn and not task.is_stopped]
        shown: dict[str, Any] = {
            "serviceArn": self.arn,
            "serviceName": self.name,
            "clusterArn": self.cluster_arn,
            "loadBalancers": self.load_balancers,
            "serviceRegistries": self.settings.get("serviceRegistries") or [],
            "status": self.status,
            "desiredCount": self.desired_count,
            "runningCount": count_running(mine),
            "pendingCount": count_pending(mine),
            "taskDefinition": self.definition.arn,
            "deploymentConfiguration": self.settings["deploymentConfiguration"],
            "deployments": [self._describe(d, mine) for d in self.deployments],
            "events": self.events,
            "createdAt": self.created_at,
            "createdBy": self.created_by,
            "placementConstraints": self.settings.get("placementConstraints") or [],
            "placementStrategy": self.settings.get("placementStrategy") or [],
            "healthCheckGracePeriodSeconds": (
                self.settings.get("healthCheckGracePeriodSeconds") or 0
            ),
            "schedulingStrategy": self.settings["schedulingStrategy"],
            "deploymentController": {"type": self.controller},
            "tags": self.tags if "TAGS" in include else [],
            "enableECSManagedTags": bool(self.settings.get("enableECSManagedTags")),
            "propagateTags": self.settings.get("propagateTags") or "NONE",
            "enableExecuteCommand": bool(self.settings.get("enableExecuteCommand")),
            "availabilityZoneRebalancing": (
                self.settings.get("availabilityZoneRebalancing") or "DISABLED"
            ),
        }
        if self.has_task_sets:
            shown["taskSets"] = [task_set.describe(include) for task_set in self.task_sets]
        shown.update(self._launch())
        for member in ("networkConfiguration", "roleArn"):
            if self.settings.get(member):
                shown[member] = self.settings[member]
        return shown

    def _launch(self) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if self.settings.get("capacityProviderStrategy"):
            shown["capacityProviderStrategy"] = self.settings["capacityProviderStrategy"]
        else:
            shown["launchType"] = self.launch_type
        if self.launch_type == "FARGATE":
            shown["platformVersion"] = self.platform_version
            shown["platformFamily"] = "Linux"
        return shown

    def _describe(self, deployment: scheduler.Deployment, tasks: list[Task]) -> dict[str, Any]:
        mine = [task for task in tasks if task.deployment_id == deployment.id]
        is_primary = deployment.status is scheduler.DeploymentStatus.PRIMARY
        facts = self.facts[deployment.id]
        shown: dict[str, Any] = {
            "id": deployment.id,
            "status": str(deployment.status),
            "taskDefinition": deployment.task_definition,
            "desiredCount": self.desired_count if is_primary else 0,
            "pendingCount": count_pending(mine),
            "runningCount": count_running(mine),
            "failedTasks": deployment.failed_tasks,
            "createdAt": facts.created_at,
            "updatedAt": facts.updated_at,
            "rolloutState": str(deployment.rollout_state),
            "rolloutStateReason": deployment.rollout_state_reason,
        }
        shown.update(self._launch())
        if self.launch_type == "FARGATE":
            shown["platformVersion"] = facts.platform_version
        if facts.network_configuration:
            shown["networkConfiguration"] = facts.network_configuration
        return shown
