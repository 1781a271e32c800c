"""Tasks and their containers, as DescribeTasks shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulator import ids
from emulator.control_plane.ecs.task_definitions import TaskDefinition
from emulator.engines.scheduler import Failure
from emulator.engines.task import TaskStatus

_PENDING = {TaskStatus.PROVISIONING, TaskStatus.PENDING, TaskStatus.ACTIVATING}


@dataclass
class NetworkInterface:
    """What a task has in its subnet: the attachment that ECS shows."""

    attachment_id: str
    subnet_id: str
    interface_id: str
    mac_address: str
    private_ip: str
    status: str = "ATTACHED"

    def describe(self) -> dict[str, Any]:
        details = {
            "subnetId": self.subnet_id,
            "networkInterfaceId": self.interface_id,
            "macAddress": self.mac_address,
            "privateDnsName": f"ip-{self.private_ip.replace('.', '-')}.ec2.internal",
            "privateIPv4Address": self.private_ip,
        }
        return {
            "id": self.attachment_id,
            "type": "ElasticNetworkInterface",
            "status": self.status,
            "details": [{"name": name, "value": value} for name, value in details.items()],
        }


@dataclass
class Container:
    """One container of a task."""

    arn: str
    definition: dict[str, Any]
    last_status: str = "PENDING"
    image_digest: str | None = None
    runtime_id: str | None = None
    exit_code: int | None = None
    reason: str | None = None
    health_status: str = "UNKNOWN"

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def has_health_check(self) -> bool:
        check = self.definition.get("healthCheck") or {}
        return bool(check.get("command")) and check["command"] != ["NONE"]

    def describe(self, task: "Task") -> dict[str, Any]:
        interface = task.interface
        shown: dict[str, Any] = {
            "containerArn": self.arn,
            "taskArn": task.arn,
            "name": self.name,
            "image": self.definition["image"],
            "lastStatus": self.last_status,
            "networkBindings": [],
            "networkInterfaces": [],
            "healthStatus": self.health_status,
            "cpu": str(self.definition.get("cpu", 0)),
        }
        if interface is not None:
            shown["networkInterfaces"] = [
                {
                    "attachmentId": interface.attachment_id,
                    "privateIpv4Address": interface.private_ip,
                }
            ]
        optional = {
            "imageDigest": self.image_digest,
            "runtimeId": self.runtime_id,
            "exitCode": self.exit_code,
            "reason": self.reason,
        }
        for member in ("memory", "memoryReservation"):
            if self.definition.get(member) is not None:
                optional[member] = str(self.definition[member])
        shown.update({key: value for key, value in optional.items() if value is not None})
        return shown


@dataclass
class Task:
    """One task: what was asked for, how far it is, and what the scheduler remembers of it."""

    id: str
    arn: str
    cluster_arn: str
    task_definition: TaskDefinition
    group: str
    started_by: str
    launch_type: str
    platform_version: str
    network_configuration: dict[str, Any]
    created_at: datetime
    overrides: dict[str, Any] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    enable_execute_command: bool = False
    capacity_provider: str | None = None
    service_arn: str | None = None
    deployment_id: str | None = None
    load_balancers: list[dict[str, Any]] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    interface: NetworkInterface | None = None
    availability_zone: str = ""
    status: TaskStatus = TaskStatus.PROVISIONING
    desired_status: str = "RUNNING"
    version: int = 1
    stop_code: str | None = None
    stopped_reason: str | None = None
    failure: Failure | None = None
    times: dict[str, datetime] = field(default_factory=dict)

    @property
    def task_arn(self) -> str:
        """The name that moto's tagging API asks for."""
        return self.arn

    @property
    def is_pending(self) -> bool:
        return self.status in _PENDING

    @property
    def is_stopping(self) -> bool:
        return self.desired_status == "STOPPED"

    @property
    def is_stopped(self) -> bool:
        return self.status is TaskStatus.STOPPED

    def request_stop(
        self, code: str, reason: str, now: datetime, failure: Failure | None = None
    ) -> None:
        """Ask for the end of the task; the first reason stays."""
        if self.is_stopping:
            return
        self.desired_status = "STOPPED"
        self.stop_code = code
        self.stopped_reason = reason
        self.failure = failure
        self.times["stoppingAt"] = now
        self.version += 1

    @property
    def health_status(self) -> str:
        """Return the worst of the essential containers that have a health check.

        Source: ECS API, Task, healthStatus.
        """
        checked = [
            container.health_status
            for container in self.containers
            if container.has_health_check and container.definition["essential"]
        ]
        for status in ("UNHEALTHY", "UNKNOWN"):
            if status in checked:
                return status
        return "HEALTHY" if checked else "UNKNOWN"

    def container(self, name: str) -> Container | None:
        return next((c for c in self.containers if c.name == name), None)

    def describe(self, include: list[str]) -> dict[str, Any]:
        """Return the botocore shape Task; tags only when asked for."""
        definition = self.task_definition.request
        shown: dict[str, Any] = {
            "attachments": [self.interface.describe()] if self.interface else [],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "availabilityZone": self.availability_zone,
            "clusterArn": self.cluster_arn,
            "containers": [container.describe(self) for container in self.containers],
            "cpu": self.overrides.get("cpu") or definition.get("cpu") or "256",
            "createdAt": self.created_at,
            "desiredStatus": self.desired_status,
            "enableExecuteCommand": self.enable_execute_command,
            "group": self.group,
            "healthStatus": self.health_status,
            "inferenceAccelerators": [],
            "lastStatus": str(self.status),
            "launchType": self.launch_type,
            "memory": self.overrides.get("memory") or definition.get("memory") or "512",
            "overrides": {"containerOverrides": [], **self.overrides},
            "platformVersion": self.platform_version,
            "platformFamily": "Linux",
            "startedBy": self.started_by,
            "tags": self.tags if "TAGS" in include else [],
            "taskArn": self.arn,
            "taskDefinitionArn": self.task_definition.arn,
            "version": self.version,
            "ephemeralStorage": definition.get("ephemeralStorage") or {"sizeInGiB": 20},
        }
        optional = {
            "capacityProviderName": self.capacity_provider,
            "stopCode": self.stop_code,
            "stoppedReason": self.stopped_reason,
        }
        shown.update({key: value for key, value in optional.items() if value is not None})
        shown.update(self.times)
        if not self.started_by:
            del shown["startedBy"]
        return shown


def count_running(tasks: Iterable[Task]) -> int:
    return sum(1 for task in tasks if task.status is TaskStatus.RUNNING)


def count_pending(tasks: Iterable[Task]) -> int:
    return sum(1 for task in tasks if task.is_pending)


def containers_of(
    definition: TaskDefinition, task_id: str, cluster_name: str, overrides: dict[str, Any]
) -> list[Container]:
    """Return a task's containers, none of them started yet, overrides applied."""
    prefix = definition.arn.split(":task-definition/")[0]
    changes = {
        override.get("name"): override for override in overrides.get("containerOverrides") or []
    }
    return [
        Container(
            arn=f"{prefix}:container/{cluster_name}/{task_id}/{ids.new_uuid()}",
            definition=_overridden(container, changes.get(container["name"]) or {}),
        )
        for container in definition.container_definitions
    ]


def _overridden(definition: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """Source: ECS API, ContainerOverride: environment is added to, the rest replaced."""
    changed = dict(definition)
    for member in ("command", "cpu", "memory", "memoryReservation"):
        if override.get(member) is not None:
            changed[member] = override[member]
    if override.get("environment"):
        merged = {entry["name"]: entry for entry in changed.get("environment") or []}
        merged.update({entry["name"]: entry for entry in override["environment"]})
        changed["environment"] = list(merged.values())
    return changed
