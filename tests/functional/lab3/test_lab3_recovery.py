"""Runs of lab 3 that are cut short, in an environment of their own; each is simply run again.

| What happens | Exit status | Next |
|---|---|---|
| Ctrl-C at the test port, and in the middle of a canary | 130 | the same command |
| the emulator is killed in the middle of a canary | 3 | the same command |
"""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.cut_short import begun, ended, kill_emulator, own_environment
from tests.functional.environments import processes_of
from tests.functional.lab3.shifting import Shifting
from tests.functional.waiting import wait_until
from tests.standing import Standing

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Standing]:
    with own_environment(tmp_path) as made:
        yield made


def is_shifting(lab: Shifting) -> bool:
    """Tell whether both slots have a share of production's traffic."""
    return 0 not in lab.rule_weights().values()


def test_lab_3_that_was_cut_short_is_run_again(own):
    done = own.workshop("lab", "3", "--to", "3.1")
    assert done.returncode == 0, done.stderr
    lab = Shifting(own)

    with begun(own, "the test port answers", "lab", "3") as run:
        run.send_signal(signal.SIGINT)
        interrupted = ended(run)
    assert interrupted.returncode == 130, interrupted.stderr
    assert "Run the same command again" in interrupted.stderr

    with begun(own, "Step 3.3", "lab", "3") as run:
        wait_until(lambda: is_shifting(lab), 240)
        run.send_signal(signal.SIGINT)
        assert ended(run).returncode == 130

    with begun(own, "Step 3.3", "lab", "3", "--to", "3.3") as run:
        wait_until(lambda: is_shifting(lab), 240)
        kill_emulator(own)
        lost = ended(run)
    assert lost.returncode == 3
    assert "The emulator ended while it was at work" in lost.stderr

    again = own.workshop("lab", "3", "--to", "3.2")
    assert again.returncode == 0, again.stderr
    assert "The emulator stopped while step 3.3 stood" in again.stderr
    Shifting(own).plan()
    assert own.workshop("destroy").returncode == 0
    assert processes_of(own) == []
