"""Deployments of a group, looked at one after the other."""

from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import deployment

from workshop.aws import EndpointConnectionError
from workshop.deployments import Deployment
from workshop.shift.follower import Follower

GONE = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


class FakeView:
    """A group: `running` is told one by one, `ended` by id."""

    def __init__(self, *running: Deployment | None, ended: dict[str, Any] | None = None) -> None:
        self._running = list(running)
        self._ended = ended or {}

    def running_deployment(self) -> Deployment | None:
        return self._running.pop(0)

    def deployment_by_id(self, deployment_id: str) -> Deployment:
        found = self._ended[deployment_id]
        if isinstance(found, Exception):
            raise found
        return found


def running(deployment_id: str = "d-1") -> Deployment:
    return deployment(id=deployment_id, status="InProgress", completed_at=None)


def seen(follower: Follower) -> list[tuple[str, str]]:
    return [(one.deployment.id, one.deployment.status) for one in follower.looks]


def test_nothing_is_kept_while_nothing_runs():
    follower = Follower(FakeView(None, None))  # type: ignore[arg-type]
    assert follower.look() is None
    assert follower.look() is None
    assert follower.looks == []


def test_deployment_is_looked_at_once_more_when_it_has_ended():
    ended = {"d-1": deployment(id="d-1", status="Succeeded")}
    follower = Follower(FakeView(running(), running(), None, None, ended=ended))  # type: ignore[arg-type]
    for _ in range(4):
        newest = follower.look()
    assert newest is not None
    assert newest.deployment.status == "Succeeded"
    assert seen(follower) == [("d-1", "InProgress"), ("d-1", "InProgress"), ("d-1", "Succeeded")]


def test_rollback_that_follows_at_once_hides_no_end():
    ended = {"d-1": deployment(id="d-1", status="Stopped")}
    follower = Follower(FakeView(running("d-1"), running("d-2"), ended=ended))  # type: ignore[arg-type]
    follower.look()
    follower.look()
    assert seen(follower) == [("d-1", "InProgress"), ("d-1", "Stopped"), ("d-2", "InProgress")]


def test_end_that_could_not_be_looked_at_is_looked_at_again():
    view = FakeView(running("d-1"), None, None, ended={"d-1": GONE})
    follower = Follower(view)  # type: ignore[arg-type]
    follower.look()
    with pytest.raises(EndpointConnectionError):
        follower.look()
    view._ended["d-1"] = deployment(id="d-1", status="Failed")
    follower.look()
    assert seen(follower) == [("d-1", "InProgress"), ("d-1", "Failed")]


def test_look_lies_between_two_moments():
    follower = Follower(FakeView(running()))  # type: ignore[arg-type]
    look = follower.look()
    assert look is not None
    assert look.began <= look.ended
