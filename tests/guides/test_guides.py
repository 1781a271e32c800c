"""The guides' commands run, their promised output appears, and they leave no step out."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.participant import Participant
from tests.functional.what_stands import what_labs_make
from tests.guides.bash_session import BashSession
from tests.standing import Standing, copy_project, newcomer_env
from workshop.guides import Block, missing_output, read_blocks
from workshop.labs import LABS

GUIDES = Path(__file__).resolve().parents[2] / "lab-guides" / "en"
GUIDE_OF_LAB = {1: "lab1-rolling.md", 2: "lab2-blue-green.md", 3: "lab3-canary.md"}


def guide_of(number: int) -> str:
    return (GUIDES / GUIDE_OF_LAB[number]).read_text(encoding="utf-8")


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: f"lab{lab.number}")
def test_guide_has_a_section_for_every_step(lab):
    headings = [line for line in guide_of(lab.number).splitlines() if line.startswith("## Step ")]
    assert [heading.split()[2].rstrip(":") for heading in headings] == [
        step.label for step in lab.steps
    ]


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: f"lab{lab.number}")
def test_every_step_has_command_output_notice_hint_and_check(lab):
    sections = guide_of(lab.number).split("\n## Step ")[1:]
    for section in sections:
        label = section.split()[0].rstrip(":")
        text = section.split("\n## ")[0]
        blocks = read_blocks(text)
        assert any(block.commands for block in blocks), label
        assert any(block.output for block in blocks), label
        assert "Notice: " in text, label
        assert f"workshop hint {label}" in text, label
        assert f"workshop check {label}" in text, label


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: f"lab{lab.number}")
def test_every_guide_opens_with_minutes_and_the_way_in_for_a_latecomer(lab):
    opening = guide_of(lab.number).split("\n## ")[0]
    assert "Minutes" in opening
    assert f"make lab{lab.number}" in opening


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return a fresh copy of the project in which nothing stands; destroy what the guides make."""
    clone = copy_project(tmp_path_factory.mktemp("guides") / "워크숍 1")
    (clone / ".venv").symlink_to(Path(sys.prefix))
    made = Standing(clone, newcomer_env(clone, tmp_path_factory.mktemp("home")))
    yield made
    done = made.workshop("destroy")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("lab", LABS, ids=lambda lab: f"lab{lab.number}")
def test_commands_of_a_guide_run_and_print_what_it_promises(lab, newcomer):
    """Each guide in a new shell, after the guides before it, as in a course."""
    with BashSession(newcomer.clone, dict(newcomer.env)) as session:
        for block in read_blocks(guide_of(lab.number)):
            if block.is_run:
                take(block, session)


@pytest.mark.slow
def test_reset_of_lab_1_takes_along_what_all_guides_have_made(newcomer):
    participant = Participant(newcomer)
    made = what_labs_make(participant)
    assert all(made.values()), made
    done = newcomer.workshop("reset", "1")
    assert done.returncode == 0, done.stderr
    left = what_labs_make(participant)
    assert not any(left.values()), left
    for service, operation, key in (
        ("codedeploy", "list_applications", "applications"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ("sns", "list_topics", "Topics"),
    ):
        assert getattr(participant.aws(service), operation)()[key] == []


def take(block: Block, session: BashSession) -> None:
    """Run a block's commands in the session, and hold the guide to its word."""
    printed = ""
    status = 0
    for command in block.commands:
        status, text = session.run(command, block.timeout_s)
        printed += text
        assert block.expects_error or status == 0, f"line {block.line}: {command}\n{printed}"
    assert not block.expects_error or status != 0, f"line {block.line} was to fail\n{printed}"
    missing = missing_output(block, printed)
    assert missing is None, f"line {block.line} promises {missing!r}, which is not in:\n{printed}"


def test_session_keeps_folder_and_variables_between_commands(tmp_path):
    with BashSession(tmp_path, {"PATH": "/usr/bin:/bin"}) as session:
        session.run("mkdir deep && cd deep && export GREETING=Moin")
        status, text = session.run('pwd; echo "$GREETING"; false')
    assert (status, text.splitlines()) == (1, [str(tmp_path / "deep"), "Moin"])


def test_session_gives_up_on_a_command_that_does_not_end(tmp_path):
    with (
        BashSession(tmp_path, {"PATH": "/usr/bin:/bin"}) as session,
        pytest.raises(subprocess.TimeoutExpired),
    ):
        session.run("tail -f /dev/null", timeout_s=0.2)
