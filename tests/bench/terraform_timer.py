"""A `terraform` first on PATH that runs the one behind it, and writes down how long that took.

As a program it runs by itself (`python -I -S`): command and log come first, then the arguments.
"""

import contextlib
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

_LOG = "terraform-seconds"


def install(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the timer first on its PATH; `folder` keeps what it writes.

    Raises: FileNotFoundError where there is no Terraform to be timed.
    """
    binary = shutil.which("terraform", path=environment["PATH"])
    if binary is None:
        raise FileNotFoundError("There is no `terraform` on PATH: run `make setup`.")
    command = [sys.executable, "-I", "-S", __file__, binary, str(folder / _LOG)]
    shim = folder / "bin" / "terraform"
    shim.parent.mkdir(parents=True)
    shim.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return {**environment, "PATH": os.pathsep.join([str(shim.parent), environment["PATH"]])}


def spent_s(folder: Path) -> float:
    """Return the seconds that Terraform has run so far, all its commands together."""
    log = folder / _LOG
    return sum(map(float, log.read_text().split())) if log.exists() else 0.0


def main(command: str, log: str, *arguments: str) -> int:
    """Run a command, hand interrupts on to it, append its seconds; return its status."""
    told = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, told)  # until there is someone to hand them on to
    started = time.monotonic()
    child = os.posix_spawn(command, [command, *arguments], os.environ, setsigmask=())
    for number in told:
        signal.signal(number, lambda number, _frame: _hand_on(child, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, told)
    _, status = os.waitpid(child, 0)
    with Path(log).open("a", encoding="utf-8") as kept:
        kept.write(f"{time.monotonic() - started:.3f}\n")
    return os.waitstatus_to_exitcode(status)


def _hand_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended since
        os.kill(child, number)


if __name__ == "__main__":
    ended = main(*sys.argv[1:])
    sys.exit(ended if ended >= 0 else 128 - ended)
