"""`workshop deployments`: what serves now, since when, and what was undone by what."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.cli.deployments import notes_on, weights_in_words
from workshop.deployment_report import DeploymentReport, as_json, read_deployments
from workshop.deployments import Deployment, LifecycleEvent

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
TEN, ELEVEN, TWELVE = (AT + timedelta(hours=hours) for hours in (-2, -1, 0))


def deployment(deployment_id: str, moved_at: datetime | None, **more: Any) -> Deployment:
    status = "Succeeded" if moved_at else "Pending"
    event = LifecycleEvent("AllowTraffic", status, moved_at, moved_at)
    given = {
        "status": "Succeeded",
        "creator": "user",
        "description": "",
        "created_at": AT,
        "completed_at": AT,
        "task_definition": "",
        "version": "c0ffee",
    }
    return Deployment(id=deployment_id, events=(event,), **{**given, **more})


class FakeView:
    """Staging, and production with one task set in `green`."""

    def __init__(self, *deployments: Deployment, has_group: bool = True) -> None:
        self.environment = SimpleNamespace(
            codedeploy=object() if has_group else None, services={"prod": 2, "staging": 1}
        )
        self._deployments = list(deployments)

    def deployments(self) -> Sequence[Deployment]:
        return self._deployments

    def service_record(self, key: str) -> dict[str, Any]:
        counts = {"runningCount": 3, "desiredCount": 3}
        if key == "staging":
            return {**counts, "deployments": [{"status": "PRIMARY", "createdAt": ELEVEN}]}
        return {**counts, "deployments": [], "taskSets": [{"status": "PRIMARY", "createdAt": TEN}]}

    def primary_task_set(self, record: dict[str, Any]) -> dict[str, Any] | None:
        return next(iter(record.get("taskSets", [])), None)

    def slot_of(self, _task_set: dict[str, Any]) -> str:
        return "green"

    def version(self, key: str) -> str:
        return f"version of {key}"


def read(*deployments: Deployment, has_group: bool = True) -> DeploymentReport:
    return read_deployments(FakeView(*deployments, has_group=has_group))  # type: ignore[arg-type]


def test_staging_serves_since_its_newest_deployment_began():
    staging, _production = read().now
    assert (staging.service, staging.version, staging.slot) == ("staging", "version of staging", "")
    assert staging.since == ELEVEN


@pytest.mark.parametrize(
    ("found", "since"),
    [
        ((), TEN),
        ((deployment("d-1", ELEVEN),), ELEVEN),
        ((deployment("d-2", None), deployment("d-1", ELEVEN)), ELEVEN),
        ((deployment("d-2", TWELVE, rollback_of="d-1"), deployment("d-1", ELEVEN)), TWELVE),
        (  # never got traffic, so going back moved none either
            (
                deployment("d-3", TWELVE, rollback_of="d-2"),
                deployment("d-2", None),
                deployment("d-1", ELEVEN),
            ),
            ELEVEN,
        ),
    ],
)
def test_production_serves_since_traffic_last_moved(found, since):
    production = read(*found).now[1]
    assert production.slot == "green"
    assert production.since == since


def test_service_without_a_deployment_group_has_no_deployments():
    assert read(deployment("d-1", ELEVEN), has_group=False).deployments == ()


def test_json_is_for_programs():
    failed = deployment(
        "d-1", ELEVEN, error_code="MANUAL_STOP", error_message="by hand", weights={"blue": 100.0}
    )
    found = json.loads(json.dumps(as_json(read(failed))))
    assert found["now"][1] == {
        "service": "prod",
        "version": "version of prod",
        "slot": "green",
        "since": "2026-05-01T11:00:00+00:00",
        "running": 3,
        "desired": 3,
    }
    (one,) = found["deployments"]
    assert one["error"] == {"code": "MANUAL_STOP", "message": "by hand"}
    assert one["weights"] == {"blue": 100.0}
    assert one["completed_at"] == "2026-05-01T12:00:00+00:00"
    assert one["events"] == [{"name": "AllowTraffic", "status": "Succeeded"}]


def test_rollback_names_what_it_undid_and_the_undone_by_what():
    rollback = deployment("d-2", TWELVE, rollback_of="d-1")
    undone = deployment("d-1", None, version="badbad", rolled_back_by="d-2", error_code="TIMEOUT")
    report = read(rollback, undone)
    assert notes_on(rollback, report) == ["undoes d-1, which brought badbad"]
    assert notes_on(undone, report) == ["TIMEOUT", "undone by d-2"]


def test_running_deployment_tells_its_weights_and_its_wait():
    running = deployment(
        "d-1",
        ELEVEN,
        status="InProgress",
        weights={"green": 90.0, "blue": 10.0},
        is_waiting_to_terminate=True,
    )
    assert notes_on(running, read(running)) == [
        "blue 10 %, green 90 %",
        "the replaced tasks stay for the termination wait",
    ]
    assert weights_in_words({}) == ""
