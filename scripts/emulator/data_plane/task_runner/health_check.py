"""Container health checks: the definition's command, run over and over beside the container."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from emulator.data_plane.task_runner.process import Launch


class HealthCheck:
    """Runs one container's health check in a thread until it is stopped.

    Source: ECS API, HealthCheck: `retries` consecutive failures make a container UNHEALTHY, one
    success makes it HEALTHY, and failures in `startPeriod` do not count.
    """

    def __init__(
        self,
        check: dict[str, Any],
        command: list[str],
        launch: Launch,
        on_change: Callable[[], None],
    ) -> None:
        self.status = "UNKNOWN"
        self._process: subprocess.Popen[bytes] | None = None
        self._process_lock = threading.Lock()
        self._check = check
        self._command = command
        self._launch = launch
        self._on_change = on_change
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health-check", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Check no more, and end the check that runs now: a task's end must not wait for it."""
        with self._process_lock:
            self._stopping.set()
            if self._process is not None:
                _kill(self._process)

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        waited_s = 0.0
        while not self._stopping.wait(self._check["interval"]):
            waited_s += self._check["interval"]
            passed = self._passes()
            if passed is None or self._stopping.is_set():
                continue
            if passed:
                failures = 0
                self._show("HEALTHY")
            elif self.status == "HEALTHY" or waited_s > (self._check.get("startPeriod") or 0):
                failures += 1
                if failures >= self._check["retries"]:
                    self._show("UNHEALTHY")

    def _show(self, status: str) -> None:
        if self.status != status:
            self.status = status
            self._on_change()

    def _passes(self) -> bool | None:
        """Run the command once; None where the machine slept meanwhile, which proves nothing."""
        timeout_s = self._check["timeout"]
        began = monotonic()
        try:
            process = self._begin()
        except (OSError, ValueError):  # a null byte in a word is a ValueError
            return False
        if process is None:
            return None
        try:
            return process.wait(timeout_s) == 0
        except subprocess.TimeoutExpired:
            _kill(process)
            process.wait()
            return None if monotonic() - began > 2 * timeout_s + 1 else False
        finally:
            with self._process_lock:
                self._process = None

    def _begin(self) -> "subprocess.Popen[bytes] | None":
        """Start the command, unless the check was stopped meanwhile."""
        with self._process_lock:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(
                self._command,
                env=self._launch.env,
                cwd=self._launch.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            return self._process


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS forbids it for one that has ended
        os.killpg(process.pid, signal.SIGKILL)


def command_of(check: dict[str, Any]) -> list[str]:
    """Return the command line of a health check: `CMD` as it stands, `CMD-SHELL` by the shell."""
    kind, *words = check["command"]
    if kind == "CMD-SHELL":
        return ["/bin/sh", "-c", " ".join(words)]
    return list(words) if kind == "CMD" else ["/bin/sh", "-c", " ".join([kind, *words])]
