"""What is left of a build when the emulator goes down, kindly or not: nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from build_helpers import wait_until

from emulator.clock import Clock
from emulator.config import Settings
from emulator.data_plane.build_runner import BuildRunner
from emulator.data_plane.build_runner.folder import BuildFolder
from emulator.data_plane.build_runner.shell import BuildShell, Interrupted
from emulator.runtime import Runtime

HOLDER = """
import sys
from pathlib import Path
from emulator.data_plane.build_runner.folder import BuildFolder
from emulator.data_plane.build_runner.shell import BuildShell
folder = BuildFolder(Path(sys.argv[1]))
folder.create()
variables = {"PATH": "/usr/bin:/bin", "CODEBUILD_SRC_DIR": str(folder.source)}
shell = BuildShell(folder, variables, 1, lambda: False)
away = "import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(600)"
command = f"{sys.executable} -c '{away}' & sleep 600 & wait"
shell.run(command, program="sh", is_succeeding=True, shares_shell=True)
"""


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_killed_emulator_takes_its_builds_processes_with_it(tmp_path: Path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "build")], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder, holder.stdout:
        moved = int(holder.stdout.readline())
        family = [one.pid for one in psutil.Process(holder.pid).children(recursive=True)]
        assert moved in family
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        wait_until(lambda: not any(alive(pid) for pid in family), "the end of every process")


def test_a_starting_runner_ends_what_a_killed_one_left(tmp_path: Path):
    source = tmp_path / "builds" / "b1" / "src"
    source.mkdir(parents=True)
    stray = subprocess.Popen(
        ["/bin/sleep", "600"],
        env={"CODEBUILD_SRC_DIR": str(source)},
        start_new_session=True,
    )
    runner = BuildRunner(Runtime(Settings(data_dir=tmp_path), Clock(1)))
    runner.start()
    try:
        assert stray.wait(timeout=30) == -signal.SIGKILL
        assert list((tmp_path / "builds").iterdir()) == []
    finally:
        runner.stop()
        runner.stop()


def test_an_interrupted_command_is_killed_with_its_children(tmp_path: Path):
    folder = BuildFolder(tmp_path / "build")
    folder.create()
    marker = tmp_path / "pid"
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a descriptor is wanted)
        shell = BuildShell(
            folder, {"PATH": "/usr/bin:/bin"}, nowhere.fileno(), lambda: marker.exists()
        )
        try:
            command = f"sleep 600 & echo $! > {marker}.new; mv {marker}.new {marker}; wait"
            shell.run(command, program="sh", is_succeeding=True, shares_shell=True)
        except Interrupted:
            pid = int(marker.read_text())
        finally:
            shell.kill()
            shell.kill()
    wait_until(lambda: not alive(pid), "the end of the child")
