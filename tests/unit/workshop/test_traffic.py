"""`workshop promote` and `workshop rollback`: what they do in each state, and where they refuse."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    OLDER,
    TASK_DEFINITION,
    Recorded,
    deployment,
)

from workshop import traffic
from workshop.deployments import ROLLBACK
from workshop.errors import UsageError

RUNNING = deployment(status="InProgress")
READY = replace(RUNNING, status="Ready")
SWITCHED = replace(RUNNING, is_waiting_to_terminate=True)
UNDOING = replace(RUNNING, creator=ROLLBACK, rollback_of="d-BAD")
EARLIER = deployment(id="d-OLD", version=OLDER, task_definition="arn:td/ana:1")
PRESENT = deployment(task_definition="ana:2")


class Serving(Recorded):
    """Production runs revision 2."""

    def task_definition(self, key: str) -> Any:
        return {**TASK_DEFINITION, "taskDefinitionArn": "arn:aws:ecs:task-definition/ana:2"}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Have every act succeed, and return what was asked for."""
    asked: list[Any] = []

    def act(name: str, answer: Any) -> None:
        monkeypatch.setattr(
            traffic,
            name,
            lambda _aws, *given, **options: asked.append((name, *given, options)) or answer,
        )

    act("reroute", True)
    act("end_termination_wait", True)
    act("stop", True)
    act("redeploy", "d-AGAIN")
    return asked


def test_version_on_the_test_port_gets_the_traffic(done):
    said = traffic.promote_running(Recorded(running=READY))
    assert said.startswith("Re-routed: d-NEW sends users to c0ffee00.")
    assert done == [("reroute", "d-NEW", {})]


def test_tasks_that_were_replaced_are_let_go(done):
    said = traffic.promote_running(Recorded(running=SWITCHED))
    assert said.startswith("Ended the termination wait of d-NEW")
    assert done == [("end_termination_wait", "d-NEW", {})]


@pytest.mark.parametrize(("running", "said"), [(None, "No deployment"), (RUNNING, "for nobody")])
def test_nothing_that_waits_is_refused(done, running: Any, said: str):
    with pytest.raises(UsageError, match=said) as refusal:
        traffic.promote_running(Recorded(running=running))
    assert refusal.value.remedy
    assert refusal.value.exit_code == 2
    assert done == []


def test_wait_that_has_ended_since_the_look_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(traffic, "reroute", lambda *_any: False)
    with pytest.raises(UsageError, match="d-NEW waits for nobody"):
        traffic.promote_running(Recorded(running=READY))


def test_running_deployment_is_stopped_with_a_rollback(done):
    assert traffic.roll_back(Recorded(running=READY)).startswith("Stopped d-NEW")
    assert done == [("stop", "d-NEW", {})]


def test_rollback_of_a_rollback_is_refused(done):
    with pytest.raises(UsageError, match="is a rollback already: it undoes d-BAD"):
        traffic.roll_back(Recorded(running=UNDOING))
    assert done == []


def test_deployment_past_its_return_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(traffic, "stop", lambda *_any: False)
    with pytest.raises(UsageError, match="past the point"):
        traffic.roll_back(Recorded(running=RUNNING))


def test_at_rest_the_last_good_version_before_comes_back_in_one_step(done):
    undone = deployment(id="d-UNDO", creator=ROLLBACK, task_definition="ana:0")
    stopped = deployment(id="d-BAD", status="Stopped", task_definition="ana:3")
    view = Serving(known=[undone, stopped, PRESENT, EARLIER])
    assert traffic.roll_back(view).startswith("No deployment runs: d-AGAIN brings bad1de00")
    ((_, group, earlier, configuration, options),) = done
    assert (group, earlier) == (view.codedeploy, "d-OLD")
    assert configuration == "CodeDeployDefault.ECSAllAtOnce"
    assert options == {"ignore_alarms": True}


@pytest.mark.parametrize(
    ("on_timeout", "is_told"), [("STOP_DEPLOYMENT", True), ("CONTINUE_DEPLOYMENT", False)]
)
def test_version_before_that_waits_on_the_test_port_is_told(done, on_timeout: str, is_told: bool):
    ready = {"deploymentReadyOption": {"actionOnTimeout": on_timeout}}
    group = {"blueGreenDeploymentConfiguration": ready}
    said = traffic.roll_back(Serving(known=[PRESENT, EARLIER], group_record=group))
    assert ("run `workshop promote` once it is Ready" in said) is is_told


def test_without_an_earlier_version_there_is_nothing_to_go_back_to(done):
    with pytest.raises(UsageError, match="none before"):
        traffic.roll_back(Serving(known=[PRESENT]))
    assert done == []
