"""How a lab is walked, and how checks end."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from workshop import labs, runner
from workshop.checks.model import (
    Check,
    Ending,
    Finding,
    Outcome,
    could_not_look,
    evaluate,
    failed,
    not_passed,
    not_yet,
    passed,
    settle,
)
from workshop.checks.view import NotStanding
from workshop.config import Config
from workshop.errors import (
    CheckNotPassed,
    InfrastructureError,
    NotPrepared,
    UsageError,
    WorkshopError,
)
from workshop.labs import LADDER, checks_for, lab_numbered, step_labelled, steps_between
from workshop.labs.model import Lab, Step

VIEW: Any = None


def check(*findings: Finding, timeout_s: float = 60) -> Check:
    """Return a check that finds these, one a look, and goes on finding the last."""
    left = list(findings)
    return Check(
        "1.1",
        "thing",
        "a thing",
        lambda _view: left.pop(0) if len(left) > 1 else left[0],
        timeout_s,
    )


def raising(error: Exception) -> Check:
    def look(_view: Any) -> Finding:
        raise error

    return Check("1.3", "thing", "a thing", look)


def settled(one: Check) -> Outcome:
    return settle(one, VIEW, lambda _outcome: None, poll_s=0)


def test_check_that_comes_true_passes():
    assert settled(check(not_yet("coming"), passed("there"))).is_passed


def test_check_stops_at_a_terminal_failure():
    found = settled(check(not_yet("coming"), failed("gone", "why", "do"), passed("too late")))
    assert found.finding.ending is Ending.FAILED


def test_check_whose_time_is_over_is_not_yet():
    assert settled(check(not_yet("coming"), timeout_s=0)).finding.ending is Ending.NOT_YET


def test_aws_error_ends_as_could_not_look_and_is_named():
    error = ClientError({"Error": {"Code": "Throttling", "Message": "slow down"}}, "GetBranch")
    found = evaluate(raising(error), VIEW).finding
    assert found.ending is Ending.COULD_NOT_LOOK
    assert "Throttling" in found.observed
    assert "workshop doctor" in found.remedy


def test_refused_connection_ends_as_could_not_look():
    assert evaluate(raising(ConnectionRefusedError("no")), VIEW).finding.ending == "could not look"


def test_what_a_later_step_makes_is_not_yet_and_the_step_is_named():
    found = evaluate(raising(NotStanding("The environment stands at step 1.1.")), VIEW).finding
    assert found.ending is Ending.NOT_YET
    assert found.remedy == "Run `workshop lab 1 --to 1.3`."


def test_programming_error_in_a_check_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        evaluate(raising(ZeroDivisionError()), VIEW)


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        ([passed("a"), passed("b")], 0),
        ([passed("a"), not_yet("b")], 1),
        ([could_not_look("a"), failed("b", "c", "d")], 1),
        ([not_yet("a"), could_not_look("b")], 3),
        ([], 0),
    ],
)
def test_exit_status_tells_the_worst_ending(findings, status):
    assert runner.exit_code(Outcome(check(one), one) for one in findings) == status


def test_failed_check_says_expected_observed_cause_evidence_and_next():
    finding = failed("nothing", "it was deleted", "Run `make lab1`.", ("log: oops",))
    error = not_passed(Outcome(check(finding), finding))
    assert isinstance(error, CheckNotPassed)
    assert error.message.splitlines() == [
        "Check 1.1 `thing`: failed.",
        "  expected: a thing",
        "  observed: nothing",
        "  likely cause: it was deleted",
        "    log: oops",
    ]
    assert error.remedy == "Run `make lab1`."


class FakeTerraform:
    """Records what is applied; the ladder as Terraform's state would tell it."""

    def __init__(self, standing: str | None) -> None:
        self.standing = standing
        self.applied: list[str] = []
        self.refreshed: list[bool] = []

    def look_for_itself(self) -> None:
        pass

    def current_step(self) -> str | None:
        return self.standing

    def apply(self, step: str, _progress: Any, *, refresh: bool = True) -> None:
        self.applied.append(step)
        self.refreshed.append(refresh)
        self.standing = step


class FakeTarget:
    poll_s = 0.0

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.lost: WorkshopError | None = None

    def ensure_ready(self, _progress: Any) -> None:
        pass

    def confirm_creation(self, confirm: Any) -> None:
        self.asked.append(confirm)

    def loss(self) -> WorkshopError | None:
        return self.lost


def session_at(
    folder: Path, standing: str | None, target: FakeTarget | None, progress: Any
) -> runner.Session:
    return runner.Session(
        Config(root=folder),
        target or FakeTarget(),  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        FakeTerraform(standing),  # type: ignore[arg-type]
        progress,
    )


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that walks steps over a fake environment and returns what happened."""
    monkeypatch.setattr(
        runner,
        "_context",
        lambda session: SimpleNamespace(
            progress=session.progress,
            view=VIEW,
            target=session.target,
            environment=SimpleNamespace(step=session.terraform.standing),
        ),
    )

    def run(
        steps: list[Step],
        standing: str | None,
        target: FakeTarget | None = None,
        **options: Any,
    ) -> SimpleNamespace:
        notes: list[str] = []
        session = session_at(tmp_path, standing, target, lambda event: notes.append(event.text))
        runner.run_steps(session, steps, lambda _question: True, **options)
        return SimpleNamespace(
            applied=session.terraform.applied,
            refreshed=session.terraform.refreshed,
            notes=notes,
            asked=session.target.asked,
        )

    return run


def step(label: str, *checks: Check, action: Any = None, prepare: Any = None) -> Step:
    checks = checks or (check(passed("ok")),)
    return Step(label, f"title {label}", "hint", checks, action, prepare=prepare)


@pytest.fixture
def ladder(monkeypatch: pytest.MonkeyPatch):
    """Return a function that puts two labs of one's own in the place of the workshop's."""

    def build(first: list[Step], second: list[Step]) -> None:
        made = (
            Lab(1, "one", "0", "staging", tuple(first)),
            Lab(2, "two", first[-1].label, "prod", tuple(second)),
        )
        monkeypatch.setattr(labs, "LABS", made)

    return build


LAB_1 = ["1.1", "1.2", "1.3", "1.4"]


def lab_1(*last_checks: Check) -> list[Step]:
    return [*(step(label) for label in LAB_1[:3]), step("1.4", *last_checks)]


@pytest.mark.parametrize(
    ("standing", "applied"),
    [
        (None, [*LAB_1, "2.1"]),
        ("0", [*LAB_1, "2.1"]),
        ("1.2", ["1.3", "1.4", "2.1"]),
        ("1.4", ["2.1"]),
        ("2.2", ["2.2"]),
    ],
)
def test_earlier_labs_missing_steps_come_first(walk, ladder, standing, applied):
    ladder(lab_1(), [step("2.1"), step("2.2")])
    assert walk([step("2.1")], standing).applied == applied


def test_step_of_an_earlier_lab_that_was_cut_short_is_taken_again(walk, ladder):
    done: list[str] = []
    coming = check(not_yet("no release yet"), passed("released"))
    cut_short = step("1.4", coming, action=lambda _context: done.append("act") or "acted")
    ladder([*lab_1()[:3], cut_short], [step("2.1")])
    assert walk([step("2.1")], "1.4").applied == ["1.4", "2.1"]
    assert done == ["act"]


def test_step_is_prepared_before_terraform_reaches_it_and_not_again(walk, ladder):
    events: list[str] = []
    third = step("2.3", prepare=lambda _context: events.append("prepare"))
    ladder(lab_1(), [step("2.1"), step("2.2"), third, step("2.4")])
    walk([third], "2.2")
    assert events == ["prepare"]
    walk([third], "2.3")
    assert events == ["prepare"]


def test_step_that_is_leapt_over_is_prepared_too(walk, ladder):
    events: list[str] = []
    third = step("2.3", prepare=lambda _context: events.append("prepare"))
    ladder(lab_1(), [step("2.1"), step("2.2"), third, step("2.4")])
    assert walk([step("2.4")], "2.1").applied == ["2.4"]
    assert events == ["prepare"]


def test_nothing_is_prepared_where_nothing_stands(walk, ladder):
    events: list[str] = []
    first = step("1.1", prepare=lambda _context: events.append("prepare"))
    ladder([first, *lab_1()[1:]], [step("2.1")])
    walk([first], None)
    assert events == []


def test_steps_are_provisioned_in_order(walk):
    assert walk([step("1.1"), step("1.2")], None).applied == ["1.1", "1.2"]


def test_creation_is_confirmed_only_where_nothing_stands(walk):
    assert len(walk([step("1.1")], None).asked) == 1
    assert walk([step("1.1")], "1.1").asked == []


def test_ladder_is_never_lowered_and_what_stands_is_mended_once(walk):
    assert walk([step("1.1"), step("1.2")], "1.4").applied == ["1.4"]


@pytest.mark.parametrize("standing", [None, "0", "1.1"])
def test_what_stands_is_looked_at_by_the_first_apply_of_a_run_alone(walk, standing):
    walked = walk([step("1.1"), step("1.2"), step("1.3")], standing)
    assert walked.refreshed == [True, *(False for _ in walked.applied[1:])]


def test_what_stands_is_looked_at_by_every_apply_where_a_person_may_act(walk):
    walked = walk([step("1.1"), step("1.2")], None, pause=lambda _step, _commands: True)
    assert walked.refreshed == [True, True]


def test_action_comes_before_the_checks_of_its_step(walk):
    done: list[str] = []
    watched = Check("1.1", "thing", "a thing", lambda _view: done.append("check") or passed("ok"))
    walk([step("1.1", watched, action=lambda _context: done.append("act") or "acted")], None)
    assert done == ["act", "check"]


def test_action_done_by_hand_is_left_out(walk):
    done: list[str] = []
    acting = step("1.1", action=lambda _context: done.append("act") or "acted")
    walk([acting], None, pause=lambda _step, _commands: False)
    assert done == []


def test_step_after_a_failed_check_is_not_taken(walk):
    with pytest.raises(CheckNotPassed):
        walk([step("1.1", check(failed("a", "b", "c"))), step("1.2")], None)


def test_check_that_could_not_look_ends_the_run_as_infrastructure(walk):
    with pytest.raises(InfrastructureError):
        walk([step("1.1", check(could_not_look("a"), timeout_s=0))], None)


def test_target_that_is_lost_in_a_wait_ends_it_and_is_told(walk):
    target = FakeTarget()
    target.lost = InfrastructureError("The emulator ended.", "Run the same command again.")
    with pytest.raises(InfrastructureError, match="The emulator ended"):
        walk([step("1.1", check(could_not_look("nobody answers")))], None, target)


def test_target_that_is_lost_explains_the_error_of_an_action(walk):
    def act(_context: Any) -> str:
        target.lost = InfrastructureError("The emulator ended.")
        raise ConnectionRefusedError("nobody answers")

    target = FakeTarget()
    with pytest.raises(InfrastructureError, match="The emulator ended") as caught:
        walk([step("1.1", action=act)], None, target)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_lost_emulator_is_told_of(walk, tmp_path):
    walk([step("1.2")], None)
    assert any("rebuilding takes" in note for note in walk([step("1.1")], None).notes)
    shutil.rmtree(Config(root=tmp_path).evidence_dir)  # as a destroy does
    assert not any("rebuilding" in note for note in walk([step("1.1")], None).notes)


class TestProvisioning:
    """A step's Terraform alone, for a person who acts by hand."""

    @pytest.fixture
    def provision(self, walk, ladder, tmp_path: Path):
        """Return a function that provisions a step of lab 2 and returns what was applied."""

        def run(made: list[Step], label: str, standing: str) -> list[str]:
            session = session_at(tmp_path, standing, None, lambda _event: None)
            ladder(lab_1(), made)
            lab = Lab(2, "two", "1.4", "prod", tuple(made))
            runner.provision_step(session, lab, next(s for s in made if s.label == label))
            return session.terraform.applied  # type: ignore[attr-defined]

        return run

    def test_action_is_left_to_the_person(self, provision):
        done: list[str] = []
        acting = step("2.2", check(not_yet("a")), action=lambda _context: done.append("act") or "")
        assert provision([step("2.1"), acting], "2.2", "2.1") == ["2.2"]
        assert done == []

    def test_step_before_must_have_been_taken(self, provision):
        coming = step("2.1", check(not_yet("nothing was pushed")))
        with pytest.raises(CheckNotPassed, match="nothing was pushed"):
            provision([coming, step("2.2")], "2.2", "2.1")

    def test_lab_before_must_stand(self, provision):
        with pytest.raises(NotPrepared, match=r"at step 1\.3, and lab 2 starts from 1\.4") as it:
            provision([step("2.1")], "2.1", "1.3")
        assert "make lab1" in it.value.remedy

    def test_ladder_is_not_lowered(self, provision):
        assert provision([step("2.1"), step("2.2")], "2.1", "2.2") == ["2.2"]

    def test_what_stands_is_brought_to_rest_first(self, provision):
        events: list[str] = []
        third = step("2.3", prepare=lambda _context: events.append("prepare"))
        provision([step("2.1"), step("2.2"), third], "2.3", "2.1")
        assert events == ["prepare"]


def test_unknown_lab_and_step_name_those_that_exist():
    with pytest.raises(UsageError, match="Lab `9` does not exist") as refused:
        lab_numbered(9)
    assert "1" in refused.value.remedy
    with pytest.raises(UsageError, match=r"Step `1\.9` does not exist") as refused:
        step_labelled("1.9")
    assert "1.1, 1.2" in refused.value.remedy


def test_steps_between_are_cut_at_both_ends():
    labels = [one.label for one in steps_between(lab_numbered(1), "1.2", "1.3")]
    assert labels == ["1.2", "1.3"]


@pytest.mark.parametrize(("first", "last"), [("2.1", None), (None, "1.9"), ("1.3", "1.2")])
def test_steps_that_make_no_range_are_refused(first, last):
    with pytest.raises(UsageError):
        steps_between(lab_numbered(1), first, last)


def test_checks_are_selected_by_lab_or_step():
    assert {one.step for one in checks_for("1.4")} == {"1.4"}
    assert {one.step for one in checks_for("1")} == {"1.1", "1.2", "1.3", "1.4"}


def test_ladder_is_that_of_terraform():
    locals_tf = Path("terraform/locals.tf").read_text(encoding="utf-8")
    steps = ", ".join(f'"{label}"' for label in LADDER)
    assert f"steps = [{steps}]" in locals_tf
