"""What containers write, in CloudWatch Logs; hold the runtime's lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.control_plane import registration
from emulator.data_plane.task_runner.process import Line

EVENTS_KEPT = 20_000
"""Of one container, the newest: about 10 MB. AWS keeps all, and has room for them."""


class NoLogGroup(Exception):
    """A log stream cannot be made; the message is the stopped reason that Fargate gives."""


@dataclass(frozen=True)
class LogStream:
    """Where one container's output goes."""

    account: str
    region: str
    group: str
    name: str

    def write(self, lines: list[Line]) -> None:
        """Append lines; they are lost where group or stream was deleted meanwhile, as on AWS."""
        logs = registration.backend("logs", self.account, self.region)
        group = logs.groups.get(self.group)
        if not lines or group is None or self.name not in group.streams:
            return
        events = [{"timestamp": line.timestamp, "message": line.message} for line in lines]
        logs.put_log_events(self.group, self.name, events)
        kept = group.streams[self.name].events
        del kept[:-EVENTS_KEPT]


def open_stream(
    definition: Mapping[str, Any], task_id: str, account: str, region: str
) -> LogStream | None:
    """Create a container's stream, `<prefix>/<container>/<task id>`.

    Returns: None where the container has no awslogs driver.
    Raises: NoLogGroup, as Fargate words it.
    Source: ECS developer guide, "Send Amazon ECS logs to CloudWatch".
    """
    configuration = definition.get("logConfiguration") or {}
    if configuration.get("logDriver") != "awslogs":
        return None
    options = configuration.get("options") or {}
    group = options.get("awslogs-group", "")
    where = options.get("awslogs-region") or region
    logs = registration.backend("logs", account, where)
    if group not in logs.groups:
        if options.get("awslogs-create-group") != "true":
            raise NoLogGroup(
                "ResourceInitializationError: failed to validate logger args: create stream has "
                "been retried 1 times: failed to create Cloudwatch log stream: "
                "ResourceNotFoundException: The specified log group does not exist. "
                f"(Log group `{group}`) : exit status 1"
            )
        logs.create_log_group(group, {})
    prefix = options.get("awslogs-stream-prefix")
    name = f"{prefix}/{definition['name']}/{task_id}" if prefix else task_id
    logs.ensure_log_stream(group, name)
    return LogStream(account, where, group, name)
