"""What is, and was, deployed where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshop.checks.view import PRODUCTION, View
from workshop.deployments import Deployment

_SHIFT = "AllowTraffic"


@dataclass(frozen=True)
class Serving:
    """What a service serves now.

    `service` is its key, such as `staging`; `version` the image's tag; `slot` is '' where the
    service has one only; `since` is None where it serves nothing.
    """

    service: str
    version: str
    slot: str
    since: datetime | None
    running: int
    desired: int


@dataclass(frozen=True)
class DeploymentReport:
    """What the services serve now, and production's deployments, newest first."""

    now: tuple[Serving, ...]
    deployments: tuple[Deployment, ...]

    def version_of(self, deployment_id: str | None) -> str:
        """Return the version that one of the deployments brings, '' if it is not among them."""
        return next((one.version for one in self.deployments if one.id == deployment_id), "")


def read_deployments(view: View) -> DeploymentReport:
    """Return what is deployed; no deployments below the step that makes the group."""
    found = tuple(view.deployments()) if view.environment.codedeploy else ()
    keys = sorted(view.environment.services, key=lambda key: key == PRODUCTION)  # the last stage
    now = tuple(_serving(view, key, found) for key in keys)
    return DeploymentReport(now, found)


def as_json(report: DeploymentReport) -> dict[str, Any]:
    """Return what `workshop deployments --json` prints.

    Shape: `now`, a list with `service` (its key), `version`, `slot` ('' for staging), `since`,
    `running`, `desired`; `deployments`, newest first, each with `id`, `status`, `version`,
    `task_definition`, `creator`, `created_at`, `completed_at`, `weights` (slot -> percent),
    `is_waiting_to_terminate`, `error` (`code` and `message`, or None), `rolled_back_by` and
    `rollback_of` (ids, or None), `events` (`name`, `status`). Times are ISO 8601, or None.
    """
    return {
        "now": [{**vars(one), "since": _iso(one.since)} for one in report.now],
        "deployments": [_deployment_as_json(one) for one in report.deployments],
    }


def _deployment_as_json(one: Deployment) -> dict[str, Any]:
    error = {"code": one.error_code, "message": one.error_message}
    return {
        "id": one.id,
        "status": one.status,
        "version": one.version,
        "task_definition": one.task_definition,
        "creator": one.creator,
        "created_at": _iso(one.created_at),
        "completed_at": _iso(one.completed_at),
        "weights": one.weights,
        "is_waiting_to_terminate": one.is_waiting_to_terminate,
        "error": error if one.error_code else None,
        "rolled_back_by": one.rolled_back_by,
        "rollback_of": one.rollback_of,
        "events": [{"name": event.name, "status": event.status} for event in one.events],
    }


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")


def _serving(view: View, key: str, deployments: tuple[Deployment, ...]) -> Serving:
    record = view.service_record(key)
    if record is None:
        return Serving(key, "", "", None, 0, 0)
    task_set = view.primary_task_set(record)
    if key == PRODUCTION and task_set is not None:
        slot = view.slot_of(task_set)
        since = _moved_at(deployments) or task_set["createdAt"]
    else:
        slot = ""
        primary = (one for one in record["deployments"] if one["status"] == "PRIMARY")
        since = next((one["createdAt"] for one in primary), None)
    running, desired = record["runningCount"], record["desiredCount"]
    return Serving(key, view.version(key), slot, since, running, desired)


def _moved_at(deployments: tuple[Deployment, ...]) -> datetime | None:
    """Return when traffic last moved to another version, None where it never did.

    A rollback of a deployment that never got traffic moves none either.
    """
    shifts = {one.id: _shift_of(one) for one in deployments}
    for one in deployments:
        is_empty = one.rollback_of in shifts and shifts[one.rollback_of] is None
        if shifts[one.id] is not None and not is_empty:
            return shifts[one.id]
    return None


def _shift_of(deployment: Deployment) -> datetime | None:
    """Return when all traffic had moved."""
    return next(
        (
            event.ended_at
            for event in deployment.events
            if event.name == _SHIFT and event.status == "Succeeded"
        ),
        None,
    )
