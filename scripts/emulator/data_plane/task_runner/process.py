"""One container's process, its output and its end."""

import collections
import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import IO

SUPERVISOR = Path(__file__).with_name("supervisor.py")
TAIL_LINES = 20
LONGEST_LINE = 256 * 1024
"""Bytes. Source: CloudWatch Logs quotas, event size."""


@dataclass(frozen=True)
class Launch:
    """Everything that a process is started with; `env` is the whole environment."""

    argv: list[str]
    env: dict[str, str]
    cwd: Path
    pid_file: Path


@dataclass(frozen=True)
class Line:
    """One line of output; `timestamp` is in milliseconds since 1970."""

    timestamp: int
    message: str


class CannotStart(Exception):
    """The process could not be started; the message is the system's."""


class ContainerProcess:
    """Started by the constructor; `on_change` is called, in another thread, when it has ended."""

    def __init__(self, launch: Launch, on_change: Callable[[], None]) -> None:
        self.exit_code: int | None = None
        self._on_change = on_change
        self._lines: list[Line] = []
        self._newest_ms = 0
        self._tail: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        self._lock = threading.Lock()
        reader, writer = os.pipe()
        try:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", str(SUPERVISOR), str(writer)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[writer],
                start_new_session=True,
                env={"PATH": os.defpath},
                cwd="/",
            )
        except OSError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self._status = os.fdopen(reader, "rb", buffering=0)
        self.pid = self._begin(launch)
        self._thread = threading.Thread(target=self._follow, name=f"container-{self.pid}")
        self._thread.daemon = True
        self._thread.start()

    def _begin(self, launch: Launch) -> int:
        spec = {
            "argv": launch.argv,
            "env": launch.env,
            "cwd": str(launch.cwd),
            "pid_file": str(launch.pid_file),
        }
        self._write(json.dumps(spec))
        word, _, value = self._status.readline().decode().strip().partition(" ")
        if word == "pid":
            return int(value)
        self._close()
        raise CannotStart(value or "the supervisor ended early")

    def signal(self, name: str) -> None:
        """Send a signal, such as `SIGTERM`, to the whole process group; ended ones get none."""
        if self.exit_code is None:
            self._write(name)

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until output and exit code are read, or for so long."""
        self._thread.join(timeout_s)

    def take_lines(self) -> list[Line]:
        """Return what was written since the last call."""
        with self._lock:
            lines, self._lines = self._lines, []
        return lines

    @property
    def tail(self) -> list[str]:
        with self._lock:
            return list(self._tail)

    def _write(self, text: str) -> None:
        stdin = _of(self._supervisor.stdin)
        try:
            stdin.write(text.encode() + b"\n")
            stdin.flush()
        except (OSError, ValueError):
            return  # it has ended meanwhile

    def _follow(self) -> None:
        code = 137  # what is told where the supervisor itself was killed
        try:
            code = self._read_to_the_end(code)
        finally:  # a process without an exit code would never be seen to end
            self._close()
            self.exit_code = code
            self._on_change()

    def _read_to_the_end(self, code: int) -> int:
        """Keep the output until the process has ended; return its exit code if it is told."""
        output = _of(self._supervisor.stdout)
        pending = b""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            selector.register(self._status, selectors.EVENT_READ)
            is_open, is_alive = True, True
            while is_open or is_alive:
                ready = [key.fileobj for key, _ in selector.select(None if is_alive else 0.2)]
                if not ready and not is_alive:
                    break  # something that left the process group still holds the output
                if output in ready:
                    chunk = os.read(output.fileno(), 65536)
                    is_open = bool(chunk)
                    pending = self._keep(pending + chunk)
                    if not chunk:
                        selector.unregister(output)
                if self._status in ready:
                    text = self._status.readline().decode().strip()
                    if text.startswith("exit "):
                        code = int(text.split()[1])
                    is_alive = False
                    selector.unregister(self._status)
        if pending:
            self._keep(pending + b"\n")
        return code

    def _keep(self, data: bytes) -> bytes:
        """Store whole lines, and return the rest."""
        *whole, rest = data.split(b"\n")
        if len(rest) > LONGEST_LINE:
            whole, rest = [*whole, rest], b""
        # a batch of log events must be in order, also where the machine's clock is set back
        self._newest_ms = now = max(self._newest_ms, int(time() * 1000))
        texts = [line.decode(errors="replace").rstrip("\r") for line in whole]
        with self._lock:
            self._lines += [Line(now, text) for text in texts]
            self._tail.extend(texts)
        return rest

    def _close(self) -> None:
        for stream in (self._supervisor.stdin, self._supervisor.stdout, self._status):
            try:
                _of(stream).close()
            except OSError:
                continue  # a write that nobody reads any more
        self._supervisor.wait()


def _of(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the supervisor was started without pipes")
    return stream
