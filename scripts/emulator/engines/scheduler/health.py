"""When a task counts as healthy, and when as unhealthy."""

from emulator.engines.scheduler.state import Policy, Target, Task


def is_live(task: Task) -> bool:
    """Tell whether a task counts against the maximum: pending or running, and not told to stop."""
    return not (task.is_stopping or task.is_stopped)


def is_checked(task: Task) -> bool:
    return task.expects_targets or task.container_health is not None


def is_healthy(task: Task, policy: Policy) -> bool:
    """Tell whether a task counts towards the minimum.

    Source: ECS API, DeploymentConfiguration, minimumHealthyPercent.
    """
    if not is_live(task) or task.running_s is None:
        return False
    if not is_checked(task):
        return task.running_s >= policy.settle_s
    if task.container_health not in {None, "HEALTHY"}:
        return False
    if not task.expects_targets:
        return True
    return bool(task.targets) and all(is_serving(target) for target in task.targets)


def is_serving(target: Target) -> bool:
    """A group that no listener refers to is never checked, and ECS does not wait for it."""
    return target.state in {"healthy", "unused"}


def serves_still(task: Task, policy: Policy) -> bool:
    """Tell whether an old task is worth keeping while the new ones come up."""
    if not is_live(task) or task.running_s is None:
        return False
    return is_healthy(task, policy) or not is_checked(task)


def failing_target(task: Task) -> Target | None:
    return next((target for target in task.targets if target.state == "unhealthy"), None)


def is_failing(task: Task, policy: Policy) -> bool:
    """Tell whether a running task fails a health check, its grace being over.

    Source: ECS API, CreateService, healthCheckGracePeriodSeconds: load balancer and container
    health checks alike are ignored that long after a task has started.
    """
    if not is_live(task) or task.running_s is None or task.running_s < policy.grace_s:
        return False
    return task.container_health == "UNHEALTHY" or failing_target(task) is not None
