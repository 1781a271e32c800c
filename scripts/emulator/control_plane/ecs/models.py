"""The backend of Amazon ECS: records what is wanted, shows what is."""

from datetime import timedelta
from typing import Any

from moto.ecs.models import Cluster

from emulator import ids
from emulator.control_plane.ecs import requests
from emulator.control_plane.ecs.exceptions import (
    ClientError,
    InvalidParameter,
    ServiceNotActive,
    ServiceNotFound,
    TaskSetNotFound,
)
from emulator.control_plane.ecs.services import DEPLOYING, Service
from emulator.control_plane.ecs.task_definitions import TaskDefinition
from emulator.control_plane.ecs.task_set_calls import TaskSetCalls
from emulator.control_plane.ecs.tasks import Task, containers_of

STOPPED_TASKS_STAY = timedelta(hours=1)
STOPPED_TASKS_KEPT = 200
"""Source: ECS API, DescribeTasks: stopped tasks appear for at least one hour."""


NO_SETTING = {
    "cluster",
    "deploymentController",
    "desiredCount",
    "forceNewDeployment",
    "service",
    "taskDefinition",
}
"""Members of UpdateService that are no settings of the service."""


class EcsBackend(TaskSetCalls):
    """The calls that create, change and end services and tasks; the rest is what it stands on."""

    # Services

    def add_service(self, request: dict[str, Any]) -> Service:
        """Create a service and begin its first deployment."""
        cluster = self._get_cluster(request.get("cluster") or "default")
        requests.refuse_kind(request)
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
        is_rolling = requests.controller(request) == "ECS"
        if not is_rolling:
            requests.refuse_unless_fit_for_codedeploy(request)
        settings = {
            **request,
            "launchType": kind,
            "schedulingStrategy": "REPLICA",
            "deploymentConfiguration": requests.deployment_configuration(
                request.get("deploymentConfiguration"), is_rolling=is_rolling
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
        if service.has_task_sets:
            self.add_first_task_set(service)
        else:
            service.deploy(self.now())
        self.hint("service", service.arn)
        return service

    def change_service(self, request: dict[str, Any]) -> Service:
        """Apply UpdateService; a change of what tasks are made of begins a deployment."""
        service = self.existing_service(request.get("cluster") or "default", request["service"])
        if service.status != "ACTIVE":
            raise ServiceNotActive
        requests.refuse_change(service.controller, request)
        definition = service.definition
        if request.get("taskDefinition"):
            definition = self.active_task_definition(request["taskDefinition"])
        changes = {key: value for key, value in request.items() if key not in NO_SETTING}
        if "deploymentConfiguration" in changes:
            changes["deploymentConfiguration"] = requests.deployment_configuration(
                changes["deploymentConfiguration"],
                service.settings["deploymentConfiguration"],
                is_rolling=not service.has_task_sets,
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
            service.resize_task_sets(self.now())
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
        if len(service.live_task_sets) > 1 and not force:
            raise InvalidParameter("The service cannot be stopped while deployments are active.")
        service.status = "DRAINING"
        service.desired_count = 0
        service.drain(service.live_task_sets, self.now())
        self.hint("service", service.arn)
        return service

    # Tasks

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
        """Record one task of a service's deployment, or of one of its task sets."""
        task_set = service.find_task_set(deployment_id)
        if task_set is None:
            definition = service.facts[deployment_id].task_definition
        else:
            definition = task_set.definition
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
            **(task_set.settings if task_set else {}),
            "group": f"service:{service.name}",
            "startedBy": deployment_id,
            "tags": tags,
        }
        task = self.new_task(self.clusters[service.cluster_name], definition, settings)
        task.service_arn = service.arn
        task.deployment_id = deployment_id
        task.load_balancers = (task_set or service).load_balancers
        if task_set is not None:
            task_set.tasks.append(task)
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
        if kind == "task-set":
            sets = [found for service in self.all_services for found in service.task_sets]
            found = next((t for t in sets if t.arn == resource_arn), None)
            if found is None:
                raise TaskSetNotFound
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
