"""What the other calls stand on: clusters, task definitions, and how each thing is found."""

from datetime import datetime
from typing import Any

from moto.ecs.models import Cluster, EC2ContainerServiceBackend

from emulator.control_plane.base import Emulated
from emulator.control_plane.ecs import requests
from emulator.control_plane.ecs.exceptions import (
    ClientError,
    ClusterContainsServices,
    ClusterContainsTasks,
    ClusterNotFound,
    ServiceNotFound,
)
from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.task_definitions import TaskDefinition, refuse_unless_valid
from emulator.control_plane.ecs.tasks import Task


class Catalogue(Emulated, EC2ContainerServiceBackend):
    """All that ECS records of one account in one region, and how each thing is found."""

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

    # Services and tasks

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

    @property
    def all_tasks(self) -> list[Task]:
        return [task for tasks in self.tasks.values() for task in tasks.values()]

    def find_task(self, cluster: Cluster, id_or_arn: str) -> Task | None:
        return self.tasks.get(cluster.name, {}).get(
            self._arn(f"task/{cluster.name}/{id_or_arn.split('/')[-1]}")
        )
