"""Nothing that a task started outlives the emulator, however that ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from emulator import awake
from emulator.awake import AwakeClock
from emulator.data_plane.task_runner.driver import sweep

PROGRAM = Path(__file__).with_name("emulator_with_tasks.py")


@dataclass
class Running:
    process: subprocess.Popen[str]
    folder: Path
    pids: list[int]
    family: list[psutil.Process]

    def wait_gone(self) -> None:
        """Wait until every task, and every supervisor, has ended."""
        _, alive = psutil.wait_procs(self.family, timeout=30)
        assert alive == []


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    from tests.unit.emulator.conftest import free_port

    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(tmp_path / "data"), str(free_port())],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    family = psutil.Process(process.pid).children(recursive=True)
    yield Running(process, tmp_path / "data", json.loads(line), family)
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


def test_stop_ends_every_task(running: Running) -> None:
    assert set(running.pids) <= {process.pid for process in running.family}
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(30)
    running.wait_gone()
    assert not (running.folder / "tasks").exists()


def test_killed_emulator_leaves_no_task(running: Running) -> None:
    running.process.kill()
    running.process.wait()
    running.wait_gone()


def test_suspended_emulator_keeps_its_tasks(running: Running) -> None:
    running.process.send_signal(signal.SIGSTOP)
    assert all(psutil.pid_exists(pid) for pid in running.pids)
    running.process.send_signal(signal.SIGCONT)
    assert all(psutil.pid_exists(pid) for pid in running.pids)


def test_next_start_ends_what_a_killed_supervisor_left(running: Running) -> None:
    supervisors = [found for found in running.family if found.pid not in running.pids]
    running.process.send_signal(signal.SIGSTOP)
    for supervisor in supervisors:
        supervisor.kill()
    running.process.kill()
    running.process.wait()
    assert all(psutil.pid_exists(pid) for pid in running.pids)
    sweep(running.folder / "tasks")
    running.wait_gone()
    assert not (running.folder / "tasks").exists()


def test_sweep_leaves_processes_of_others_alone(tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    (folder / "task" / "app").mkdir(parents=True)
    (folder / "task" / "app" / "pid").write_text(str(os.getpid()))
    sweep(folder)
    assert not folder.exists()


def test_time_jumps_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(awake, "monotonic", lambda: now)
    clock = AwakeClock()
    now = 100.5
    clock.advance()
    now = 5000.0
    clock.advance()
    assert clock.seconds == 2.5
