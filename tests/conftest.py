"""One standing environment for all slow tests: a foundation costs a fixed minute.

It is made as a newcomer would make it: from a copy of the project in a folder with a space and
Korean letters in its name, with no home, no git configuration and a proxy that is dead.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the files that git knows or would add: what a fresh clone would have."""
    folder = tmp_path_factory.mktemp("fresh") / "워크숍 1"
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


@pytest.fixture(scope="session")
def shell_env(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a newcomer's shell, and nothing of the developer's."""
    setup = PROJECT / ".workshop"  # where `make setup` puts what a machine lacks
    return {
        "PATH": os.pathsep.join([str(setup / "bin"), os.environ["PATH"]]),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "LANG": "ko_KR.UTF-8",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "WORKSHOP_ROOT": str(clone),
        "WORKSHOP_PORT": str(free_port()),
        "PYTHONPATH": str(clone / "scripts"),
        **({"WORKSHOP_MIRROR": str(setup / "mirror")} if (setup / "mirror").is_dir() else {}),
    }


@pytest.fixture(scope="session")
def workshop(clone: Path, shell_env: dict[str, str]) -> Command:
    """Return a function that runs `workshop` with arguments, in the copy."""

    def run(*arguments: str, **more_env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "workshop", *arguments],
            cwd=clone,
            env={**shell_env, **more_env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def environment(workshop: Command) -> Iterator["subprocess.CompletedProcess[str]"]:
    """Return what the first `workshop lab 1` printed; destroy everything at the end."""
    first = workshop("lab", "1")
    assert first.returncode == 0, first.stdout + first.stderr
    yield first
    last = workshop("destroy")
    assert last.returncode == 0, last.stdout + last.stderr


@pytest.fixture(scope="session")
def shell(
    environment: object, workshop: Command, clone: Path, shell_env: dict[str, str]
) -> Command:
    """Return a function that runs a line of bash after `eval "$(workshop env)"`."""

    def run(line: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        exports = workshop("env")
        assert exports.returncode == 0, exports.stderr
        done = subprocess.run(
            ["bash", "-c", f"{exports.stdout}\n{line}"],
            cwd=clone,
            env=shell_env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run
