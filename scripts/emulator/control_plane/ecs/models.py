"""The backend of Amazon ECS: records what is wanted, shows what is."""

from datetime import datetime, timedelta
from typing import Any

from moto.ecs.models import Cluster, EC2ContainerServiceBackend

from emulator import ids
from emulator.control_plane.base import Emulated
from emulator.control_plane.ecs import requests
from emulator.control_plane.ecs.exceptions import (
    ClientError,
    ClusterContainsServices,
    ClusterContainsTasks,
    ClusterNotFound,
    InvalidParameter,
    ServiceNotActive,
    ServiceNotFound,
)
from emulator.control_plane.ecs.services import DEPLOYING, Service
from emulator.control_plane.ecs.task_definitions import TaskDefinition, refuse_unless_valid
from emulator.control_plane.ecs.tasks import Task, containers_of

STOPPED_TASKS_STAY = timedelta(hours=1)
STOPPED_TASKS_KEPT = 200
"""Source: ECS API, DescribeTasks: stopped tasks appear for at least one hour."""


class EcsBackend(Emulated, EC2ContainerServiceBackend):
    """Clusters, task definitions, services and tasks of one account in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.services: dict[str, Service] = {}
        self.tasks: dict[str, dict[str, Task]] = {}
        self.task_definitions: dict[str, dict[int, TaskDefinition]] = {}
        self._revisions: dict[str, int] = {}

    def now(self) -> datetime:
        return self.runtime.clock.now()

    def hint(self, kind: str, key: str) -> None:
        self.runtime.hints.emit(f"ecs.{kind}", self.account_id, self.region_name, key)

    def _arn(self, resource: str) -> str:
        return f"arn:aws:ecs:{self.region_name}:{self.account_id}:{resource}"

    # Clusters

    def _get_cluster(self, name: str) -> Cluster:
        cluster = self.clusters.get(name.split("/")[-1])
        if cluster is None or cluster.status != "ACTIVE":
            raise ClusterNotFound
        return cluster

    def create_cluster(self, cluster_name: str, *args: Any, **kwargs: Any) -> Cluster:
        """Source: ECS API, CreateCluster: an existing active cluster is returned as it is."""
        existing = self.clusters.get(cluster_name)
        if existing is not None and existing.status == "ACTIVE":
            return existing
        return super().create_cluster(cluster_name, *args, **kwargs)

    def list_clusters(self) -> list[str]:
        return [cluster.arn for cluster in self.clusters.values() if cluster.status == "ACTIVE"]

    def delete_cluster(self, cluster_str: str) -> Cluster:
        cluster = self._get_cluster(cluster_str)
        if any(s.cluster_arn == cluster.arn and s.status != "INACTIVE" for s in self.all_services):
            raise ClusterContainsServices
        if any(t.cluster_arn == cluster.arn and not t.is_stopped for t in self.all_tasks):
            raise ClusterContainsTasks
        cluster.status = "INACTIVE"
        return cluster

    # Task definitions

    def add_task_definition(self, request: dict[str, Any]) -> TaskDefinition:
        """Register the next revision. Raises ClientException where AWS refuses it."""
        refuse_unless_valid(request)
        family = request["family"]
        revision = self._revisions.get(family, 0) + 1
        self._revisions[family] = revision
        definition = TaskDefinition(
            self._arn(f"task-definition/{family}:{revision}"),
            revision,
            request,
            f"arn:aws:iam::{self.account_id}:root",
            self.now(),
        )
        self.task_definitions.setdefault(family, {})[revision] = definition
        return definition

    def describe_task_definition(self, task_definition_str: str) -> TaskDefinition:
        """Find a revision; a family alone means its latest ACTIVE one."""
        family, revision = requests.number_from(task_definition_str)
        revisions = self.task_definitions.get(family, {})
        if revision is None:
            active = [number for number, found in revisions.items() if found.status == "ACTIVE"]
            revision = max(active, default=0)
        if revision not in revisions:
            raise ClientError("Unable to describe task definition.")
        return revisions[revision]

    def active_task_definition(self, reference: str) -> TaskDefinition:
        """Find a revision that may be run."""
        try:
            found = self.describe_task_definition(reference)
        except ClientError as error:
            raise ClientError("TaskDefinition not found.") from error
        if found.status != "ACTIVE":
            raise ClientError("TaskDefinition is inactive")
        return found

    def deregister_task_definition(self, task_definition_str: str) -> TaskDefinition:
        family, revision = requests.number_from(task_definition_str)
        if revision is None:
            raise ClientError("Revision is missing.")
        if revision not in self.task_definitions.get(family, {}):
            raise ClientError("Unable to describe task definition.")
        definition = self.task_definitions[family][revision]
        definition.status = "INACTIVE"
        definition.deregistered_at = self.now()
        return definition

    def list_task_definitions(self, family_prefix: str | None, status: str = "ACTIVE") -> list[str]:
        found = [
            definition
            for family, revisions in sorted(self.task_definitions.items())
            for definition in revisions.values()
            if family_prefix in {None, family} and definition.status == status
        ]
        return [definition.arn for definition in found]

    # Services

    @property
    def all_services(self) -> list[Service]:
        return list(self.services.values())

    def find_service(self, cluster: Cluster, name_or_arn: str) -> Service | None:
        return self.services.get(f"{cluster.name}:{name_or_arn.split('/')[-1]}")

    def existing_service(self, cluster_name: str, name_or_arn: str) -> Service:
        service = self.find_service(self._get_cluster(cluster_name), name_or_arn)
        if service is None:
            raise ServiceNotFound
        return service

    def add_service(self, request: dict[str, Any]) -> Service:
        """Create a service and begin its first deployment."""
        cluster = self._get_cluster(request.get("cluster") or "default")
        requests.refuse_controller(request)
        name = request["serviceName"]
        existing = self.find_service(cluster, name)
        if existing is not None and existing.status != "INACTIVE":
            if existing.status == "DRAINING":
                raise InvalidParameter("Unable to Start a service that is still Draining.")
            raise InvalidParameter("Creation of service was not idempotent.")
        if not request.get("taskDefinition"):
            raise ClientError("TaskDefinition can not be blank.")
        definition = self.active_task_definition(request["taskDefinition"])
        kind = requests.launch_type(request, cluster.default_capacity_provider_strategy)
        place = (self.account_id, self.region_name)
        requests.refuse_network(request, definition, kind, *place)
        requests.refuse_load_balancers(request, definition, *place)
        settings = {
            **request,
            "launchType": kind,
            "schedulingStrategy": "REPLICA",
            "deploymentConfiguration": requests.deployment_configuration(
                request.get("deploymentConfiguration")
            ),
        }
        if request.get("loadBalancers") and definition.network_mode == "awsvpc":
            settings["roleArn"] = (
                f"arn:aws:iam::{self.account_id}:role/aws-service-role/ecs.amazonaws.com/"
                "AWSServiceRoleForECS"
            )
        service = Service(
            arn=self._arn(f"service/{cluster.name}/{name}"),
            name=name,
            cluster_arn=cluster.arn,
            cluster_name=cluster.name,
            created_at=self.now(),
            created_by=f"arn:aws:iam::{self.account_id}:root",
            settings=settings,
            desired_count=request.get("desiredCount") or 0,
            definition=definition,
            tags=list(request.get("tags") or []),
        )
        self.services[f"{cluster.name}:{name}"] = service
        service.deploy(self.now())
        self.hint("service", service.arn)
        return service

    def change_service(self, request: dict[str, Any]) -> Service:
        """Apply UpdateService; a change of what tasks are made of begins a deployment."""
        service = self.existing_service(request.get("cluster") or "default", request["service"])
        if service.status != "ACTIVE":
            raise ServiceNotActive
        requests.refuse_controller(request)
        definition = service.definition
        if request.get("taskDefinition"):
            definition = self.active_task_definition(request["taskDefinition"])
        changes = {
            key: value
            for key, value in request.items()
            if key not in {"cluster", "service", "taskDefinition", "desiredCount"}
        }
        changes.pop("forceNewDeployment", None)
        if "deploymentConfiguration" in changes:
            changes["deploymentConfiguration"] = requests.deployment_configuration(
                changes["deploymentConfiguration"], service.settings["deploymentConfiguration"]
            )
        settings = {**service.settings, **changes}
        place = (self.account_id, self.region_name)
        requests.refuse_network(settings, definition, service.launch_type, *place)
        if definition is not service.definition or "loadBalancers" in changes:
            requests.refuse_load_balancers(settings, definition, *place)
        is_deployment = (
            bool(request.get("forceNewDeployment"))
            or definition.arn != service.definition.arn
            or any(service.settings.get(key) != settings.get(key) for key in DEPLOYING)
        )
        service.settings = settings
        service.definition = definition
        if request.get("desiredCount") is not None:
            service.desired_count = request["desiredCount"]
            service.touch_primary(self.now())
        if is_deployment:
            service.deploy(self.now())
        self.hint("service", service.arn)
        return service

    def remove_service(self, cluster_name: str, name: str, force: bool) -> Service:
        """Drain a service; the scheduler makes it INACTIVE when its last task has ended."""
        service = self.existing_service(cluster_name, name)
        if service.status == "INACTIVE":
            raise ServiceNotFound
        if service.desired_count > 0 and not force:
            raise InvalidParameter("The service cannot be stopped while it is scaled above 0.")
        service.status = "DRAINING"
        service.desired_count = 0
        self.hint("service", service.arn)
        return service

    # Tasks

    @property
    def all_tasks(self) -> list[Task]:
        return [task for tasks in self.tasks.values() for task in tasks.values()]

    def find_task(self, cluster: Cluster, id_or_arn: str) -> Task | None:
        return self.tasks.get(cluster.name, {}).get(
            self._arn(f"task/{cluster.name}/{id_or_arn.split('/')[-1]}")
        )

    def run_tasks(self, request: dict[str, Any]) -> list[Task]:
        """Start tasks that belong to no service."""
        cluster = self._get_cluster(request.get("cluster") or "default")
        definition = self.active_task_definition(request["taskDefinition"])
        kind = requests.launch_type(request, cluster.default_capacity_provider_strategy)
        requests.refuse_network(request, definition, kind, self.account_id, self.region_name)
        if kind != "FARGATE":
            raise InvalidParameter("No Container Instances were found in your cluster.")
        count = request.get("count") or 1
        if not 1 <= count <= 10:
            raise InvalidParameter("Task count must be between 1 and 10.")
        tags = list(request.get("tags") or [])
        if request.get("propagateTags") == "TASK_DEFINITION":
            tags = merged_tags(definition.tags, tags)
        settings = {**request, "launchType": kind, "tags": tags}
        tasks = [self.new_task(cluster, definition, settings) for _ in range(count)]
        self.hint("task", cluster.arn)
        return tasks

    def new_task(
        self, cluster: Cluster, definition: TaskDefinition, settings: dict[str, Any]
    ) -> Task:
        """Record one task in PROVISIONING; the task runner takes it from there."""
        task_id = ids.new_hex(32)
        overrides = settings.get("overrides") or {}
        platform = settings.get("platformVersion") or "LATEST"
        task = Task(
            id=task_id,
            arn=self._arn(f"task/{cluster.name}/{task_id}"),
            cluster_arn=cluster.arn,
            task_definition=definition,
            group=settings.get("group") or f"family:{definition.family}",
            started_by=settings.get("startedBy") or "",
            launch_type=settings["launchType"],
            platform_version="1.4.0" if platform == "LATEST" else platform,
            network_configuration=settings.get("networkConfiguration") or {},
            created_at=self.now(),
            overrides=overrides,
            tags=list(settings.get("tags") or []),
            enable_execute_command=bool(settings.get("enableExecuteCommand")),
            containers=containers_of(definition, task_id, cluster.name, overrides),
        )
        self.tasks.setdefault(cluster.name, {})[task.arn] = task
        return task

    def new_service_task(self, service: Service, deployment_id: str) -> Task:
        """Record one task of a service's deployment."""
        definition = service.facts[deployment_id].task_definition
        tags = {
            "SERVICE": service.tags,
            "TASK_DEFINITION": definition.tags,
        }.get(service.settings.get("propagateTags") or "NONE", [])
        if service.settings.get("enableECSManagedTags"):
            tags = merged_tags(
                tags,
                [
                    {"key": "aws:ecs:clusterName", "value": service.cluster_name},
                    {"key": "aws:ecs:serviceName", "value": service.name},
                ],
            )
        settings = {
            **service.settings,
            "group": f"service:{service.name}",
            "startedBy": deployment_id,
            "tags": tags,
        }
        task = self.new_task(self.clusters[service.cluster_name], definition, settings)
        task.service_arn = service.arn
        task.deployment_id = deployment_id
        task.load_balancers = service.load_balancers
        return task

    def end_task(self, cluster_name: str, id_or_arn: str, reason: str | None) -> Task:
        """Ask for a task's end, as StopTask does."""
        task = self.find_task(self._get_cluster(cluster_name), id_or_arn)
        if task is None:
            raise InvalidParameter("The referenced task was not found.")
        task.request_stop("UserInitiated", reason or "Task stopped by user", self.now())
        self.hint("task", task.arn)
        return task

    def forget_old(self) -> None:
        """Drop stopped tasks and deleted services that AWS would not show any more."""
        limit = self.now() - STOPPED_TASKS_STAY
        for tasks in self.tasks.values():
            stopped = [task for task in tasks.values() if task.is_stopped]
            for position, task in enumerate(reversed(stopped)):
                if position >= STOPPED_TASKS_KEPT or task.times["stoppedAt"] < limit:
                    del tasks[task.arn]
        for key, service in list(self.services.items()):
            if service.deleted_at is not None and service.deleted_at < limit:
                del self.services[key]

    # Tags

    def _get_resource(self, resource_arn: str, parsed_arn: dict[str, str]) -> Any:
        kind = parsed_arn["service"]
        if kind == "service":
            found: Any = next((s for s in self.all_services if s.arn == resource_arn), None)
            if found is None:
                raise ServiceNotFound
            return found
        if kind == "task":
            found = next((t for t in self.all_tasks if t.arn == resource_arn), None)
            if found is None:
                raise InvalidParameter("The specified task is inactive. Specify an active task.")
            return found
        return super()._get_resource(resource_arn, parsed_arn)


def merged_tags(base: list[dict[str, str]], more: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return both lists, a key of the second winning."""
    merged = {tag["key"]: tag for tag in base}
    merged.update({tag["key"]: tag for tag in more})
    return list(merged.values())
