"""A commit's way to production, against AWS's answers: what is done, and what is left alone."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.actions.scene import RESTARTED, Scene, record
from tests.unit.workshop.checks.blue_green_record import (
    BUILT,
    DEPLOYED,
    EXECUTION,
    HEAD,
    OLDER,
    action,
    deployment,
    waiting,
)

from workshop.actions import committing, following, production_release, promotion
from workshop.approvals import Carried
from workshop.checks import deployment as deployments
from workshop.checks.web import Answer
from workshop.errors import CheckNotPassed, InfrastructureError, UsageError

ASKED = [*BUILT, action("Approve", "InProgress")]
OURS = waiting(execution_id=EXECUTION, commit=HEAD, subject="Greet")
RUNNING = deployment(status="InProgress")
SWITCHED = replace(RUNNING, is_waiting_to_terminate=True)


@pytest.fixture
def promote(monkeypatch: pytest.MonkeyPatch) -> Callable[[Scene], str]:
    def decide(aws: Any, _name: str, found: Any, approved: bool, summary: str) -> None:
        what = "approve" if approved else "reject"
        scenes[-1].does(f"{what} {found.commit[:6]}: {summary}")

    def end_wait(_aws: Any, deployment_id: str) -> bool:
        scenes[-1].does(f"end wait of {deployment_id}")
        return True

    def run(scene: Scene) -> str:
        scenes.append(scene)
        return promotion.promote(scene, scene.clone)  # type: ignore[arg-type]

    scenes: list[Scene] = []
    run.scenes = scenes  # type: ignore[attr-defined]
    monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)
    monkeypatch.setattr(promotion, "_INTERVAL_S", 0)
    monkeypatch.setattr(promotion, "_START_S", 0)
    monkeypatch.setattr(promotion, "decide", decide)
    monkeypatch.setattr(following, "end_termination_wait", end_wait)
    monkeypatch.setattr(promotion, "ask", lambda _url: Answer(200, "", OLDER, None))
    monkeypatch.setattr(deployments, "tasks_in_trouble", lambda *_any: [])
    monkeypatch.setattr(deployments, "why_tasks_stop", lambda *_any: ())
    return run


WAITS = record(actions=ASKED, status="InProgress", approval_waiting=OURS, tag=OLDER)
DEPLOYS = record(
    actions=DEPLOYED, status="InProgress", known=[RUNNING], running=SWITCHED, tag=OLDER
)
SERVES = record()


def test_commit_is_pushed_approved_and_its_last_wait_ended(promote):
    scene = Scene(record(), WAITS, DEPLOYS, SERVES, is_ahead=True)
    assert promote(scene) == "Production serves commit c0ffee00."
    pushed, approved, ended = scene.done
    assert pushed == "push"
    assert approved.startswith("approve c0ffee: Staging answers")
    assert ended == "end wait of d-NEW"
    assert any("production still bad1de00" in line for line in scene.told)


def test_commit_that_production_serves_is_recognised(promote):
    scene = Scene(SERVES)
    assert "already" in promote(scene)
    assert scene.done == []


def test_waiting_approval_of_an_earlier_run_is_taken_up(promote):
    scene = Scene(WAITS, SERVES)
    promote(scene)
    assert [one.partition(" ")[0] for one in scene.done] == ["approve"]


def test_lab_that_begins_in_a_termination_wait_ends_it(promote):
    scene = Scene(DEPLOYS, SERVES)
    promote.scenes.append(scene)
    assert promotion.end_what_is_under_way(scene) == "Deployment d-NEW of an earlier run has ended."
    assert scene.done == ["end wait of d-NEW"]


def test_lab_that_begins_with_a_deployment_past_the_pipeline_judges_that_one(promote):
    failed = [*DEPLOYED[:-1], action("DeployProd", "Failed", externalExecutionId="d-OLD")]
    ended = deployment(id="d-OLD", status="Stopped")
    under_way = replace(DEPLOYS, actions=failed, known=[RUNNING, ended])
    scene = Scene(under_way, replace(SERVES, actions=failed, known=[deployment(), ended]))
    promote.scenes.append(scene)
    assert promotion.end_what_is_under_way(scene) == "Deployment d-NEW of an earlier run has ended."
    assert scene.done == ["end wait of d-NEW"]


def test_lab_that_begins_at_rest_ends_nothing(promote):
    scene = Scene(SERVES)
    assert promotion.end_what_is_under_way(scene) == "No deployment is under way."
    assert scene.done == []


def test_lab_that_begins_with_a_stuck_deployment_says_how_to_stop_it(promote, monkeypatch):
    monkeypatch.setattr(deployments, "tasks_in_trouble", lambda *_any: [{}, {}])
    stuck = replace(RUNNING, events=(), weights={})
    scene = Scene(replace(DEPLOYS, known=[stuck], running=stuck))
    with pytest.raises(CheckNotPassed, match="stuck in Install") as raised:
        promotion.end_what_is_under_way(scene)
    assert "stop-deployment" in raised.value.remedy


def test_running_deployment_of_an_earlier_run_is_followed(promote):
    scene = Scene(DEPLOYS, SERVES)
    promote(scene)
    assert scene.done == ["end wait of d-NEW"]


def test_wait_is_ended_once_however_long_the_tasks_take_to_go(monkeypatch: pytest.MonkeyPatch):
    scene = Scene(DEPLOYS)
    monkeypatch.setattr(following, "end_termination_wait", lambda _aws, _id: not scene.does(_id))
    waits = following.Waits(scene)  # type: ignore[arg-type]
    for _ in range(2):
        waits.end()
    assert scene.done == ["d-NEW"]


def test_version_on_the_test_port_is_sent_on_once(monkeypatch: pytest.MonkeyPatch):
    ready = replace(RUNNING, status="Ready")
    scene = Scene(replace(DEPLOYS, known=[ready], running=ready))
    monkeypatch.setattr(following, "reroute", lambda _aws, _id: bool(scene.does(_id)))
    waits = following.Waits(scene)  # type: ignore[arg-type]
    waits.end()
    assert scene.told == []  # it had ended meanwhile
    monkeypatch.setattr(following, "reroute", lambda _aws, _id: not scene.does(_id))
    for _ in range(2):
        waits.end()
    assert scene.done == ["d-NEW", "d-NEW"]
    assert scene.told == ["  Sent production's traffic on to c0ffee00 (d-NEW)."]


def test_approval_that_was_decided_since_the_look_is_looked_at_again(
    promote, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_any: Any) -> None:
        scene.does("decide")
        raise UsageError("It waits no more.", "Look at `workshop status`.")

    scene = Scene(WAITS, SERVES)
    monkeypatch.setattr(promotion, "decide", refuse)
    promote(scene)
    assert scene.done == ["decide"]


def test_older_execution_that_the_commit_waits_behind_is_rejected_and_told_why(promote):
    older = waiting(behind=(Carried(EXECUTION, HEAD, "Greet"),))
    behind = record(actions=BUILT, status="InProgress", approval_waiting=older, tag=OLDER)
    scene = Scene(behind, WAITS, SERVES)
    promote(scene)
    rejected, approved = scene.done
    assert rejected == "reject bad1de: Commit c0ffee00 is newer and waits behind this one."
    assert approved.startswith("approve c0ffee")


def test_older_approval_stays_until_the_commit_waits_behind_it(promote):
    on_its_way = record(
        actions=[action("Source")], status="InProgress", approval_waiting=waiting(), tag=OLDER
    )
    scene = Scene(on_its_way)
    promotion._approve(scene, HEAD)  # type: ignore[arg-type]
    assert scene.done == []


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Superseded", "Cancelled", "Succeeded"])
def test_commit_whose_execution_ended_before_production_is_started_anew(promote, status):
    ended = record(actions=BUILT, status=status, tag=OLDER)
    again = replace(
        WAITS, execution_id=RESTARTED, approval_waiting=replace(OURS, execution_id=RESTARTED)
    )
    scene = Scene(ended, again, SERVES)
    promote(scene)
    assert scene.done[0] == "start"
    assert scene.done[1].startswith("approve")


def test_push_that_starts_nothing_is_told(promote):
    scene = Scene(record(), record(actions=[], status="", tag=OLDER), is_ahead=True)
    with pytest.raises(InfrastructureError, match="No execution of commit c0ffee00") as caught:
        promote(scene)
    assert "workshop check 1.3" in caught.value.remedy


def test_commit_that_cannot_be_deployed_is_not_approved(promote):
    broken = replace(WAITS, tree={"buildspec.yml": "", "server.py": ""})
    scene = Scene(broken)
    with pytest.raises(CheckNotPassed, match="`configuration`"):
        promote(scene)
    assert scene.done == []


def test_failed_build_ends_the_run_with_lab_1s_check(promote):
    failed = action("Build", "Failed")
    scene = Scene(record(actions=[action("Source"), failed], status="InProgress", tag=OLDER))
    scene.records.append(replace(scene.records[0], status="Failed"))
    scene.clone.is_ahead_of = lambda _commit: True
    with pytest.raises(CheckNotPassed, match=r"1\.4 `execution`"):
        promote(scene)


def test_rejection_while_the_run_waits_ends_it(promote):
    rejected = record(
        actions=[*BUILT, action("Approve", "Failed", externalExecutionSummary="No")],
        status="InProgress",
        tag=OLDER,
    )
    with pytest.raises(CheckNotPassed, match="rejected by ana: No"):
        promote(Scene(rejected))


class TestRelease:
    """The configuration first; then a change that people see, unless there was one."""

    @pytest.fixture
    def release(self, monkeypatch: pytest.MonkeyPatch, tmp_path):
        def run(*versions: str, by_hand: bool = False) -> tuple[list[str], str]:
            done: list[str] = []
            (tmp_path / "server.py").write_text('GREETING = "Ahoy"\n', encoding="utf-8")

            def commit_all(message: str, step: str | None = None) -> str:
                done.append(f"commit {message}" + (f" ({step})" if step else ""))
                return HEAD

            clone = SimpleNamespace(
                path=tmp_path,
                prepare=lambda _url: None,
                catch_up=lambda: None,
                has_changes=lambda: by_hand,
                commit_all=commit_all,
            )
            known = [deployment(version=version) for version in versions]
            undone = deployment(version="other", creator="codeDeployRollback")
            view = record(known=[undone, *known])
            monkeypatch.setattr(committing, "push_url", lambda *_any: "")
            monkeypatch.setattr(
                production_release, "promote", lambda *_any: done.append("promote") or "Done."
            )
            said = production_release.release_to_production(
                SimpleNamespace(clone=clone, config=None, view=view, progress=lambda _event: None)  # type: ignore[arg-type]
            )
            return done, said

        return run

    def test_greeting_follows_the_configuration(self, release):
        done, said = release(HEAD)
        assert done == ["promote", "commit Greet with Bonjour (2.4)", "promote"]
        assert "Bonjour" in said

    def test_second_version_in_production_is_recognised(self, release):
        assert release(HEAD, OLDER)[0] == ["promote"]

    def test_edits_are_released_as_made_by_hand(self, release):
        done, _ = release(HEAD, OLDER, by_hand=True)
        assert done == ["commit Release what was edited by hand", "promote"]
