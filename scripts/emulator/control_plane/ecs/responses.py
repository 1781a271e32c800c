"""The operations of Amazon ECS."""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from emulator.control_plane import registration
from emulator.control_plane.base import EmulatedResponse, NotEmulated
from emulator.control_plane.ecs.clusters import describe_cluster
from emulator.control_plane.ecs.exceptions import ClientError, InvalidParameter
from emulator.control_plane.ecs.models import EcsBackend
from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.tasks import Task

_INTEGER = re.compile(r"\d+")

NOT_EMULATED = (
    "create_capacity_provider",
    "delete_attributes",
    "delete_capacity_provider",
    "deregister_container_instance",
    "discover_poll_endpoint",
    "put_attributes",
    "register_container_instance",
    "start_task",
    "update_capacity_provider",
    "update_container_instances_state",
)
"""What moto would answer as if it had happened, and does not happen here."""


class EcsResponse(EmulatedResponse, EC2ContainerServiceResponse):
    """Parses requests by botocore's model and answers in its shapes."""

    validation_error_code = "ClientException"

    @property
    def backend(self) -> EcsBackend:
        found: EcsBackend = registration.backend("ecs", self.current_account, self.region)
        return found

    @property
    def request(self) -> dict[str, Any]:
        return {key: value for key, value in self.params.items() if value is not None}

    @property
    def include(self) -> list[str]:
        return self.request.get("include") or []

    @property
    def cluster_name(self) -> str:
        return str(self.request.get("cluster") or "default")

    def _refuse_unless_emulated(self, operation: str) -> None:
        super()._refuse_unless_emulated(operation)
        if re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower() in NOT_EMULATED:
            raise NotEmulated(f"ecs:{operation} is not emulated.")

    def _page(self, member: str, found: list[str]) -> ActionResult:
        """Return one page of ARNs; the token is where the next page begins."""
        start = self.request.get("nextToken") or "0"
        if not _INTEGER.fullmatch(start):
            raise InvalidParameter("Invalid token.")
        first = int(start)
        end = first + (self.request.get("maxResults") or 100)
        answer: dict[str, Any] = {member: found[first:end]}
        if end < len(found):
            answer["nextToken"] = str(end)
        return ActionResult(answer)

    # Clusters

    def _cluster(self, cluster: Any) -> dict[str, Any]:
        return describe_cluster(
            cluster,
            self.backend.all_services,
            self.backend.all_tasks,
            ["TAGS", "SETTINGS", "CONFIGURATIONS"],
        )

    def create_cluster(self) -> ActionResult:
        request = self.request
        cluster = self.backend.create_cluster(
            request.get("clusterName") or "default",
            request.get("tags"),
            request.get("settings"),
            request.get("configuration"),
            request.get("capacityProviders"),
            request.get("defaultCapacityProviderStrategy"),
            service_connect_defaults=request.get("serviceConnectDefaults"),
        )
        return ActionResult({"cluster": self._cluster(cluster)})

    def update_cluster(self) -> ActionResult:
        request = self.request
        cluster = self.backend.update_cluster(
            self.cluster_name,
            request.get("settings"),
            request.get("configuration"),
            request.get("serviceConnectDefaults"),
        )
        return ActionResult({"cluster": self._cluster(cluster)})

    def update_cluster_settings(self) -> ActionResult:
        cluster = self.backend.update_cluster(
            self.cluster_name, self.request.get("settings"), None, None
        )
        return ActionResult({"cluster": self._cluster(cluster)})

    def put_cluster_capacity_providers(self) -> ActionResult:
        request = self.request
        cluster = self.backend.put_cluster_capacity_providers(
            self.cluster_name,
            request.get("capacityProviders"),
            request.get("defaultCapacityProviderStrategy"),
        )
        return ActionResult({"cluster": self._cluster(cluster)})

    def delete_cluster(self) -> ActionResult:
        return ActionResult(
            {"cluster": self._cluster(self.backend.delete_cluster(self.cluster_name))}
        )

    def list_clusters(self) -> ActionResult:
        return self._page("clusterArns", self.backend.list_clusters())

    def describe_clusters(self) -> ActionResult:
        clusters, failures = self.backend.describe_clusters(self.request.get("clusters") or [])
        shown = [
            describe_cluster(
                cluster, self.backend.all_services, self.backend.all_tasks, self.include
            )
            for cluster in clusters
        ]
        return ActionResult({"clusters": shown, "failures": failures})

    # Task definitions

    def register_task_definition(self) -> ActionResult:
        definition = self.backend.add_task_definition(self.request)
        return ActionResult({"taskDefinition": definition.describe(), "tags": definition.tags})

    def describe_task_definition(self) -> ActionResult:
        definition = self.backend.describe_task_definition(self.request["taskDefinition"])
        answer: dict[str, Any] = {"taskDefinition": definition.describe()}
        if "TAGS" in self.include:
            answer["tags"] = definition.tags
        return ActionResult(answer)

    def deregister_task_definition(self) -> ActionResult:
        definition = self.backend.deregister_task_definition(self.request["taskDefinition"])
        return ActionResult({"taskDefinition": definition.describe()})

    def delete_task_definitions(self) -> ActionResult:
        deleted, failures = self.backend.delete_task_definitions(self.request["taskDefinitions"])
        return ActionResult(
            {"taskDefinitions": [found.describe() for found in deleted], "failures": failures}
        )

    def list_task_definitions(self) -> ActionResult:
        found = self.backend.list_task_definitions(
            self.request.get("familyPrefix"), self.request.get("status") or "ACTIVE"
        )
        if self.request.get("sort") == "DESC":
            found.reverse()
        return self._page("taskDefinitionArns", found)

    def list_task_definition_families(self) -> ActionResult:
        prefix = self.request.get("familyPrefix") or ""
        status = self.request.get("status") or "ALL"
        families = [
            family
            for family, revisions in sorted(self.backend.task_definitions.items())
            if family.startswith(prefix) and _has_status(revisions.values(), status)
        ]
        return self._page("families", families)

    # Services

    def _service(self, service: Service, include: list[str]) -> dict[str, Any]:
        return service.describe(self.backend.all_tasks, include)

    def create_service(self) -> ActionResult:
        service = self.backend.add_service(self.request)
        return ActionResult({"service": self._service(service, ["TAGS"])})

    def update_service(self) -> ActionResult:
        service = self.backend.change_service(self.request)
        return ActionResult({"service": self._service(service, ["TAGS"])})

    def delete_service(self) -> ActionResult:
        service = self.backend.remove_service(
            self.cluster_name, self.request["service"], bool(self.request.get("force"))
        )
        return ActionResult({"service": self._service(service, ["TAGS"])})

    def describe_services(self) -> ActionResult:
        names = self.request.get("services") or []
        if not names:
            raise InvalidParameter("Services cannot be empty.")
        if len(names) > 10:
            raise InvalidParameter("Service list cannot contain more than 10 elements.")
        cluster = self.backend._get_cluster(self.cluster_name)
        shown, failures = [], []
        for name in names:
            service = self.backend.find_service(cluster, name)
            if service is None:
                arn = self.backend._arn(f"service/{cluster.name}/{name.split('/')[-1]}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                shown.append(self._service(service, self.include))
        return ActionResult({"services": shown, "failures": failures})

    def list_services(self) -> ActionResult:
        cluster = self.backend._get_cluster(self.cluster_name)
        kind = self.request.get("launchType")
        found = [
            service.arn
            for service in self.backend.all_services
            if service.cluster_arn == cluster.arn
            and service.status != "INACTIVE"
            and kind in {None, service.launch_type}
        ]
        return self._page("serviceArns", sorted(found))

    # Task sets

    def create_task_set(self) -> ActionResult:
        task_set = self.backend.create_task_set(self.request, started_by=None)
        return ActionResult({"taskSet": task_set.describe()})

    def describe_task_sets(self) -> ActionResult:
        found, failures = self.backend.describe_task_sets(
            self.request["cluster"], self.request["service"], self.request.get("taskSets") or []
        )
        shown = [task_set.describe(self.include) for task_set in found]
        return ActionResult({"taskSets": shown, "failures": failures})

    def update_task_set(self) -> ActionResult:
        request = self.request
        task_set = self.backend.update_task_set(
            request["cluster"], request["service"], request["taskSet"], request["scale"]
        )
        return ActionResult({"taskSet": task_set.describe()})

    def update_service_primary_task_set(self) -> ActionResult:
        request = self.request
        task_set = self.backend.update_service_primary_task_set(
            request["cluster"], request["service"], request["primaryTaskSet"]
        )
        return ActionResult({"taskSet": task_set.describe()})

    def delete_task_set(self) -> ActionResult:
        request = self.request
        task_set = self.backend.delete_task_set(
            request["cluster"], request["service"], request["taskSet"], bool(request.get("force"))
        )
        return ActionResult({"taskSet": task_set.describe()})

    # Tasks

    def run_task(self) -> ActionResult:
        tasks = self.backend.run_tasks(self.request)
        return ActionResult({"tasks": [task.describe(["TAGS"]) for task in tasks], "failures": []})

    def stop_task(self) -> ActionResult:
        task = self.backend.end_task(
            self.cluster_name, self.request["task"], self.request.get("reason")
        )
        return ActionResult({"task": task.describe(["TAGS"])})

    def describe_tasks(self) -> ActionResult:
        names = self.request["tasks"]
        if not names:
            raise InvalidParameter("Tasks cannot be empty.")
        if len(names) > 100:
            raise InvalidParameter("Task identifiers can be at most 100.")
        cluster = self.backend._get_cluster(self.cluster_name)
        shown, failures = [], []
        for name in names:
            task = self.backend.find_task(cluster, name)
            if task is None:
                arn = self.backend._arn(f"task/{cluster.name}/{name.split('/')[-1]}")
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                shown.append(task.describe(self.include))
        return ActionResult({"tasks": shown, "failures": failures})

    def list_tasks(self) -> ActionResult:
        request = self.request
        if request.get("startedBy") and (request.get("serviceName") or request.get("family")):
            raise InvalidParameter("startedBy cannot be combined with other filters.")
        cluster = self.backend._get_cluster(self.cluster_name)
        wanted = request.get("desiredStatus") or "RUNNING"
        service_arn = None
        if request.get("serviceName"):
            service_arn = self.backend.existing_service(cluster.name, request["serviceName"]).arn
        found = [
            task.arn
            for task in self.backend.all_tasks
            if task.cluster_arn == cluster.arn
            and task.desired_status == wanted
            and service_arn in {None, task.service_arn}
            and _matches(task, request)
        ]
        return self._page("taskArns", found)

    # Capacity providers

    def describe_capacity_providers(self) -> ActionResult:
        names = self.request.get("capacityProviders") or ["FARGATE", "FARGATE_SPOT"]
        found = [name.split("/")[-1] for name in names]
        unknown = [name for name in found if name not in {"FARGATE", "FARGATE_SPOT"}]
        if unknown:
            raise ClientError(f"The capacity provider {unknown[0]} does not exist.")
        arn = f"arn:aws:ecs:{self.region}:{self.current_account}:capacity-provider"
        shown = [
            {"capacityProviderArn": f"{arn}/{name}", "name": name, "status": "ACTIVE", "tags": []}
            for name in found
        ]
        return ActionResult({"capacityProviders": shown, "failures": []})


def _has_status(definitions: Any, status: str) -> bool:
    return status == "ALL" or any(found.status == status for found in definitions)


def _matches(task: Task, request: dict[str, Any]) -> bool:
    family, started_by = request.get("family"), request.get("startedBy")
    kind = request.get("launchType")
    return (
        family in {None, task.task_definition.family}
        and started_by in {None, task.started_by}
        and kind in {None, task.launch_type}
        and not request.get("containerInstance")
    )
