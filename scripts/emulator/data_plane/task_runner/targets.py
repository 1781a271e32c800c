"""Registration of tasks at their target groups, in-process; hold the runtime's lock."""

from typing import Any

from moto.core.exceptions import ServiceException

from emulator.control_plane import registration
from emulator.control_plane.ecs.tasks import Task
from emulator.engines.scheduler import Target

GONE = "unused"


def groups_of(task: Task) -> list[tuple[str, int]]:
    """List the target groups of a task with the container port that each gets."""
    if task.interface is None:
        return []
    return [(entry["targetGroupArn"], entry["containerPort"]) for entry in task.load_balancers]


def register(task: Task, account: str, region: str) -> list[str]:
    """Register a task everywhere; return the target groups that took it."""
    elbv2 = registration.backend("elbv2", account, region)
    taken = []
    for arn, port in groups_of(task):
        try:
            elbv2.register_targets(arn, [_target(task, port)])
        except ServiceException:
            continue  # the group was deleted: the task runs without it
        taken.append(arn)
    return taken


def deregister(task: Task, account: str, region: str) -> list[str]:
    """Take a task out everywhere; return the target groups that it was in."""
    elbv2 = registration.backend("elbv2", account, region)
    left = []
    for arn, port in groups_of(task):
        try:
            elbv2.deregister_targets(arn, [_target(task, port)])
        except ServiceException:
            continue
        left.append(arn)
    return left


def states(task: Task, account: str, region: str) -> tuple[Target, ...]:
    """Return what each target group says of a task."""
    elbv2 = registration.backend("elbv2", account, region)
    return tuple(_state(elbv2, task, arn, port) for arn, port in groups_of(task))


def _state(elbv2: Any, task: Task, arn: str, port: int) -> Target:
    if arn not in elbv2.target_groups or task.interface is None:
        return Target(arn, port, GONE)
    health = elbv2.target_health(arn, task.interface.private_ip, port)
    return Target(arn, port, str(health.state), health.description or "")


def is_drained(task: Task, account: str, region: str) -> bool:
    """Tell whether no target group sends a task anything any more."""
    return all(target.state == GONE for target in states(task, account, region))


def _target(task: Task, port: int) -> dict[str, Any]:
    ip = task.interface.private_ip if task.interface else ""
    return {"Id": ip, "Port": port}
