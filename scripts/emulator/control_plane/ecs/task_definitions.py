"""Task definitions: every container, with the defaults that AWS fills in, and its refusals."""

from datetime import datetime
from typing import Any

from emulator.control_plane.ecs.exceptions import ClientError

_DEFAULTS: dict[str, Any] = {
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}

_HEALTH_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}

_KEPT = (
    "taskRoleArn",
    "executionRoleArn",
    "runtimePlatform",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "inferenceAccelerators",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "ephemeralStorage",
    "enableFaultInjection",
)


def _gigabytes(first: int, last: int, step: int = 1) -> set[int]:
    return {size * 1024 for size in range(first, last + 1, step)}


FARGATE_MEMORY_MIB = {
    256: {512, 1024, 2048},
    512: _gigabytes(1, 4),
    1024: _gigabytes(2, 8),
    2048: _gigabytes(4, 16),
    4096: _gigabytes(8, 30),
    8192: _gigabytes(16, 60, 4),
    16384: _gigabytes(32, 120, 8),
}
"""CPU units to the memory that Fargate allows. Source: ECS API, RegisterTaskDefinition, memory."""


class TaskDefinition:
    """One revision; `tags` and `arn` are what moto's tagging API reads."""

    def __init__(
        self, arn: str, revision: int, request: dict[str, Any], registered_by: str, now: datetime
    ) -> None:
        self.arn = arn
        self.family: str = request["family"]
        self.revision = revision
        self.status = "ACTIVE"
        self.tags: list[dict[str, str]] = list(request.get("tags") or [])
        self.registered_at = now
        self.deregistered_at: datetime | None = None
        self.registered_by = registered_by
        self.request = request
        self.compatibilities = _compatibilities(request)
        self.network_mode = request.get("networkMode") or (
            "awsvpc" if "FARGATE" in (request.get("requiresCompatibilities") or []) else "bridge"
        )
        self.container_definitions = [
            _with_defaults(definition, self.network_mode)
            for definition in request["containerDefinitions"]
        ]

    @property
    def short_name(self) -> str:
        return f"{self.family}:{self.revision}"

    def describe(self) -> dict[str, Any]:
        """Return the botocore shape TaskDefinition."""
        shown = {
            "taskDefinitionArn": self.arn,
            "containerDefinitions": self.container_definitions,
            "family": self.family,
            "networkMode": self.network_mode,
            "revision": self.revision,
            "volumes": self.request.get("volumes") or [],
            "status": self.status,
            "placementConstraints": self.request.get("placementConstraints") or [],
            "compatibilities": self.compatibilities,
            "registeredAt": self.registered_at,
            "registeredBy": self.registered_by,
        }
        for member in _KEPT:
            if self.request.get(member) is not None:
                shown[member] = self.request[member]
        if self.deregistered_at is not None:
            shown["deregisteredAt"] = self.deregistered_at
        return shown


def _compatibilities(request: dict[str, Any]) -> list[str]:
    """List what may run it. Source: ECS API, TaskDefinition, compatibilities."""
    if request.get("networkMode") == "awsvpc" and request.get("cpu") and request.get("memory"):
        return ["EC2", "FARGATE"]
    return ["EC2"]


def _with_defaults(definition: dict[str, Any], network_mode: str) -> dict[str, Any]:
    full = {**_DEFAULTS, **definition}
    full["portMappings"] = [
        _port_mapping(mapping, network_mode) for mapping in full["portMappings"]
    ]
    if full.get("healthCheck"):
        full["healthCheck"] = {**_HEALTH_DEFAULTS, **full["healthCheck"]}
    return full


def _port_mapping(mapping: dict[str, Any], network_mode: str) -> dict[str, Any]:
    default = mapping.get("containerPort", 0) if network_mode in {"awsvpc", "host"} else 0
    return {
        **mapping,
        "hostPort": mapping.get("hostPort") or default,
        "protocol": mapping.get("protocol") or "tcp",
    }


def refuse_unless_valid(request: dict[str, Any]) -> None:
    """Raise AWS's ClientException for a task definition that RegisterTaskDefinition refuses."""
    containers = request["containerDefinitions"]
    if not containers:
        raise ClientError("Container list cannot be empty.")
    for definition in containers:
        _refuse_container(definition, request)
    names = [definition["name"] for definition in containers]
    for name in names:
        if names.count(name) > 1:
            raise ClientError(f"Container names must be unique. Duplicate name: {name}")
    if not any(definition.get("essential", True) for definition in containers):
        raise ClientError("At least one container in the task definition must be essential.")
    _refuse_unknown_dependencies(containers, names)
    if "FARGATE" in (request.get("requiresCompatibilities") or []):
        _refuse_fargate(request)


def _refuse_container(definition: dict[str, Any], request: dict[str, Any]) -> None:
    for member in ("name", "image"):
        if not definition.get(member):
            raise ClientError(f"Container.{member} should not be null or empty.")
    sizes = (definition.get("memory"), definition.get("memoryReservation"), request.get("memory"))
    if not any(sizes):
        raise ClientError(
            f"Invalid setting for container '{definition['name']}'. "
            "At least one of 'memory' or 'memoryReservation' must be specified."
        )
    if request.get("networkMode") != "awsvpc":
        return
    for mapping in definition.get("portMappings") or []:
        if mapping.get("hostPort") not in {None, 0, mapping.get("containerPort")}:
            raise ClientError(
                "When networkMode=awsvpc, the host ports and container ports in port mappings "
                "must match."
            )


def _refuse_unknown_dependencies(containers: list[dict[str, Any]], names: list[str]) -> None:
    for definition in containers:
        for dependency in definition.get("dependsOn") or []:
            if dependency["containerName"] not in names:
                raise ClientError(
                    f"Container '{definition['name']}' depends on an undefined container "
                    f"'{dependency['containerName']}'."
                )


def _refuse_fargate(request: dict[str, Any]) -> None:
    if request.get("networkMode") != "awsvpc":
        raise ClientError("Fargate only supports network mode 'awsvpc'.")
    for member in ("cpu", "memory"):
        if not request.get(member):
            raise ClientError(f"Fargate requires that '{member}' be defined at the task level.")
    cpu, memory = _size(request["cpu"], 1024), _size(request["memory"], 1024)
    if memory not in FARGATE_MEMORY_MIB.get(cpu, set()):
        raise ClientError(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
            "See the Amazon ECS documentation for the valid values."
        )
    uses_awslogs = any(
        (definition.get("logConfiguration") or {}).get("logDriver") == "awslogs"
        for definition in request["containerDefinitions"]
    )
    if uses_awslogs and not request.get("executionRoleArn"):
        raise ClientError(
            "Fargate requires task definition to have execution role ARN to support log driver "
            "awslogs."
        )


def _size(value: str, unit: int) -> int:
    """Read `512`, `.5 vCPU` or `1 GB` as units or MiB; 0 where it is none of these."""
    text = value.lower().replace(" ", "")
    for suffix in ("vcpu", "gb"):
        if text.endswith(suffix):
            return _number(text.removesuffix(suffix), unit)
    return _number(text, 1)


def _number(text: str, unit: int) -> int:
    try:
        return int(float(text) * unit)
    except ValueError:
        return 0
