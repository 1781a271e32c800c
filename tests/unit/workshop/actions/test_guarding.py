"""Step 3.4, against AWS's answers: the mistake is made once, caught, mended, and shifted well."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.actions.scene import Scene, Seen, record
from tests.unit.workshop.checks.blue_green_record import (
    APPROVED,
    AT,
    LAB_3,
    OLDER,
    OWN_LINEAR,
    TASKDEF,
    TEST_LISTENER,
    action,
    deployment,
    events,
)

from workshop.actions import following, guarding
from workshop.application.fault import has_mistake, with_mistake
from workshop.checks import deployment as deployments
from workshop.checks.web import Answer
from workshop.deployments import ROLLBACK, Deployment, LifecycleEvent
from workshop.errors import CheckNotPassed, UsageError

TIMED = tuple(
    LifecycleEvent(one.name, one.status, AT, AT) if one.name == "AllowTraffic" else one
    for one in events()
)
LINEAR = deployment(
    id="d-GOOD", configuration=OWN_LINEAR, test_listeners=(TEST_LISTENER,), events=TIMED
)
CAUGHT = replace(
    LINEAR,
    id="d-BAD",
    status="Stopped",
    error_code="ALARM_ACTIVE",
    rolled_back_by="d-BACK",
    events=events(AllowTraffic="Skipped", AfterAllowTraffic="Skipped"),
)
BACK = replace(LINEAR, id="d-BACK", creator=ROLLBACK, rollback_of="d-BAD")


def seen(*known: Deployment, **changes: Any) -> Seen:
    running = next((one for one in known if one.is_running), None)
    given = {"environment": LAB_3, "known": list(known), "running": running, "tag": OLDER}
    return record(**(given | changes))


class Guard:
    """Runs the step on a clone whose `taskdef.json` is real."""

    def __init__(self, folder: Any) -> None:
        self.path = folder / "taskdef.json"
        self.path.write_text(TASKDEF, encoding="utf-8")
        self.server = folder / "server.py"
        self.server.write_text('FORMAT = os.environ.get("GREETING_FORMAT")', encoding="utf-8")
        self.scene: Any = None

    @property
    def is_mistaken(self) -> bool:
        return has_mistake(self.path.read_text(encoding="utf-8"), "hello-server")

    def make_mistake(self) -> None:
        self.path.write_text(with_mistake(TASKDEF, "hello-server"), encoding="utf-8")

    def __call__(self, scene: Scene) -> str:
        self.scene = scene
        scene.clone.path = self.path.parent
        scene.clone.commit_all = lambda message, step: scene.done.append(f"{message} ({step})")
        return guarding.shift_in_equal_steps(scene)  # type: ignore[arg-type]


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Guard:
    run = Guard(tmp_path)

    def act(name: str) -> Callable[..., Any]:
        return lambda *_any: run.scene.does(name) or f"{name}."

    monkeypatch.setattr(guarding, "open_clone", lambda scene: scene.clone)
    monkeypatch.setattr(guarding, "serves", lambda scene, _clone: scene.serves_head)
    monkeypatch.setattr(guarding, "have_approved", act("approve"))
    monkeypatch.setattr(guarding, "promote", act("promote"))
    monkeypatch.setattr(guarding, "greet_differently", act("greet"))
    monkeypatch.setattr(guarding, "end_what_is_under_way", lambda *_any: None)
    monkeypatch.setattr(following, "end_termination_wait", lambda *_any: False)
    monkeypatch.setattr(deployments, "tasks_in_trouble", lambda *_any: [])
    monkeypatch.setattr(deployments, "why_tasks_stop", lambda *_any: ())
    return run


MADE = "Say in production how a greeting is put together (3.4)"
MENDED = "Leave the greeting as the application has it (3.4)"


def test_mistake_is_made_caught_mended_and_the_mended_version_shifted(guard):
    scene = Scene(seen(), seen(BACK, CAUGHT))
    assert guard(scene) == "promote."
    assert scene.done == [MADE, "approve", MENDED, "promote"]
    assert not guard.is_mistaken


def test_mistake_of_an_interrupted_run_is_not_committed_twice(guard):
    guard.make_mistake()
    scene = Scene(seen(), seen(BACK, CAUGHT))
    guard(scene)
    assert scene.done == ["approve", MENDED, "promote"]


def test_deployment_that_an_interrupted_run_began_is_followed(guard):
    guard.make_mistake()
    running = replace(CAUGHT, status="InProgress", error_code="", rolled_back_by=None)
    scene = Scene(seen(running), seen(BACK, CAUGHT))
    scene.progress = lambda _event: scene.does("looked")  # type: ignore[method-assign]
    guard(scene)
    assert "approve" not in scene.done
    assert scene.done[-1] == "promote"


def test_mended_version_is_released_when_no_alarm_is_left(guard, monkeypatch):
    monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)
    still, calm = ({"a": {"StateValue": state}} for state in ("ALARM", "OK"))
    after = seen(LINEAR, BACK, CAUGHT, alarm_records=still)
    scene = Scene(after, replace(after, alarm_records=calm))
    looks = [scene.records[0].alarms, scene.records[1].alarms]
    object.__setattr__(after, "alarms", lambda: (looks.pop(0) if len(looks) > 1 else looks[0])())
    guard(scene)
    assert len(looks) == 1
    assert scene.done == ["promote"]


def test_bad_version_that_no_alarm_stopped_ends_the_run(guard):
    guard.make_mistake()
    came = replace(LINEAR, id="d-BAD")
    bad = seen(came, answer=Answer(500, "", None, None))
    with pytest.raises(CheckNotPassed, match="answers 500") as it:
        guard(Scene(bad))
    assert "workshop rollback" in it.value.remedy


def test_stage_that_fails_before_there_is_a_deployment_ends_the_run_and_says_why(guard):
    said = {"errorDetails": {"message": "The revision is not to be had"}}
    without = replace(seen(), actions=[*APPROVED, action("DeployProd", "Failed", **said)])
    with pytest.raises(CheckNotPassed, match="revision is not to be had"):
        guard(Scene(seen(), without))
    assert guard.scene.done == [MADE, "approve"]


def test_what_was_caught_and_shifted_is_recognised(guard):
    scene = Scene(seen(LINEAR, BACK, CAUGHT))
    guard(scene)
    assert scene.done == ["promote"]


def test_version_that_came_another_way_is_followed_by_a_new_greeting(guard):
    scene = Scene(seen(BACK, CAUGHT))
    scene.serves_head = True
    guard(scene)
    assert scene.done == ["greet", "promote"]


def test_application_that_would_not_notice_the_mistake_is_not_given_it(guard):
    guard.server.write_text('GREETING = "Hello"', encoding="utf-8")
    scene = Scene(seen())
    with pytest.raises(UsageError, match="does not read the variable `GREETING_FORMAT`") as it:
        guard(scene)
    assert "make reset LAB=3" in it.value.remedy
    assert scene.done == []


def test_file_that_takes_no_variable_is_named(guard):
    guard.path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"taskdef\.json` describes no container") as it:
        guard(Scene(seen()))
    assert "log -- taskdef.json" in it.value.remedy


def test_commands_by_hand_show_the_mistake_and_the_way_back():
    config = SimpleNamespace(work_dir="/w")
    lines = guarding.commands_for_linear(SimpleNamespace(config=config))  # type: ignore[arg-type]
    assert any("{greting} {name}" in line for line in lines)
    assert any("git revert" in line for line in lines)
