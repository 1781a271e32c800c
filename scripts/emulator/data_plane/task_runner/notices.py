"""What ECS tells EventBridge."""

from datetime import datetime
from typing import Any

from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.tasks import Task
from emulator.runtime import Runtime


def task_changed(runtime: Runtime, task: Task, account: str, region: str) -> None:
    """Publish `ECS Task State Change`. Source: ECS developer guide, task state change events."""
    detail = _plain(task.describe([]))
    _publish(runtime, account, region, "ECS Task State Change", [task.arn], detail)


def deployment_changed(
    runtime: Runtime, service: Service, place: tuple[str, str], detail: dict[str, Any]
) -> None:
    """Publish `ECS Deployment State Change`. Source: ECS developer guide, deployment events."""
    account, region = place
    _publish(runtime, account, region, "ECS Deployment State Change", [service.arn], _plain(detail))


def _publish(
    runtime: Runtime,
    account: str,
    region: str,
    detail_type: str,
    resources: list[str],
    detail: dict[str, Any],
) -> None:
    from emulator.control_plane.events.delivery import publish_event

    publish_event(runtime, account, region, "aws.ecs", detail_type, resources, detail)


def _plain(value: Any) -> Any:
    """Return what JSON can hold: times become ISO 8601."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
