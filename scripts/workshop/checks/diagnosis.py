"""Why a build or a deployment failed, in the lines that a person would look for."""

from datetime import UTC, datetime
from typing import Any

from workshop.aws import ClientError, error_code
from workshop.checks.view import View

_BAD_PHASES = {"FAILED", "FAULT", "TIMED_OUT", "STOPPED", "CLIENT_ERROR"}
_TROUBLE = ("failed", "unhealthy", "unable", "rolling back")
_EVENTS_SHOWN = 3
_AGENT = "[Container]"
_LOG_LINES_READ = 500
_SCALED_IN = "Scaling activity"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def why_build_failed(view: View, build: dict[str, Any], log_lines: int = 12) -> tuple[str, ...]:
    """Return the phase that failed, its message (which names the command), and what that printed.

    Later phases that failed as well, such as the upload of artifacts that nobody made, only follow.
    """
    details = [f"build {build['id']}: {build['buildStatus']}"]
    bad = [one for one in build.get("phases", []) if one.get("phaseStatus") in _BAD_PHASES]
    for phase in bad[:1]:
        messages = [one.get("message", "") for one in phase.get("contexts", [])]
        said = "; ".join(message for message in messages if message)
        details.append(f"phase {phase['phaseType']}: {said or phase['phaseStatus']}")
    logs = build.get("logs", {})
    if logs.get("groupName") and logs.get("streamName"):
        log = _log_tail(view, logs["groupName"], logs["streamName"], _LOG_LINES_READ)
        details += _log_lines(_printed_by_what_failed(log)[-log_lines:])
    return tuple(details)


def _printed_by_what_failed(log: list[str]) -> list[str]:
    """Return what the command printed that was the last before the first failure of a phase.

    CodeBuild's own lines begin with `[Container]`; they name each command and each phase's end.
    """
    ends = [index for index, line in enumerate(log) if _is_agents(line, "State: FAILED")]
    log = log[: ends[0]] if ends else log
    starts = [index for index, line in enumerate(log) if _is_agents(line, "Running command")]
    log = log[starts[-1] :] if starts else log
    return [line for line in log if line and not line.startswith(_AGENT)]


def _is_agents(line: str, words: str) -> bool:
    return line.startswith(_AGENT) and words in line


def why_tasks_stop(
    view: View, key: str, since: datetime = _EVER, log_lines: int = 8
) -> tuple[str, ...]:
    """Return why the last task stopped, what it printed last, and the events that tell of it.

    Tasks and events from before `since` belong to another story.
    Events of the daily round (started, registered, steady) are left out: after a roll-back they
    are the newest, and say that all is well.
    """
    service = view.service(key)
    details: list[str] = []
    task = _last_stopped_task(view, service.cluster, service.name, since)
    if task is not None:
        details = [*_how_it_stopped(task), *_task_log(view, task, log_lines)]
    telling = events_of_trouble(view, key, since)[:_EVENTS_SHOWN]
    return (*details, *(f"event: {message}" for message in telling))


def tasks_in_trouble(view: View, key: str, since: datetime) -> list[dict[str, Any]]:
    """Return a service's tasks that were created since a time and stopped, or stop, unasked."""
    service = view.service(key)
    stopped = _stopped_tasks(view, service.cluster, service.name, since)
    return [task for task in stopped if _SCALED_IN not in task.get("stoppedReason", "")]


def events_of_trouble(view: View, key: str, since: datetime) -> list[str]:
    """Return what ECS has said of a service's trouble since a time, newest first."""
    record = view.service_record(key)
    messages = [
        str(event["message"])
        for event in (record["events"] if record else [])
        if event["createdAt"] >= since
    ]
    return [one for one in messages if any(word in one for word in _TROUBLE)]


def _how_it_stopped(task: dict[str, Any]) -> list[str]:
    task_id = task["taskArn"].rsplit("/", 1)[-1]
    state = "stopped" if task["lastStatus"] == "STOPPED" else "is being stopped"
    details = [f"task {task_id} {state}: {task.get('stoppedReason', 'no reason given')}"]
    for container in task.get("containers", []):
        if "exitCode" in container or container.get("reason"):
            why = container.get("reason") or f"exit code {container['exitCode']}"
            details.append(f"container {container['name']}: {why}")
    return details


def _last_stopped_task(
    view: View, cluster: str, service: str, since: datetime
) -> dict[str, Any] | None:
    """Return the task that stopped last, rather one in trouble than one that was not needed."""
    tasks = _stopped_tasks(view, cluster, service, since)
    in_trouble = [task for task in tasks if _SCALED_IN not in task.get("stoppedReason", "")]
    return max(in_trouble or tasks, key=_end_of, default=None)


def _stopped_tasks(view: View, cluster: str, service: str, since: datetime) -> list[dict[str, Any]]:
    """Return the tasks that were asked to stop, of those created since a time; in no order."""
    ecs = view.aws.client("ecs")
    pages = ecs.get_paginator("list_tasks").paginate(
        cluster=cluster, serviceName=service, desiredStatus="STOPPED"
    )
    return [
        task
        for page in pages
        if page["taskArns"]
        for task in ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"]
        if task["createdAt"] >= since
    ]


def _end_of(task: dict[str, Any]) -> datetime:
    """Return when a task ended, or began to: one that does not heed SIGTERM takes a while."""
    end: datetime = task.get("stoppedAt") or task.get("stoppingAt") or task["createdAt"]
    return end


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
    return _log_lines(tail)


def _log_lines(lines: list[str]) -> list[str]:
    return [f"log: {line}" for line in lines]


def _log_tail(view: View, group: str, stream: str, lines: int) -> list[str]:
    try:
        events = view.aws.client("logs").get_log_events(
            logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False
        )["events"]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return []
    return [event["message"].rstrip() for event in events[-lines:]]
