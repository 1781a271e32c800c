"""A thread that does one thing over and over, until it is told to stop."""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Worker:
    """Calls `tick` whenever it is woken, and at least every `interval_s`.

    An exception in a tick is logged and the next tick goes on: one broken service must not stop
    the others. `stop` joins; it is idempotent.
    """

    def __init__(self, name: str, tick: Callable[[], None], interval_s: float) -> None:
        self._tick = tick
        self._interval_s = interval_s
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._interval_s)
            self._wake.clear()
            if self._stopping:
                return
            try:
                self._tick()
            except Exception:
                logger.exception("%s: a tick failed", self._thread.name)
