"""The whole workshop's rows, and the Terraform that is timed for them."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.bench import terraform_timer
from tests.bench.workshop_rows import Taken, whole_rows


def test_total_and_terraforms_share_are_of_all_labs():
    whole, share = whole_rows([Taken("workshop lab 1", 120, 90), Taken("workshop lab 2", 80, 30)])
    assert (whole.measured, whole.verdict) == (200, "report")
    assert whole.compared_to == "`workshop lab 1` 120 s; `workshop lab 2` 80 s"
    assert (share.measured, share.unit) == (60, "%")
    assert share.compared_to.startswith("120 s inside Terraform")


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    """Return a Terraform that says what it was told, and ends with 3."""
    folder = tmp_path / "real programs"
    folder.mkdir()
    program = folder / "terraform"
    program.write_text('#!/bin/sh\necho "$@"\nexit 3\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def environment(tmp_path: Path, terraform: Path) -> dict[str, str]:
    path = os.pathsep.join([str(terraform.parent), os.environ["PATH"]])
    return terraform_timer.install(tmp_path / "timed", {"PATH": path, "HOME": "/nowhere"})


def test_timed_terraform_does_what_the_one_behind_it_does(environment):
    command = ["terraform", "plan", "-var", "a=b c"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "plan -var a=b c\n", "")
    assert environment["HOME"] == "/nowhere"


def test_seconds_of_all_runs_are_added_up(tmp_path, environment):
    folder = tmp_path / "timed"
    assert terraform_timer.spent_s(folder) == 0
    started = time.monotonic()
    for _ in range(2):
        subprocess.run(["terraform", "plan"], env=environment, capture_output=True, check=False)
    assert 0 < terraform_timer.spent_s(folder) <= time.monotonic() - started


def test_timed_terraform_hands_an_interrupt_on(tmp_path, terraform, environment):
    terraform.write_text("#!/bin/sh\ntrap 'echo heard; exit 5' INT\necho ready\nread never\n")
    with subprocess.Popen(
        ["terraform"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "heard\n"
    assert process.returncode == 5


def test_no_terraform_to_be_timed_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="make setup"):
        terraform_timer.install(tmp_path, {"PATH": str(tmp_path)})
