"""A copy of the project with a shell and an emulator of its own, for slow tests and benchmarks."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

ROOM_FOR_TERRAFORM = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""Lets Terraform, the suite's greatest consumer, do without a fifth of its CPU: collecting garbage.

Source: the Go runtime's package documentation, "Environment Variables".
"""

Completed = subprocess.CompletedProcess[str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def copy_project(folder: Path) -> Path:
    """Copy the files that git knows or would add: what a fresh clone would have."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    for name in listed.decode().split("\0"):
        source = PROJECT / name
        if name and source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def newcomer_env(clone: Path, home: Path) -> dict[str, str]:
    """Return the environment of a newcomer's shell, and nothing of the developer's.

    There is no git configuration, and the proxy is dead.
    """
    setup = PROJECT / ".workshop"  # where `make setup` puts what a machine lacks
    return {
        "PATH": os.pathsep.join([str(setup / "bin"), os.environ["PATH"]]),
        "HOME": str(home),
        "LANG": "ko_KR.UTF-8",
        **ROOM_FOR_TERRAFORM,
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "WORKSHOP_ROOT": str(clone),
        "WORKSHOP_PORT": str(free_port()),
        "PYTHONPATH": str(clone / "scripts"),
        **({"WORKSHOP_MIRROR": str(setup / "mirror")} if (setup / "mirror").is_dir() else {}),
    }


@dataclass(frozen=True)
class Standing:
    """A copy of the project, and the environment that its commands run in."""

    clone: Path
    env: Mapping[str, str]

    def workshop(self, *arguments: str, **more_env: str) -> Completed:
        """Run `workshop` with arguments; nothing is checked."""
        return self._run([sys.executable, "-m", "workshop", *arguments], more_env)

    def shell(self, line: str, check: bool = True) -> Completed:
        """Run a line of bash after `eval "$(workshop env)"`; by default it must succeed."""
        exports = self.workshop("env")
        assert exports.returncode == 0, exports.stderr
        done = self._run(["bash", "-c", f"{exports.stdout}\n{line}"], {})
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def _run(self, command: list[str], more_env: Mapping[str, str]) -> Completed:
        return run_to_end(command, self.clone, {**self.env, **more_env})


def run_to_end(command: list[str], folder: Path, env: Mapping[str, str]) -> Completed:
    """Run a command; if we are interrupted, so is it, and we wait for it to end in order.

    `subprocess.run` would kill it, and leave Terraform without anyone who waits for it.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal reaches it through us, once
    ) as process:
        try:
            out, err = process.communicate()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
    return Completed(command, process.returncode, out, err)
