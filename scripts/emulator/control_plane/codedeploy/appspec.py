"""The AppSpec file of an ECS deployment.

Source: "AppSpec File structure" and "AppSpec 'resources' section (Amazon ECS)" in the CodeDeploy
user guide. Keys are read whatever their capitals, as AWS's own deploy action writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from emulator.control_plane.base import NotEmulated

Json = dict[str, Any]

_WRONG = (
    "The deployment failed because the AppSpec file that specifies the deployment configuration "
    "is missing or has an invalid configuration."
)
_MALFORMED = "The input AppSpec file is a not well-formed yaml. The template cannot be parsed."
_PROPERTIES = {
    "taskdefinition",
    "loadbalancerinfo",
    "platformversion",
    "networkconfiguration",
    "capacityproviderstrategy",
}


class AppSpecInvalid(Exception):
    """The deployment fails with INVALID_REVISION and this message."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"{_WRONG} {detail}")


@dataclass(frozen=True)
class AppSpec:
    """What an AppSpec says of a task set; the last three as ECS spells them, None if not there."""

    task_definition: str
    container_name: str
    container_port: int
    platform_version: str | None = None
    network_configuration: Json | None = None
    capacity_provider_strategy: tuple[Json, ...] | None = None


def parse(content: str) -> AppSpec:
    """Read YAML or JSON. Raises: AppSpecInvalid; NotEmulated for hooks."""
    try:
        return _parsed(content)
    except RecursionError as error:  # a thousand brackets, or an alias of what it is part of
        raise AppSpecInvalid(_MALFORMED) from error


def _parsed(content: str) -> AppSpec:
    document = _mapping(_load(content), "The AppSpec file")
    version = _member(document, "version")
    if str(version) != "0.0":
        raise AppSpecInvalid(f"The version of the AppSpec file must be 0.0; got `{version}`.")
    if _member(document, "Hooks"):
        raise NotEmulated("Lifecycle hooks (Hooks in the AppSpec file) are not emulated.")
    return _target_service(document)


def _load(content: str) -> Any:
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, AttributeError) as error:
        # the others come of a date such as 2001-99-99, and of `!!timestamp x`
        raise AppSpecInvalid(_MALFORMED) from error


def _target_service(document: Json) -> AppSpec:
    resources = _member(document, "Resources")
    if not isinstance(resources, list) or len(resources) != 1:
        raise AppSpecInvalid("Resources must be a list of exactly one TargetService.")
    service = _required(_mapping(resources[0], "The resource"), "TargetService", dict)
    kind = _member(service, "Type")
    if kind != "AWS::ECS::Service":
        raise AppSpecInvalid(f"The Type of TargetService must be AWS::ECS::Service; got `{kind}`.")
    return _properties(_required(service, "Properties", dict))


def _properties(properties: Json) -> AppSpec:
    unknown = [name for name in properties if str(name).lower() not in _PROPERTIES]
    if unknown:
        raise AppSpecInvalid(f"Properties has no member `{unknown[0]}`.")
    balancer = _required(properties, "LoadBalancerInfo", dict)
    strategy = _optional(properties, "CapacityProviderStrategy", list)
    platform_version = _member(properties, "PlatformVersion")
    return AppSpec(
        task_definition=_required(properties, "TaskDefinition", str),
        container_name=_required(balancer, "ContainerName", str),
        container_port=_required(balancer, "ContainerPort", int),
        platform_version=str(platform_version) if platform_version is not None else None,
        network_configuration=_as_ecs(_optional(properties, "NetworkConfiguration", dict)),
        capacity_provider_strategy=tuple(_as_ecs(strategy)) if strategy else None,
    )


def _as_ecs(value: Any) -> Any:
    """Return the same with every key's first letter small, as ECS's API has it."""
    if isinstance(value, dict):
        return {str(k)[:1].lower() + str(k)[1:]: _as_ecs(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_as_ecs(each) for each in value]
    return value


def _member(mapping: Mapping[Any, Any], name: str) -> Any:
    return next((v for k, v in mapping.items() if str(k).lower() == name.lower()), None)


def _mapping(value: Any, what: str) -> Json:
    if not isinstance(value, dict):
        raise AppSpecInvalid(f"{what} must be a mapping. {_MALFORMED}")
    return value


def _optional(mapping: Json, name: str, kind: type) -> Any:
    value = _member(mapping, name)
    return _required(mapping, name, kind) if value is not None else None


def _required(mapping: Json, name: str, kind: type) -> Any:
    value = _member(mapping, name)
    if kind is int and isinstance(value, str) and value.isdecimal():
        return int(value)
    if not isinstance(value, kind) or isinstance(value, bool) or value in ("", {}, []):
        found = "nothing" if value is None else f"`{value}`"
        raise AppSpecInvalid(f"{name} must be {_WORDS[kind]}; got {found}.")
    return value


_WORDS: dict[type, str] = {str: "a text", int: "a number", dict: "a mapping", list: "a list"}
