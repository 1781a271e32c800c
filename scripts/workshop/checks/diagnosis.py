"""Why a build or a deployment failed, in the lines that a person would look for."""

from datetime import UTC, datetime
from typing import Any

from workshop.aws import ClientError, error_code
from workshop.checks.view import View

_BAD_PHASES = {"FAILED", "FAULT", "TIMED_OUT", "STOPPED", "CLIENT_ERROR"}
_TROUBLE = ("failed", "unhealthy", "unable", "rolling back")
_EVENTS_SHOWN = 3
_SCALED_IN = "Scaling activity"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def why_build_failed(view: View, build: dict[str, Any], log_lines: int = 12) -> tuple[str, ...]:
    """Return the failed phase, its message (which names the command) and the last log lines."""
    details = [f"build {build['id']}: {build['buildStatus']}"]
    for phase in build.get("phases", []):
        if phase.get("phaseStatus") not in _BAD_PHASES:
            continue
        messages = [one.get("message", "") for one in phase.get("contexts", [])]
        said = "; ".join(message for message in messages if message)
        details.append(f"phase {phase['phaseType']}: {said or phase['phaseStatus']}")
    logs = build.get("logs", {})
    if logs.get("groupName") and logs.get("streamName"):
        details += _log_tail(view, logs["groupName"], logs["streamName"], log_lines)
    return tuple(details)


def why_tasks_stop(
    view: View, key: str, since: datetime = _EVER, log_lines: int = 8
) -> tuple[str, ...]:
    """Return why the last task stopped, what it printed last, and the events that tell of it.

    Tasks and events from before `since` belong to another story.
    Events of the daily round (started, registered, steady) are left out: after a roll-back they
    are the newest, and say that all is well.
    """
    service = view.service(key)
    record = view.service_record(key)
    details: list[str] = []
    task = _last_stopped_task(view, service.cluster, service.name, since)
    if task is not None:
        details = [*_how_it_stopped(task), *_task_log(view, task, log_lines)]
    events = (record or {}).get("events", [])
    messages = [event["message"] for event in events if event["createdAt"] >= since]
    telling = [one for one in messages if any(word in one for word in _TROUBLE)]
    return (*details, *(f"event: {message}" for message in telling[:_EVENTS_SHOWN]))


def _how_it_stopped(task: dict[str, Any]) -> list[str]:
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    details = [f"task {task_id} stopped: {task.get('stoppedReason', 'no reason given')}"]
    for container in task.get("containers", []):
        if "exitCode" in container or container.get("reason"):
            why = container.get("reason") or f"exit code {container['exitCode']}"
            details.append(f"container {container['name']}: {why}")
    return details


def _last_stopped_task(
    view: View, cluster: str, service: str, since: datetime
) -> dict[str, Any] | None:
    """Return the task that stopped last, rather one in trouble than one that was not needed."""
    ecs = view.aws.client("ecs")
    arns = ecs.list_tasks(cluster=cluster, serviceName=service, desiredStatus="STOPPED")["taskArns"]
    if not arns:
        return None
    tasks = [
        task
        for task in ecs.describe_tasks(cluster=cluster, tasks=arns[:100])["tasks"]
        if "stoppedAt" in task and task["createdAt"] >= since
    ]
    in_trouble = [task for task in tasks if _SCALED_IN not in task.get("stoppedReason", "")]
    return max(in_trouble or tasks, key=lambda task: task["stoppedAt"], default=None)


def _task_log(view: View, task: dict[str, Any], lines: int) -> list[str]:
    definition = view.aws.client("ecs").describe_task_definition(
        taskDefinition=task["taskDefinitionArn"]
    )["taskDefinition"]
    tail: list[str] = []
    for container in definition["containerDefinitions"]:
        options = container.get("logConfiguration", {}).get("options", {})
        if {"awslogs-group", "awslogs-stream-prefix"} <= options.keys():
            stream = "/".join(
                (
                    options["awslogs-stream-prefix"],
                    container["name"],
                    task["taskArn"].rsplit("/", 1)[-1],
                )
            )
            tail += _log_tail(view, options["awslogs-group"], stream, lines)
    return tail


def _log_tail(view: View, group: str, stream: str, lines: int) -> list[str]:
    try:
        events = view.aws.client("logs").get_log_events(
            logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False
        )["events"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return []
    return [f"log: {event['message'].rstrip()}" for event in events[-lines:]]
