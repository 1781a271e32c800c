"""A build's output on its way to CloudWatch Logs: one pipe, read by line, written in batches."""

import logging
import os
import selectors
import threading
import time
from datetime import datetime
from typing import Any

from moto.core.exceptions import JsonRESTError

from emulator.control_plane import registration
from emulator.control_plane.codebuild.builds import Build
from emulator.runtime import Runtime

logger = logging.getLogger(__name__)

FLUSH_AFTER_S = 0.3
BATCH_SIZE = 1000
LINE_LIMIT_BYTES = 64 * 1024


class BuildLog:
    """Writes what arrives at `fd` to the build's log stream.

    Commands and the runner itself write to the same pipe, so that their lines keep their order.
    """

    def __init__(self, runtime: Runtime, build: Build) -> None:
        self._runtime = runtime
        self._build = build
        self._read_fd, self.fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self._rest = b""
        self._events: list[dict[str, object]] = []
        self._newest_ms = 0
        self._finishing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"log of {build.id}", daemon=True)

    def start(self) -> None:
        """Create the log stream, and the group where it is missing, as CodeBuild does."""
        if self._build.writes_logs:
            with self._runtime.lock:
                logs = self._logs()
                logs.ensure_log_group(self._build.log_group)
                logs.ensure_log_stream(self._build.log_group, self._build.log_stream)
                self._build.logs_are_on = True
        self._thread.start()

    def line(self, text: str) -> None:
        """Write one line of the runner's own, as CodeBuild marks them."""
        now = datetime.now().strftime("%Y/%m/%d %H:%M:%S.%f")  # noqa: DTZ005 (a log line for people)
        self._write(f"[Container] {now} {text}\n")

    def command(self, text: str) -> None:
        """Write a line about a command, set off by an empty one."""
        self._write("\n")
        self.line(text)

    def stop(self) -> None:
        """Write what is left; nobody may write to `fd` any more. Idempotent."""
        if self._finishing.is_set():
            return
        self._finishing.set()
        if self._thread.is_alive():
            self._thread.join()
        os.close(self.fd)
        os.close(self._read_fd)

    def _write(self, text: str) -> None:
        data = text.encode(errors="replace")
        while data:
            data = data[os.write(self.fd, data) :]

    def _run(self) -> None:
        flushed_at = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._read_fd, selectors.EVENT_READ)
            while True:
                last_round = self._finishing.is_set()
                ready = selector.select(0 if last_round else 0.1)
                if ready:
                    self._take(os.read(self._read_fd, 65536))
                is_due = time.monotonic() - flushed_at >= FLUSH_AFTER_S
                if self._events and (is_due or len(self._events) >= BATCH_SIZE):
                    self._flush()
                    flushed_at = time.monotonic()
                if last_round and not ready:
                    break
        if self._rest:
            self._add(self._rest)
        self._flush()

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._add(line)
        if len(self._rest) > LINE_LIMIT_BYTES:
            self._add(self._rest)
            self._rest = b""

    def _add(self, line: bytes) -> None:
        # CodeBuild's events keep their line feed, which lets an empty line be an event at all
        message = line.decode(errors="replace") + "\n"
        # a batch must be in order, also where the machine's clock is set back meanwhile
        self._newest_ms = max(self._newest_ms, int(time.time() * 1000))
        self._events.append({"timestamp": self._newest_ms, "message": message})

    def _flush(self) -> None:
        events, self._events = self._events, []
        if not events or not self._build.logs_are_on:
            return
        with self._runtime.lock:
            try:
                self._logs().put_log_events(self._build.log_group, self._build.log_stream, events)
            except JsonRESTError:  # the group was deleted meanwhile, and must not come back
                logger.warning("%s: the log group is gone", self._build.id)

    def _logs(self) -> Any:
        return registration.backend("logs", self._build.account_id, self._build.region)
