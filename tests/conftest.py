"""One standing environment for all slow tests: a foundation costs a fixed minute.

It is made as a newcomer would make it: from a copy of the project in a folder with a space and
Korean letters in its name, with no home, no git configuration and a proxy that is dead.
"""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.scheduling import ByEnvironment
from tests.standing import Standing, copy_project, newcomer_env

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEnvironment:
    """Keep tests that share an environment on one worker, and the slow ones first."""
    config.option.loadscopereorder = False
    return ByEnvironment(config, log)


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the files that git knows or would add: what a fresh clone would have."""
    return copy_project(tmp_path_factory.mktemp("fresh") / "워크숍 1")


@pytest.fixture(scope="session")
def shell_env(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a newcomer's shell, and nothing of the developer's."""
    return newcomer_env(clone, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def standing(clone: Path, shell_env: dict[str, str]) -> Standing:
    """Return the copy with its environment; nothing is provisioned yet."""
    return Standing(clone, shell_env)


@pytest.fixture(scope="session")
def workshop(standing: Standing) -> Command:
    """Return a function that runs `workshop` with arguments, in the copy."""
    return standing.workshop


@pytest.fixture(scope="session")
def environment(
    workshop: Command, standing: Standing
) -> Iterator["subprocess.CompletedProcess[str]"]:
    """Return what the first `workshop lab 1` printed; destroy everything at the end."""
    first = workshop("lab", "1")
    assert first.returncode == 0, first.stdout + first.stderr
    yield first
    last = workshop("destroy")
    assert last.returncode == 0, last.stdout + last.stderr
    assert left_behind(standing) == []


def left_behind(standing: Standing) -> list[str]:
    """Return what a destroyed environment has left: processes, its port, the emulator's data."""
    folder = str(standing.clone)
    left = [
        command
        for process in psutil.process_iter(["cmdline"])
        if folder in (command := " ".join(process.info["cmdline"] or []))
    ]
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", int(standing.env["WORKSHOP_PORT"]))) == 0:
            left.append(f"port {standing.env['WORKSHOP_PORT']}")
    data = standing.clone / ".workshop" / "emulator"
    return left + [str(data)] * data.exists()


@pytest.fixture(scope="session")
def shell(environment: object, standing: Standing) -> Command:
    """Return a function that runs a line of bash after `eval "$(workshop env)"`."""
    return standing.shell
