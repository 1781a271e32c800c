"""Service events, reasons and stop reasons, in AWS's words.

Source: ECS developer guide, "Viewing Amazon ECS service event messages", "ECS events"
(deployment state change), "Stopped tasks error codes"; messages seen in public logs.
Where a message is of one task set, `service` is what `of_task_set` returns.
"""

from collections.abc import Sequence


def of_task_set(service: str, task_set_id: str) -> str:
    return f"{service}, taskSet {task_set_id}"


def started(service: str, task_ids: Sequence[str]) -> str:
    return f"(service {service}) has started {len(task_ids)} tasks: {_tasks(task_ids)}."


def stopped(service: str, task_ids: Sequence[str]) -> str:
    return f"(service {service}) has stopped {len(task_ids)} running tasks: {_tasks(task_ids)}."


def registered(service: str, target_group_arn: str, count: int) -> str:
    return f"(service {service}) registered {count} targets in (target-group {target_group_arn})"


def deregistered(service: str, target_group_arn: str, count: int) -> str:
    return f"(service {service}) deregistered {count} targets in (target-group {target_group_arn})"


def draining(service: str, deployment_id: str, count: int) -> str:
    subject = of_task_set(service, deployment_id)
    return f"(service {subject}) has begun draining connections on {count} tasks."


def unhealthy(
    service: str, task_id: str, port: int, target_group_arn: str, description: str
) -> str:
    reason = description or "Health checks failed"
    return (
        f"(service {service}) (task {task_id}) (port {port}) is unhealthy in "
        f"(target-group {target_group_arn}) due to (reason {reason})"
    )


def failed_container_health(service: str, task_id: str) -> str:
    return f"(service {service}) (task {task_id}) failed container health checks."


def steady(service: str) -> str:
    return f"(service {service}) has reached a steady state."


def steady_state(task_set: str) -> str:
    return f"(service {task_set}) updated state to STEADY_STATE."


def computed_count(service: str, task_set_id: str, count: int) -> str:
    return f"(service {service}) updated computedDesiredCount for taskSet {task_set_id} to {count}."


def completed(service: str, deployment_id: str) -> str:
    return f"(service {service}) (deployment {deployment_id}) deployment completed."


def failed(service: str, deployment_id: str) -> str:
    return (
        f"(service {service}) (deployment {deployment_id}) deployment failed: "
        "tasks failed to start."
    )


def no_candidate(service: str, deployment_id: str) -> str:
    return (
        f"(service {service}) (deployment {deployment_id}) deployment failed: "
        "no rollback candidate was found."
    )


def rolling_back(service: str, deployment_id: str) -> str:
    return f"(service {service}) rolling back to deployment {deployment_id}."


def cannot_place(service: str, reason: str) -> str:
    return f"(service {service}) was unable to place a task. Reason: {reason}."


def inconsistent(service: str) -> str:
    return (
        f"(service {service}) is unable to consistently start tasks successfully. "
        "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
    )


def stuck(service: str) -> str:
    return (
        f"(service {service}) was unable to stop or start tasks during a deployment because of "
        "the service deployment configuration. Update the minimumHealthyPercent or "
        "maximumPercent value and try again."
    )


def reason_in_progress(deployment_id: str) -> str:
    return f"ECS deployment {deployment_id} in progress."


def reason_completed(deployment_id: str) -> str:
    return f"ECS deployment {deployment_id} completed."


REASON_FAILED = "ECS deployment circuit breaker: tasks failed to start."


def reason_rolling_back(deployment_id: str) -> str:
    return f"ECS deployment circuit breaker: rolling back to deploymentId {deployment_id}."


def stop_scaling(deployment_id: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment_id})"


def stop_elb(target_group_arn: str) -> str:
    return f"Task failed ELB health checks in (target-group {target_group_arn})"


STOP_CONTAINER_HEALTH = "Task failed container health checks"
STOP_ESSENTIAL_EXITED = "Essential container in task exited"


def _tasks(task_ids: Sequence[str]) -> str:
    return " ".join(f"(task {task_id})" for task_id in task_ids)
