"""The calls that create, scale, prefer and delete task sets.

CodeDeploy is AWS itself here: it calls these on the backend, with the runtime's lock held, as the
API does for anybody else.
"""

from typing import Any

from emulator.control_plane.ecs import requests
from emulator.control_plane.ecs.catalogue import Catalogue
from emulator.control_plane.ecs.exceptions import (
    InvalidParameter,
    ServiceNotActive,
    TaskSetNotFound,
)
from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.task_definitions import TaskDefinition
from emulator.control_plane.ecs.task_sets import CARRIED, TaskSet, TaskSetStatus
from emulator.engines.scheduler.reconcile import new_deployment_id

CODE_DEPLOY = "CODE_DEPLOY"

MOST_TASK_SETS = 5


class TaskSetCalls(Catalogue):
    """Task sets of the services whose deployment controller is CODE_DEPLOY."""

    def service_with_task_sets(self, cluster: str, service: str) -> Service:
        found = self.existing_service(cluster, service)
        if not found.has_task_sets:
            raise InvalidParameter(
                "Amazon ECS only supports task set management on services configured to use "
                "external deployment controllers."
            )
        if found.status == "INACTIVE":
            raise ServiceNotActive
        return found

    def add_first_task_set(self, service: Service) -> TaskSet:
        """Begin a service: its PRIMARY task set, made of what the service was given."""
        settings = {key: value for key, value in service.settings.items() if key in CARRIED}
        task_set = self._new_task_set(service, service.definition, settings, scale=100.0)
        task_set.become(TaskSetStatus.PRIMARY, self.now())
        return task_set

    def create_task_set(
        self, request: dict[str, Any], started_by: str | None = CODE_DEPLOY
    ) -> TaskSet:
        """Add an ACTIVE task set; without a `scale` it stays empty, as on AWS.

        Shape: the botocore shape CreateTaskSetRequest; a member left out is not taken over from
        the service. A `clientToken` that was used before returns what it made.
        Raises: ClusterNotFound, ServiceNotFound, ServiceNotActive, ClientException for the task
        definition, InvalidParameter. Source: ECS API, CreateTaskSet.
        """
        service = self.service_with_task_sets(request["cluster"], request["service"])
        if service.status != "ACTIVE":
            raise ServiceNotActive
        token = request.get("clientToken")
        for task_set in service.live_task_sets if token else []:
            if task_set.client_token == token:
                return task_set
        definition = self.active_task_definition(request["taskDefinition"])
        cluster = self._get_cluster(request["cluster"])
        kind = requests.launch_type(request, cluster.default_capacity_provider_strategy)
        place = (self.account_id, self.region_name)
        requests.refuse_network(request, definition, kind, *place)
        requests.refuse_load_balancers(request, definition, *place, is_task_set=True)
        if len(service.task_sets) >= MOST_TASK_SETS:
            raise InvalidParameter(
                f"{MOST_TASK_SETS} deployments exist on the service. Unable to create new TaskSet "
                "since this exceeds the maximum limit."
            )
        scale = _percent(request.get("scale") or {})
        settings = {key: value for key, value in request.items() if key in CARRIED}
        task_set = self._new_task_set(service, definition, {**settings, "launchType": kind}, scale)
        task_set.started_by = started_by
        task_set.external_id = request.get("externalId")
        task_set.client_token = token
        task_set.tags = list(request.get("tags") or [])
        self.hint("service", service.arn)
        return task_set

    def _new_task_set(
        self, service: Service, definition: TaskDefinition, settings: dict[str, Any], scale: float
    ) -> TaskSet:
        task_set_id = new_deployment_id()
        now = self.now()
        task_set = TaskSet(
            id=task_set_id,
            arn=self._arn(f"task-set/{service.cluster_name}/{service.name}/{task_set_id}"),
            service_arn=service.arn,
            service_name=service.name,
            cluster_arn=service.cluster_arn,
            definition=definition,
            settings=settings,
            created_at=now,
            updated_at=now,
            stability_status_at=now,
            scale=scale,
        )
        service.task_sets.append(task_set)
        service.resize_task_sets(now)
        return task_set

    def existing_task_set(self, service: Service, id_or_arn: str) -> TaskSet:
        found = service.find_task_set(id_or_arn)
        if found is None:
            raise TaskSetNotFound
        return found

    def describe_task_sets(
        self, cluster: str, service: str, task_sets: list[str]
    ) -> tuple[list[TaskSet], list[dict[str, str]]]:
        """Return the named task sets, and a failure for each that is missing.

        Source: ECS API, DescribeTaskSets; AWS refuses an empty list (aws/aws-cli #5380).
        """
        owner = self.service_with_task_sets(cluster, service)
        if not task_sets:
            raise InvalidParameter("Task Sets cannot be empty.")
        found, failures = [], []
        for name in task_sets:
            task_set = owner.find_task_set(name)
            if task_set is not None:
                found.append(task_set)
                continue
            arn = name if name.startswith("arn:") else self._task_set_arn(owner, name)
            failures.append({"arn": arn, "reason": "MISSING"})
        return found, failures

    def _task_set_arn(self, service: Service, task_set_id: str) -> str:
        short = task_set_id.removeprefix("ecs-svc/")
        return self._arn(f"task-set/{service.cluster_name}/{service.name}/ecs-svc/{short}")

    def update_task_set(
        self, cluster: str, service: str, task_set: str, scale: dict[str, Any]
    ) -> TaskSet:
        """Scale a task set to a percentage of its service's desired count."""
        owner, found = self._changeable(cluster, service, task_set)
        found.scale = _percent(scale)
        found.updated_at = self.now()
        owner.resize_task_sets(self.now())
        self.hint("service", owner.arn)
        return found

    def update_service_primary_task_set(
        self, cluster: str, service: str, primary_task_set: str
    ) -> TaskSet:
        """Make a task set the PRIMARY one; the earlier one becomes ACTIVE."""
        owner, found = self._changeable(cluster, service, primary_task_set)
        owner.prefer(found, self.now())
        self.hint("service", owner.arn)
        return found

    def _changeable(self, cluster: str, service: str, task_set: str) -> tuple[Service, TaskSet]:
        owner = self.service_with_task_sets(cluster, service)
        if owner.status != "ACTIVE":
            raise ServiceNotActive
        found = self.existing_task_set(owner, task_set)
        if found.is_draining:
            raise InvalidParameter("The specified task set is draining.")
        return owner, found

    def delete_task_set(
        self, cluster: str, service: str, task_set: str, force: bool = False
    ) -> TaskSet:
        """Drain a task set; the task runner takes it away when its last task has ended.

        Source: ECS API, DeleteTaskSet, force; the message about the primary one is AWS's.
        """
        owner = self.service_with_task_sets(cluster, service)
        found = self.existing_task_set(owner, task_set)
        if found.status is TaskSetStatus.PRIMARY and not force:
            raise InvalidParameter("Primary TaskSet cannot be deleted")
        if found.computed_desired_count > 0 and not force:
            raise InvalidParameter("The task set cannot be deleted while it is scaled above 0.")
        owner.drain([found], self.now())
        self.hint("service", owner.arn)
        return found


def _percent(scale: dict[str, Any]) -> float:
    """Read a Scale. Source: ECS API, Scale: numbers between 0 and 100, unit PERCENT."""
    value, unit = float(scale.get("value") or 0), scale.get("unit") or "PERCENT"
    if unit != "PERCENT":
        raise InvalidParameter(f"Scale unit must be PERCENT; got {unit}.")
    if not 0 <= value <= 100:
        raise InvalidParameter(f"Scale value must be between 0 and 100; got {value:g}.")
    return value
