"""Step 3.2, against AWS's answers: look, send on, take back; and what ends it otherwise."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.unit.workshop.actions.scene import Gone, Scene, Seen, record
from tests.unit.workshop.checks.blue_green_record import (
    APPROVED,
    DEPLOYED,
    HEAD,
    LAB_3,
    OLDER,
    TEST_LISTENER,
    action,
    deployment,
    events,
)

from workshop.actions import following, validation
from workshop.checks import deployment as deployments
from workshop.checks.web import Answer
from workshop.deployments import ROLLBACK, Deployment
from workshop.errors import CheckNotPassed, InfrastructureError

URLS = {"prod": "http://prod", "staging": "http://staging", "test": "http://test"}
EARLY = events(AllowTraffic="Pending", AfterAllowTraffic="Pending")
READY = deployment(
    status="Ready", events=EARLY, test_listeners=(TEST_LISTENER,), waits_for_reroute=True
)
SWITCHED = replace(READY, status="InProgress", events=events(), is_waiting_to_terminate=True)
STOPPED = replace(SWITCHED, status="Stopped", rolled_back_by="d-BACK")
BACK = deployment(id="d-BACK", creator=ROLLBACK, test_listeners=(TEST_LISTENER,))


def seen(*known: Deployment) -> Seen:
    running = next((one for one in known if one.is_running), None)
    return record(
        environment=LAB_3,
        urls=URLS,
        known=list(known),
        running=running,
        actions=DEPLOYED,
        tag=OLDER,
    )


@pytest.fixture
def validate(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scene], str]:
    def act(module: object, name: str, what: str) -> None:
        monkeypatch.setattr(module, name, lambda *_any: not scenes[-1].does(what))

    scenes: list[Scene] = []
    act(validation, "have_approved", "approve")
    act(validation, "greet_differently", "greet")
    act(validation, "stop", "stop")
    act(following, "reroute", "reroute")
    monkeypatch.setattr(validation, "open_clone", lambda scene: scene.clone)
    monkeypatch.setattr(validation, "serves", lambda scene, _clone: scene.serves_head)
    monkeypatch.setattr(validation, "ask", lambda url: Answer(200, url, HEAD, None))
    monkeypatch.setattr(deployments, "tasks_in_trouble", lambda *_any: [])
    monkeypatch.setattr(deployments, "why_tasks_stop", lambda *_any: ())

    def run(scene: Scene) -> str:
        scenes.append(scene)
        return validation.validate_and_roll_back(scene)  # type: ignore[arg-type]

    return run


def test_version_is_approved_looked_at_sent_on_and_taken_back(validate):
    scene = Scene(seen(), seen(READY), seen(SWITCHED), seen(BACK, STOPPED))
    said = validate(scene)
    assert scene.done == ["approve", "reroute", "stop"]
    (compared,) = (line for line in scene.told if "test port answers" in line)
    assert "“http://test/hello/tester”, production still “http://prod/hello/tester”" in compared
    assert said.startswith("A version was validated and rolled back")


def test_version_goes_on_when_it_was_seen_often_enough_to_be_observed(validate):
    scene = Scene(seen(READY), seen(SWITCHED), seen(BACK, STOPPED))
    validate(scene)
    before = scene.told.index(next(line for line in scene.told if "Sent production's" in line))
    waiting = [line for line in scene.told[:before] if line.startswith("3.2 return: ")]
    assert len(waiting) == validation.READY_LOOKS


def test_what_was_done_by_hand_is_recognised(validate):
    scene = Scene(seen(BACK, STOPPED))
    validate(scene)
    assert scene.done == []


def test_deployment_that_waits_already_is_taken_up(validate):
    scene = Scene(seen(READY), seen(SWITCHED), seen(BACK, STOPPED))
    validate(scene)
    assert scene.done == ["reroute", "stop"]


def test_commit_that_production_serves_is_followed_by_a_new_greeting(validate):
    scene = Scene(seen(), seen(), seen(READY), seen(SWITCHED), seen(BACK, STOPPED))
    scene.serves_head = True
    validate(scene)
    assert scene.done == ["greet", "approve", "reroute", "stop"]


def test_window_that_ran_out_ends_the_run_and_says_so(validate):
    over = replace(READY, status="Stopped", error_code="TIMEOUT", error_message="It timed out")
    scene = Scene(seen(), seen(over))
    with pytest.raises(CheckNotPassed, match="TIMEOUT: It timed out"):
        validate(scene)
    assert scene.done == ["approve"]


def test_deployment_that_somebody_let_end_is_told(validate):
    ended = replace(SWITCHED, status="Succeeded", is_waiting_to_terminate=False)
    with pytest.raises(CheckNotPassed, match="`d-NEW` succeeded, which was not to happen") as it:
        validate(Scene(seen(), seen(ended)))
    assert "again" in it.value.remedy


def test_stage_that_fails_before_there_is_a_deployment_ends_the_run_and_says_why(validate):
    said = {"errorDetails": {"message": "The AppSpec file names no such container"}}
    without = replace(seen(), actions=[*APPROVED, action("DeployProd", "Failed", **said)])
    with pytest.raises(CheckNotPassed, match="names no such container") as it:
        validate(Scene(seen(), without))
    assert "Mend what it says and push" in it.value.remedy


def test_what_an_earlier_run_left_ended_does_not_end_this_one(validate):
    over = replace(READY, id="d-OVER", status="Stopped", error_code="TIMEOUT")
    scene = Scene(seen(over), seen(READY, over), seen(SWITCHED, over), seen(BACK, STOPPED, over))
    validate(scene)
    assert scene.done == ["approve", "reroute", "stop"]


@pytest.mark.parametrize(
    "stages",
    [(), (READY,), (READY, SWITCHED)],
    ids=["before it is ready", "while it shifts", "while it is taken back"],
)
def test_target_that_is_lost_on_the_way_ends_the_run_and_says_so(validate, stages):
    lost = InfrastructureError("It is gone.", "Run it again.")
    scene = Scene(seen(), *map(seen, stages), Gone(environment=LAB_3, urls=URLS))
    scene.target.loss = lambda: lost
    with pytest.raises(InfrastructureError) as told:
        validate(scene)
    assert told.value is lost
    assert scene.done == ["approve", "reroute", "stop"][: len(stages) + 1]


def test_commands_by_hand_name_both_ports(validate):
    config = SimpleNamespace(work_dir="/w")
    lines = validation.commands_for_validation(SimpleNamespace(config=config))  # type: ignore[arg-type]
    assert any("$TEST_URL" in line and "$PRODUCTION_URL" in line for line in lines)
    assert "workshop promote" in lines
