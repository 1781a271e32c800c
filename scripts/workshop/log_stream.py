"""Lines from CloudWatch Logs, in the order in which they were printed."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workshop.aws import ClientError, error_code
from workshop.checks.view import PRODUCTION, STAGING, View

POLL_S = 1.0

_SERVICES = {"app": STAGING, "production": PRODUCTION}


@dataclass(frozen=True)
class LogSource:
    """A log group, and the one stream of it that is meant; None means all streams."""

    group: str
    stream: str | None = None


def log_groups_of(view: View, source: str) -> LogSource:
    """Return where `build`, `app` (in staging) or `production` logs.

    Raises: NotStanding below the step that makes it.
    """
    if source in _SERVICES:
        return LogSource(view.service(_SERVICES[source]).log_group)
    projects = [view.first_build, *filter(None, [view.environment.build])]
    builds = [(build, one) for one in projects if (build := view.latest_build(one.project))]
    if not builds:
        return LogSource(view.first_build.log_group)
    newest, project = max(builds, key=lambda found: found[0]["startTime"])
    # A build that has just been queued has no stream yet, and CodeBuild names no group for it.
    logs = newest.get("logs", {})
    return LogSource(logs.get("groupName") or project.log_group, logs.get("streamName"))


def follow(view: View, source: LogSource, keep_on: bool) -> Iterator[str]:
    """Yield each line once; with `keep_on`, those still to come as well, until interrupted."""
    seen: set[str] = set()
    since_ms = 0
    wait = threading.Event().wait
    while True:
        for event in _events(view, source, since_ms):
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                since_ms = max(since_ms, event["timestamp"])
                stream = event["logStreamName"].rsplit("/", 1)[-1]
                yield f"{stream[:8]}  {event['message'].rstrip()}"
        if not keep_on:
            return
        wait(POLL_S)


def _events(view: View, source: LogSource, since_ms: int) -> list[dict[str, Any]]:
    only = {"logStreamNames": [source.stream]} if source.stream else {}
    pages = view.aws.client("logs").get_paginator("filter_log_events")
    try:
        return [
            event
            for page in pages.paginate(logGroupName=source.group, startTime=since_ms, **only)
            for event in page["events"]
        ]
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return []
