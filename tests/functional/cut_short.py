"""Runs of `workshop` that do not come to their end: interrupted, or their emulator is killed."""

import fcntl
import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.standing import Completed, Standing


@contextmanager
def begun(own: Standing, words: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `workshop` and hand it over as soon as it has said `words`."""
    with subprocess.Popen(
        [sys.executable, "-m", "workshop", *arguments],
        cwd=own.clone,
        env=dict(own.env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts what runs in the background with Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:
        assert run.stderr is not None
        said = []
        for line in run.stderr:
            said.append(line)
            if words in line:
                yield run
                return
        raise AssertionError(f"{run.wait()}, and never said {words!r}:\n{''.join(said[-30:])}")


def ended(run: "subprocess.Popen[str]") -> Completed:
    _, told = run.communicate()
    return Completed(run.args, run.returncode, "", told)


def interrupted_at(own: Standing, words: str, *arguments: str) -> Completed:
    """Press Ctrl-C as soon as a run has said `words`; return how it ended."""
    with begun(own, words, *arguments) as run:
        run.send_signal(signal.SIGINT)
        return ended(run)


def terminal_closed_at(own: Standing, words: str, *arguments: str) -> int:
    """Close the terminal that a run was started in as soon as it has said `words` there.

    Returns its exit status.
    """
    ours, its = os.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "workshop", *arguments],
        cwd=own.clone,
        env=dict(own.env),
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(its)
    said = b""
    while words.encode() not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    return run.wait()


def assert_interrupted(run: Completed) -> None:
    assert run.returncode == 130, run.stderr
    assert "Run the same command again" in run.stderr


def assert_lost(run: Completed) -> None:
    """Assert that a run told that its emulator was gone, and what to do."""
    assert run.returncode == 3, run.stderr
    assert "The emulator ended while it was at work" in run.stderr
    assert "emulator.log" in run.stderr
    assert "Run the same command again" in run.stderr


def assert_loss_is_told_afterwards(own: Standing, step: str, lab: str) -> None:
    """Assert that the next commands tell of a lost emulator: a check, and the run of a lab."""
    look = own.workshop("check", step)
    assert look.returncode == 2
    assert "no emulator answers" in look.stderr
    assert "It ended without being stopped" in look.stderr
    assert "Run `make lab1`" in look.stderr
    told = f"The emulator stopped while step {step} stood"
    assert_interrupted(interrupted_at(own, told, "lab", lab))


def kill_emulator(own: Standing) -> None:
    emulator = psutil.Process(int((own.clone / ".workshop" / "emulator.pid").read_text()))
    os.kill(emulator.pid, signal.SIGKILL)
