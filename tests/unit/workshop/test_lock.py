"""One run a participant and target."""

import subprocess
import sys
from dataclasses import replace

import pytest

from workshop.config import Config
from workshop.errors import UsageError
from workshop.lock import RunLock

HOLDER = """
import sys
from pathlib import Path
from workshop.config import Config
from workshop.lock import RunLock
with RunLock(Config(root=Path(sys.argv[1])), "workshop lab 1"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(config: Config):
    """Run another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(config.root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_run_is_told_who_holds_it(config: Config, holder: "subprocess.Popen[str]"):
    with pytest.raises(UsageError) as caught, RunLock(config, "workshop reset"):
        pass
    assert caught.value.message == (
        "Participant `workshop` on target `local` is taken by `workshop lab 1` "
        f"(process {holder.pid})."
    )
    assert caught.value.exit_code == 2


def test_lock_of_a_dead_holder_is_free(config: Config, holder: "subprocess.Popen[str]"):
    holder.kill()
    holder.wait()
    with RunLock(config, "workshop reset"):
        pass


def test_another_participant_is_not_in_the_way(config: Config, holder: "subprocess.Popen[str]"):
    with RunLock(replace(config, participant="ana"), "workshop lab 1"):
        pass


def test_lock_can_be_taken_again_after_an_error(config: Config):
    with pytest.raises(ZeroDivisionError), RunLock(config, "workshop lab 1"):
        raise ZeroDivisionError
    with RunLock(config, "workshop lab 1"):
        pass
