"""Step 3.3, against AWS's answers: the stage retried, then the same deployed by our own canary."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.actions.scene import Gone, Scene, Seen, record
from tests.unit.workshop.checks.blue_green_record import (
    APPROVED,
    AT,
    DEPLOYED,
    HEAD,
    LAB_3,
    OLDER,
    OWN_CANARY,
    TEST_LISTENER,
    action,
    deployment,
    events,
)

from workshop.actions import following, shifting
from workshop.checks.strategy import CANARY
from workshop.deployments import Deployment, LifecycleEvent
from workshop.errors import CheckNotPassed, InfrastructureError

TIMED = tuple(
    LifecycleEvent(one.name, one.status, AT, AT) if one.name == "AllowTraffic" else one
    for one in events()
)
BY_CANARY = deployment(
    id="d-CANARY", configuration=CANARY, test_listeners=(TEST_LISTENER,), events=TIMED
)
BY_OWN = replace(BY_CANARY, id="d-OWN", configuration=OWN_CANARY)
TAKEN_BACK = [*APPROVED, action("DeployProd", "Failed")]


def seen(*known: Deployment, **changes: Any) -> Seen:
    running = next((one for one in known if one.is_running), None)
    given = {"environment": LAB_3, "known": list(known), "running": running, "actions": DEPLOYED}
    return record(**(given | changes))


FAILED = seen(actions=TAKEN_BACK, status="Failed", tag=OLDER)
GOES_ON = replace(FAILED, status="InProgress")
RETRIED = replace(GOES_ON, actions=[*TAKEN_BACK, action("DeployProd", "InProgress", "second")])


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scene], str]:
    scenes: list[Scene] = []

    def redeploy(_aws: Any, _group: Any, repeated: str, configuration: str) -> str:
        scenes[-1].does(f"repeat {repeated} by {configuration}")
        return "d-OWN"

    monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)
    monkeypatch.setattr(shifting, "open_clone", lambda scene: scene.clone)
    monkeypatch.setattr(shifting, "serves", lambda scene, _clone: scene.serves_head)
    monkeypatch.setattr(shifting, "greet_differently", lambda *_any: scenes[-1].does("greet"))
    monkeypatch.setattr(
        shifting, "promote", lambda *_any: scenes[-1].does("promote") or "Promoted."
    )
    monkeypatch.setattr(shifting, "redeploy", redeploy)
    monkeypatch.setattr(following, "end_termination_wait", lambda *_any: False)

    def run(scene: Scene) -> str:
        scenes.append(scene)
        client = SimpleNamespace(retry_stage_execution=lambda **asked: retry(scene, asked))
        scene.aws = SimpleNamespace(client=lambda _name: client)
        return shifting.shift_by_canary(scene)  # type: ignore[arg-type]

    def retry(scene: Scene, asked: dict[str, str]) -> None:
        assert asked["retryMode"] == "FAILED_ACTIONS"
        scene.does(f"retry {asked['stageName']}")

    return run


def test_stage_is_retried_and_the_version_deployed_again_by_our_own_canary(shift):
    scene = Scene(FAILED, RETRIED, seen(BY_CANARY), seen(BY_OWN, BY_CANARY))
    said = shift(scene)
    assert scene.done == ["retry DeployProd", "promote", f"repeat d-CANARY by {OWN_CANARY}"]
    assert said == f"Promoted. {OWN_CANARY} brought the same version to the other slot."


def test_retry_is_waited_for_until_the_new_run_of_the_stage_is_listed(shift):
    scene = Scene(FAILED, GOES_ON, seen(BY_OWN, BY_CANARY))
    listed = [TAKEN_BACK, TAKEN_BACK, RETRIED.actions]
    object.__setattr__(
        GOES_ON, "action_executions", lambda _id: listed.pop(0) if len(listed) > 1 else listed[0]
    )
    shift(scene)
    assert listed == [RETRIED.actions]
    assert scene.done == ["retry DeployProd", "promote"]


def test_both_canaries_are_recognised(shift):
    scene = Scene(seen(BY_OWN, BY_CANARY))
    assert "already" in shift(scene)
    assert scene.done == []


def test_version_that_came_another_way_is_followed_by_a_new_greeting(shift):
    scene = Scene(seen(), seen(), seen(BY_CANARY), seen(BY_OWN, BY_CANARY))
    scene.serves_head = True
    shift(scene)
    assert scene.done[:2] == ["greet", "promote"]


def test_own_canary_under_way_is_followed_and_not_repeated(shift):
    running = replace(BY_OWN, status="InProgress")
    views = [seen(running, BY_CANARY), seen(BY_OWN, BY_CANARY)]
    scene = Scene(*views)
    scene.progress = lambda event: views_go_on(scene, event)  # type: ignore[method-assign]
    shift(scene)
    assert scene.done == ["looked"]


def test_own_canary_that_is_stopped_ends_the_run_and_names_it(shift):
    running, stopped = (replace(BY_OWN, status=one) for one in ("InProgress", "Stopped"))
    by_pipeline = [*APPROVED, action("DeployProd", externalExecutionId=BY_CANARY.id)]
    scene = Scene(
        *(seen(*known, BY_CANARY, actions=by_pipeline) for known in ([], [running], [stopped]))
    )
    scene.progress = lambda event: views_go_on(scene, event)  # type: ignore[method-assign]
    with pytest.raises(CheckNotPassed, match="`d-OWN` stopped"):
        shift(scene)


def test_deployment_under_way_by_another_configuration_is_ended_first(
    shift, monkeypatch: pytest.MonkeyPatch
):
    other = replace(BY_CANARY, id="d-OTHER", status="InProgress", configuration="other")
    scene = Scene(seen(other, BY_CANARY), seen(BY_CANARY), seen(BY_OWN, BY_CANARY))
    monkeypatch.setattr(shifting, "end_what_is_under_way", lambda _scene: scene.does("end"))
    shift(scene)
    assert scene.done == ["end", f"repeat d-CANARY by {OWN_CANARY}"]


def views_go_on(scene: Scene, _event: object) -> None:
    scene.does("looked")


def test_approval_that_still_waits_is_left_to_the_release(shift):
    waits = replace(FAILED, status="InProgress", actions=APPROVED, approval_waiting=object())
    scene = Scene(waits, seen(BY_OWN, BY_CANARY))
    shift(scene)
    assert scene.done == ["promote"]


def test_without_a_deployment_there_is_nothing_to_repeat(shift):
    nothing = replace(seen(BY_CANARY), known=[BY_CANARY])
    scene = Scene(nothing)
    object.__setattr__(nothing, "deployments", list)
    with pytest.raises(InfrastructureError, match="no deployment to repeat"):
        shift(scene)


@pytest.mark.parametrize("stages", [(RETRIED,), (RETRIED, seen(BY_CANARY))], ids=len)
def test_target_that_is_lost_on_the_way_ends_the_run_at_once(shift, stages):
    scene = Scene(FAILED, *stages, Gone(environment=LAB_3))
    scene.target.loss = lambda: InfrastructureError("It is gone.", "Run it again.")
    with pytest.raises((InfrastructureError, OSError)):  # the runner asks for the loss of both
        shift(scene)
    assert scene.done[-1] in {"promote", f"repeat d-CANARY by {OWN_CANARY}"}


def test_commands_by_hand_name_the_stage_and_the_configuration():
    view = seen(BY_CANARY)
    lines = shifting.commands_for_canary(SimpleNamespace(view=view))  # type: ignore[arg-type]
    assert any("--stage-name DeployProd" in line for line in lines)
    assert any(OWN_CANARY in line for line in lines)
    assert HEAD not in " ".join(lines)
