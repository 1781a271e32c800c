"""`workshop watch`: what it prints, when it ends, and with which status."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import deployment
from tests.unit.workshop.conftest import Command
from tests.unit.workshop.shift.made_up import SLOTS, looks, shared
from tests.unit.workshop.watch.moments import clock, scene, shift, stretch

from workshop.cli import watch as command
from workshop.cli.context import Context
from workshop.console import Console
from workshop.watch.scene import Scene, Shift

BEGUN = shift(10, events=())
DONE = shift(10, stretch(10, 10, 100), events=(), status="Succeeded")
END = (
    "deployment d-NEW ended: Succeeded; at blue 90 %, green 10 % measured blue 90.0 %, "
    "green 10.0 % (± 9.0 allowed) of 100 requests in 20 s"
)
FIRST = "pipeline: Source Succeeded, Approve InProgress, DeployProd NotExecuted"

Watch = Callable[..., Any]


class FakeWatcher:
    """Sees the scenes that it is told; a Ctrl-C where there is none any more."""

    seen: list[Scene]
    rate: float

    def __init__(self, _view: Any, rate: float, poll_s: float, loss: Any) -> None:
        FakeWatcher.rate = rate
        self.is_asking = False
        samples = shared(0, 20, 20, 200)
        self.recorder = SimpleNamespace(
            looks=looks(0, 20, 10), samples=lambda: samples, slots=SLOTS
        )

    def __enter__(self) -> "FakeWatcher":
        self.is_asking = True
        return self

    def __exit__(self, *_: object) -> None:
        self.is_asking = False

    def scenes(self) -> Iterator[Scene]:
        for one in self.seen:
            assert self.is_asking
            yield one
        raise KeyboardInterrupt


@pytest.fixture
def watch(workshop: Command, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return a function that runs `workshop watch` and sees scenes with these shifts."""

    def run(*arguments: str, shifts: list[Shift], target: str = "local"):
        seen = [scene(number, one) for number, one in enumerate(shifts)]
        found = SimpleNamespace(
            view=None, target=SimpleNamespace(name=target, poll_s=0, loss=lambda: None)
        )
        monkeypatch.setattr(FakeWatcher, "seen", seen, raising=False)
        monkeypatch.setattr(command, "Watcher", FakeWatcher)
        monkeypatch.setattr(command, "open_context", lambda _session: found)
        monkeypatch.setattr(Context, "require_running_target", lambda _self: None)
        return workshop("watch", *arguments)

    return run


def test_without_a_terminal_every_change_is_a_line_until_the_deployment_has_ended(watch: Watch):
    outcome = watch(shifts=[BEGUN, BEGUN, DONE, DONE, DONE])
    assert outcome.exit_code == 0
    assert outcome.stdout == (
        f"{clock(0)}  {FIRST}\n"
        f"{clock(0)}  deployment d-NEW of c0ffee00, ana-canary, InProgress\n"
        f"{clock(0)}  weights: blue 90 %, green 10 %\n"
        f"{clock(0)}  production answers: 00000000\n"
        f"{clock(2)}  {END}\n"
    )
    assert outcome.stderr == ""


def test_wait_for_a_deployment_is_told(watch: Watch):
    old = Shift(deployment(id="d-OLD", configuration="ana-canary"))
    outcome = watch("--timeout", "90", shifts=[old, BEGUN, DONE, DONE])
    assert outcome.exit_code == 0
    assert outcome.stdout == (
        f"{clock(0)}  {FIRST}\n"
        f"{clock(0)}  deployment d-OLD of c0ffee00, ana-canary, Succeeded\n"
        f"{clock(0)}  production answers: 00000000\n"
        f"{clock(1)}  deployment d-NEW of c0ffee00, ana-canary, InProgress\n"
        f"{clock(1)}  weights: blue 90 %, green 10 %\n"
        f"{clock(2)}  {END}\n"
    )
    assert outcome.stderr == "Nothing is being deployed; waiting for it, 90 s at most.\n"


def test_deployment_that_does_not_come_is_not_yet(watch: Watch):
    outcome = watch("--timeout", "0", shifts=[Shift(deployment())] * 3)
    assert outcome.exit_code == 1
    assert "No deployment has begun within 0 s." in outcome.stderr


def test_ctrl_c_is_the_end_of_a_watch_that_has_none(watch: Watch):
    outcome = watch("--follow", shifts=[BEGUN, DONE, DONE, DONE])
    assert outcome.exit_code == 0
    assert outcome.stdout.endswith(f"{clock(1)}  {END}\n")
    assert outcome.stderr == ""


def test_terminal_is_redrawn_until_ctrl_c(watch: Watch, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Console, "redraws", True)
    outcome = watch(shifts=[BEGUN, DONE, DONE, DONE])
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[0] == f"{clock(3)}  Ctrl-C ends the watch"
    assert "  green  ░░░░░░░░░░░░░░░░░░░░       10 %        0 %" in outcome.stdout


def test_ctrl_c_before_the_end_that_was_asked_for_is_an_interruption(watch: Watch):
    outcome = watch("--until-end", shifts=[BEGUN])
    assert outcome.exit_code == 130
    assert "Interrupted before the deployment's end." in outcome.stderr


@pytest.mark.parametrize(("target", "rate"), [("local", 10), ("aws", 5)])
def test_requests_are_gentle_unless_told_otherwise(watch: Watch, target: str, rate: float):
    watch("--follow", shifts=[], target=target)
    assert FakeWatcher.rate == rate
    watch("--follow", "--rate", "2.5", shifts=[], target=target)
    assert FakeWatcher.rate == 2.5


@pytest.mark.parametrize("option", [["--rate", "0"], ["--rate", "1000"], ["--timeout", "-1"]])
def test_numbers_out_of_range_are_wrong_use(watch: Watch, option: list[str]):
    outcome = watch(*option, shifts=[])
    assert outcome.exit_code == 2
    assert option[0] in outcome.stderr


@pytest.mark.parametrize("shifts", [[BEGUN, DONE, DONE], [BEGUN]])
def test_picture_is_drawn_also_of_a_watch_that_was_interrupted(
    watch: Watch, tmp_path: Path, shifts: list[Shift]
):
    path = tmp_path / "shift.svg"
    outcome = watch("--until-end", "--save", str(path), shifts=shifts)
    assert f"The picture is in `{path}`." in outcome.stderr
    assert path.read_text().startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg')


def test_place_of_the_picture_is_looked_at_before_anything_is_watched(
    workshop: Command, tmp_path: Path
):
    outcome = workshop("watch", "--save", str(tmp_path / "shift.png"))
    assert outcome.exit_code == 2
    assert "shift.svg" in outcome.stderr
    assert outcome.stdout == ""


def test_without_an_emulator_it_says_what_to_run(workshop: Command):
    outcome = workshop("watch")
    assert outcome.exit_code == 2
    assert "is not prepared on target `local`" in outcome.stderr
    assert outcome.stdout == ""
