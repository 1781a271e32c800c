"""The task metadata endpoint, version 4.

Source: ECS developer guide, "Amazon ECS task metadata endpoint version 4 for tasks on Fargate".
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.control_plane import registration
from emulator.control_plane.ecs.tasks import Container, Task
from emulator.data_plane.task_runner.lifecycle import METADATA_PREFIX
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def metadata_app(runtime: Runtime) -> "WSGIApplication":
    """Return the application for `/_ecs/v4/<task id>-<n>` and what AWS has below it."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with runtime.lock:
            answer = _answer(environ.get("PATH_INFO", ""))
        status = "200 OK" if answer is not None else "404 Not Found"
        body = json.dumps(answer if answer is not None else {"error": "no such container"})
        payload = body.encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
        start_response(status, headers)
        return [payload]

    return app


def _answer(path: str) -> dict[str, Any] | None:
    parts = path.removeprefix(f"{METADATA_PREFIX}/v4/").rstrip("/").split("/")
    task_id, _, number = parts[0].partition("-")
    if not number.isdigit():
        return None
    for backend in registration.backends("ecs"):
        task = next((task for task in backend.all_tasks if task.id == task_id), None)
        if task is not None:
            return _about(task, int(number), parts[1:])
    return None


def _about(task: Task, number: int, rest: list[str]) -> dict[str, Any] | None:
    if number >= len(task.containers):
        return None
    if not rest:
        return _container(task, task.containers[number])
    if rest == ["task"]:
        return _task(task)
    if rest == ["taskWithTags"]:
        tags = {tag["key"]: tag["value"] for tag in task.tags}
        return {**_task(task), "TaskTags": tags}
    return None


def _task(task: Task) -> dict[str, Any]:
    definition = task.task_definition.request
    shown: dict[str, Any] = {
        "Cluster": task.cluster_arn,
        "TaskARN": task.arn,
        "Family": task.task_definition.family,
        "Revision": str(task.task_definition.revision),
        "DesiredStatus": task.desired_status,
        "KnownStatus": str(task.status),
        "Limits": {
            "CPU": float(definition.get("cpu") or 256) / 1024,
            "Memory": int(definition.get("memory") or 512),
        },
        "PullStartedAt": _time(task.times.get("pullStartedAt")),
        "PullStoppedAt": _time(task.times.get("pullStoppedAt")),
        "AvailabilityZone": task.availability_zone,
        "LaunchType": task.launch_type,
        "Containers": [_container(task, container) for container in task.containers],
    }
    if task.group.startswith("service:"):
        shown["ServiceName"] = task.group.removeprefix("service:")
    return {key: value for key, value in shown.items() if value is not None}


def _container(task: Task, container: Container) -> dict[str, Any]:
    definition = task.task_definition
    shown: dict[str, Any] = {
        "DockerId": container.runtime_id or f"{task.id}-0",
        "Name": container.name,
        "DockerName": container.name,
        "Image": container.definition["image"],
        "ImageID": container.image_digest,
        "Labels": {
            "com.amazonaws.ecs.cluster": task.cluster_arn,
            "com.amazonaws.ecs.container-name": container.name,
            "com.amazonaws.ecs.task-arn": task.arn,
            "com.amazonaws.ecs.task-definition-family": definition.family,
            "com.amazonaws.ecs.task-definition-version": str(definition.revision),
        },
        "DesiredStatus": task.desired_status,
        "KnownStatus": container.last_status,
        "Limits": {"CPU": container.definition.get("cpu", 0)},
        "CreatedAt": _time(task.times.get("pullStoppedAt")),
        "StartedAt": _time(task.times.get("startedAt")),
        "Type": "NORMAL",
        "ContainerARN": container.arn,
        "ExitCode": container.exit_code,
        "Networks": [_network(task)] if task.interface else [],
    }
    return {key: value for key, value in shown.items() if value is not None}


def _network(task: Task) -> dict[str, Any]:
    interface = task.interface
    if interface is None:
        return {}
    return {
        "NetworkMode": "awsvpc",
        "IPv4Addresses": [interface.private_ip],
        "AttachmentIndex": 0,
        "MACAddress": interface.mac_address,
        "PrivateDNSName": f"ip-{interface.private_ip.replace('.', '-')}.ec2.internal",
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None
