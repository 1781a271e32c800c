"""Terraform while it runs: its output heard to the end, Ctrl-C handed on, its target watched."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterable
from time import monotonic
from types import FrameType
from typing import Any

from workshop.errors import WorkshopError
from workshop.interrupts import heeded, let_go_of_terminal
from workshop.progress import Note, Progress, ResourceStarted
from workshop.targets import Target
from workshop.terraform_events import Stream

QUIET_S = 3.0
"""How long after the last resource was begun an interrupt is handed on."""

LONGEST_HOLD_S = 15.0
"""How long an interrupt is held back at most."""

_INTERVAL_S = 0.2


class Minder:
    """While it is entered, a child gets at most one interrupt, and is killed if its target is lost.

    Ctrl-C, SIGTERM and a closed terminal do not come as an exception, which could come at any line:
    the child is waited for whatever happens. Later ones are not handed on, as Terraform would then
    leave its state behind. The first is held back for as long as a resource was begun just now: it
    cancels the requests under way, and what AWS makes of a cancelled one is in nobody's state.

    Where the target is lost Terraform would ask for minutes, again and again, and then write down a
    state whose resources and whose place are gone alike.
    """

    def __init__(self, target: Target) -> None:
        self.loss: WorkshopError | None = None
        self._target = target
        self._interrupted_at: float | None = None
        self._last_start = -LONGEST_HOLD_S
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Minder":
        if threading.current_thread() is threading.main_thread():
            for number in heeded():
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        for number, before in self._before.items():
            signal.signal(number, before)

    @property
    def is_interrupted(self) -> bool:
        return self._interrupted_at is not None

    def mind(self, child: "subprocess.Popen[bytes]") -> None:
        """Begin to mind a child; what it is told before it ends, it is told once."""
        self._thread = threading.Thread(
            target=self._watch, args=(child,), name="terraform-minder", daemon=True
        )
        self._thread.start()

    def note_start(self) -> None:
        """Hear that the child has begun a resource."""
        self._last_start = monotonic()

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            let_go_of_terminal()
        if self._interrupted_at is None:
            self._interrupted_at = monotonic()

    def _watch(self, child: "subprocess.Popen[bytes]") -> None:
        is_told = False
        while not self._is_over.wait(_INTERVAL_S):
            self.loss = self._target.loss()
            if self.loss is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.kill()  # one that does not lead its group yet
                return
            if not is_told and self._is_time_to_interrupt():
                is_told = True
                child.send_signal(signal.SIGINT)

    def _is_time_to_interrupt(self) -> bool:
        if self._interrupted_at is None:
            return False
        now = monotonic()
        is_quiet = now - self._last_start >= QUIET_S
        return is_quiet or now - self._interrupted_at >= LONGEST_HOLD_S


def read_to_end(lines: Iterable[bytes], stream: Stream, progress: Progress, minder: Minder) -> None:
    """Read the child's output until it ends, telling what it does."""
    was_told = False
    for line in lines:
        event = stream.read(line.decode(errors="replace"))
        if isinstance(event, ResourceStarted):
            minder.note_start()
        if event is not None:
            progress(event)
        if minder.is_interrupted and not was_told:
            was_told = True
            progress(Note("Interrupted: waiting for Terraform to end in order."))
