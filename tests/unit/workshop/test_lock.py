"""One run a participant and target."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.workshop.conftest import Command
from tests.unit.workshop.fake_terraform import FakeProvider, FakeTerraform

from workshop.config import Config
from workshop.emulator_process import EmulatorProcess
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


def test_terraform_by_hand_has_to_wait_where_it_is_not_initialised_yet(
    workshop: Command,
    config: Config,
    emulator: EmulatorProcess,
    shell: pytest.MonkeyPatch,
    tmp_path: Path,
):
    fake = FakeTerraform(tmp_path / "fake")
    provider = FakeProvider(fake.folder)
    shell.setenv("PATH", f"{fake.folder}{os.pathsep}{os.environ['PATH']}")
    by_hand = ("terraform", "--", "state", "list")
    with RunLock(config, "workshop lab 1"):
        refused = workshop(*by_hand)
    assert refused.exit_code == 2
    assert "is taken by `workshop lab 1`" in refused.stderr
    assert workshop(*by_hand).exit_code == 0
    with RunLock(config, "workshop lab 1"):
        assert workshop(*by_hand).exit_code == 0
    assert fake.commands() == ["init", "state", "state"]
    assert provider.starts() == []
    assert emulator.is_alive()
