"""What Terraform says, by a file: a pipe would end it together with a reader that is killed.

Terraform that writes to a pipe which nobody reads any more ends at once, and what it was making is
in no state. It writes to a file and goes on to its end instead. Whoever writes there holds a lock
on the file, which ends with the writer, however that ends.
"""

import contextlib
import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_INTERVAL_S = 0.1

_WRITER = """
import fcntl, os, sys
os.setpgid(0, 0)
output = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
fcntl.flock(output, fcntl.LOCK_EX)
os.dup2(output, 1)
os.dup2(output, 2)
with open(sys.argv[2], "w") as file:
    file.write(str(os.getpid()))
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes another program, which inherits the file and thereby the lock."""


class OutputFile:
    """Where one Terraform after the other writes; it holds what the last one said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pid_file = path.with_suffix(".pid")

    def clear(self) -> None:
        """Begin anew, for the next writer."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._pid_file.unlink(missing_ok=True)
        self.path.write_bytes(b"")

    def writer(self, command: list[str]) -> list[str]:
        """Return what runs a command that writes here, in a process group of its own."""
        files = (str(self.path), str(self._pid_file))
        return [sys.executable, "-I", "-S", "-c", _WRITER, *files, *command]

    def living_writer(self) -> int | None:
        """Return the process id of a writer that has not ended; it leads a process group."""
        with contextlib.suppress(FileNotFoundError, ValueError), self.path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(self._pid_file.read_text())
        return None

    def lines(self, writer: "subprocess.Popen[bytes]") -> Iterator[bytes]:
        """Yield the lines of a writer that was just started as they come, until it has ended."""
        rest = b""
        with self.path.open("rb") as file:
            is_over = False
            while not is_over:
                is_over = writer.poll() is not None  # before reading: there is no more then
                *whole, rest = (rest + file.read()).split(b"\n")
                yield from whole
                if not is_over and not whole:
                    time.sleep(_INTERVAL_S)
        if rest:
            yield rest
