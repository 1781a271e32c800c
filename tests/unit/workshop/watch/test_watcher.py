"""How long a watch goes on, what it looks at, and what it says where it cannot look."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import ENVIRONMENT, Recorded, deployment
from tests.unit.workshop.shift.made_up import SLOTS, at, looks, sample, shared
from tests.unit.workshop.watch.moments import scene, shift

from workshop.aws import EndpointConnectionError
from workshop.deployments import Deployment
from workshop.errors import CheckNotPassed, InfrastructureError, NotPrepared, WorkshopError
from workshop.watch.scene import Scene, Shift, Stage, read_scene
from workshop.watch.watcher import Watcher, until_end

GONE = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
RUNNING = shift(10)
ENDED = Shift(deployment(status="Stopped"))
ROLLBACK = shift(0, id="d-2", rollback_of="d-NEW")
STAGE = {"stageName": "Approve", "latestExecution": {"status": "InProgress"}}


# The end


def watched(*shifts: Shift) -> int:
    """Return how many scenes are shown of a row of scenes that goes on and on."""
    scenes = [scene(number, one) for number, one in enumerate(shifts)]
    return len(list(until_end(iter([*scenes, *scenes[-1:] * 5]), 600, now_s=lambda: 0)))


def test_watch_ends_with_the_second_look_at_rest():
    assert watched(RUNNING, RUNNING, ENDED) == 4


def test_watch_goes_on_with_the_rollback():
    assert watched(RUNNING, ENDED, ROLLBACK, ROLLBACK, ENDED) == 6


def test_deployment_that_had_ended_before_ends_nothing():
    assert watched(ENDED, ENDED, ENDED, RUNNING, ENDED) == 6


def test_deployment_that_does_not_come_is_waited_for_so_long():
    times = iter([0.0, 300.0, 600.0, 601.0])
    scenes = until_end(iter([scene(0)] * 9), 600, now_s=lambda: next(times))
    seen: list[Scene] = []
    with pytest.raises(CheckNotPassed, match="No deployment has begun within 600 s") as found:
        seen.extend(scenes)
    assert len(seen) == 3
    assert found.value.exit_code == 1
    assert "workshop approve" in found.value.remedy


# Looking


class Quiet(Recorded):
    """A view whose application nobody asks."""

    def pipeline_state(self) -> list[dict[str, Any]]:
        return [STAGE]


def watcher(*answers: Any, loss: WorkshopError | None = None, **changes: Any) -> Watcher:
    """Return one whose looks have these outcomes: a deployment, None, or an error."""
    left = iter(answers)

    def running() -> Deployment | None:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    view = Quiet(**changes)
    object.__setattr__(view, "running_deployment", running)
    object.__setattr__(view, "deployments", lambda _limit: [deployment(id="d-OLD")])
    return Watcher(view, 10, 0.001, lambda: loss)


def first(scenes: Iterator[Scene], count: int) -> list[Scene]:
    return [next(scenes) for _ in range(count)]


def test_newest_deployment_is_shown_until_one_runs():
    running = deployment(status="InProgress", id="d-1")
    seen = first(watcher(None, None, running).scenes(), 3)
    assert [one.deployment.id for one in seen if one.deployment] == ["d-OLD", "d-OLD", "d-1"]
    assert [one.is_deploying for one in seen] == [False, False, True]
    assert seen[0].stages == (Stage("Approve", "InProgress", is_approval=True),)


def test_look_that_fails_now_and_then_is_left_out():
    seen = first(watcher(GONE, GONE, None, GONE, GONE, None).scenes(), 2)
    assert len(seen) == 2


def test_aws_that_cannot_be_asked_any_more_ends_the_watch():
    with pytest.raises(InfrastructureError, match="could not be asked 3 times in a row") as found:
        next(watcher(GONE, GONE, GONE).scenes())
    assert found.value.exit_code == 3


def test_emulator_that_died_is_told_at_once():
    lost = InfrastructureError("The emulator ended.")
    with pytest.raises(InfrastructureError, match="The emulator ended"):
        next(watcher(GONE, loss=lost).scenes())


@pytest.mark.parametrize(
    "changes", [{"urls": {}}, {"environment": SimpleNamespace(codedeploy=None, step="1.4")}]
)
def test_below_lab_2_there_is_nothing_to_watch(changes: dict[str, Any]):
    with pytest.raises(NotPrepared, match="The environment stands at step") as found:
        watcher(**changes)
    assert found.value.remedy == "Run `make lab2`."


def test_recent_answers_are_of_some_hundred_requests():
    assert watcher()._recent_s == 10
    assert Watcher(Quiet(), 5, 5.0, lambda: None)._recent_s == 20


# What a scene is read from


def recorder(seen: list[Any], **samples: Any) -> Any:
    def taken(key: str = "prod", since: Any = None) -> list[Any]:
        return [one for one in samples.get(key, []) if since is None or one.at >= since]

    return SimpleNamespace(
        looks=seen,
        slots=SLOTS,
        begun=at(0),
        has_test_port="test" in samples,
        view=SimpleNamespace(environment=ENVIRONMENT, pipeline_state=lambda: [STAGE]),
        samples=taken,
    )


def test_scene_has_the_last_two_deployments_each_with_its_own_stretches():
    seen = [
        *looks(0, 9, 0, id="d-0"),
        *looks(10, 19, 10, id="d-1"),
        *looks(20, 29, 0, id="d-2"),
    ]
    samples = [*shared(10, 20, 10, 100), *shared(20, 30, 0, 100)]
    found = read_scene(recorder(seen, prod=samples), at(30), None, 10)
    assert [one.deployment.id for one in found.shifts] == ["d-1", "d-2"]
    assert [[one.weights["green"] for one in each.stretches] for each in found.shifts] == [
        [10],
        [0],
    ]
    assert found.present is not None
    assert found.present.weights["green"] == 0
    assert found.recent.requests == 100
    assert found.all.requests == 200
    assert found.recent_test is None


def test_young_weights_have_no_present_stretch():
    seen = [*looks(0, 9, 0), *looks(10, 11, 10)]
    found = read_scene(recorder(seen, prod=shared(0, 11, 0, 100)), at(11), None, 10)
    assert found.present is None
    assert found.weights["green"] == 10


def test_test_port_is_counted_by_itself():
    found = read_scene(recorder([], prod=[], test=[sample(5)]), at(6), None, 10)
    assert found.recent_test is not None
    assert found.recent_test.requests == 1
    assert found.shifts == ()
