"""A standing environment for the slow tests of one lab: a foundation costs a fixed minute.

It is made as a newcomer would make it: from a copy of the project in a folder with a space and
Korean letters in its name, with no home, no git configuration and a proxy that is dead.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.standing import Completed, Standing, copy_project, newcomer_env

Command = Callable[..., Completed]


def fresh_copy(folders: pytest.TempPathFactory) -> Standing:
    """Return a copy of the files that git knows or would add; nothing is provisioned yet."""
    clone = copy_project(folders.mktemp("fresh") / "워크숍 1")
    return Standing(clone, newcomer_env(clone, folders.mktemp("home")))


@contextmanager
def made_by(standing: Standing, *arguments: str) -> Iterator[Completed]:
    """Yield what the first `workshop` run printed; destroy everything at the end, and prove it."""
    first = standing.workshop(*arguments)
    assert first.returncode == 0, first.stdout + first.stderr
    yield first
    last = standing.workshop("destroy")
    assert last.returncode == 0, last.stdout + last.stderr
    assert left_behind(standing) == []


def left_behind(standing: Standing) -> list[str]:
    """Return what a destroyed environment has left: processes, its port, the emulator's data."""
    left = processes_of(standing)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", int(standing.env["WORKSHOP_PORT"]))) == 0:
            left.append(f"port {standing.env['WORKSHOP_PORT']}")
    data = standing.clone / ".workshop" / "emulator"
    return left + [str(data)] * data.exists()


def processes_of(standing: Standing) -> list[str]:
    """Return the command line of every process that names the copy's folder."""
    folder = str(standing.clone)
    return [
        command
        for process in psutil.process_iter(["cmdline"])
        if folder in (command := " ".join(process.info["cmdline"] or []))
    ]
