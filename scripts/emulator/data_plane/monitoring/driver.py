"""Lets load balancers report once an emulated minute, and compares every alarm."""

import logging
from datetime import datetime
from typing import Any

from emulator.control_plane import registration
from emulator.control_plane.cloudwatch.models import CloudWatchBackend
from emulator.data_plane.load_balancer.metrics import RequestMetrics
from emulator.data_plane.monitoring import load_balancers
from emulator.engines.alarms import windows
from emulator.runtime import Runtime
from emulator.worker import Worker

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""A report, and what an alarm makes of it, is at most this late."""


class Monitoring:
    """One worker. What it does is quick, and happens with the runtime's lock held."""

    def __init__(self, runtime: Runtime, requests: RequestMetrics) -> None:
        self._runtime = runtime
        self._requests = requests
        self._worker = Worker("monitoring", self._tick, LOOK_EVERY_S)
        self._reported_s = 0.0
        self._began_at: datetime = runtime.clock.now()

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()

    def _tick(self) -> None:
        with self._runtime.lock:
            now_s = self._runtime.emulated_time.now()
            self._report(now_s)
            for backend in registration.backends("cloudwatch"):
                for alarm in list(backend.alarms.values()):
                    self._compare(backend, alarm, now_s)

    def _compare(self, backend: CloudWatchBackend, alarm: Any, now_s: float) -> None:
        try:
            backend.compare(alarm, now_s)
        except Exception:  # one alarm must not hold up the others
            logger.exception("The alarm `%s` could not be compared", alarm.name)

    def _report(self, now_s: float) -> None:
        """Report what was counted since the last time, if an emulated minute is over.

        It belongs to the minute that ended last, in whose first moment alarms find it, and is
        shown under the real time at which the counting began.
        """
        every_s = windows.report_every_s(self._runtime.clock.scale)
        minute_s = now_s // every_s * every_s
        if minute_s <= self._reported_s:
            return
        self._reported_s = minute_s
        began_at, self._began_at = self._began_at, self._runtime.clock.now()
        moment = load_balancers.Moment(began_at, minute_s - every_s)
        load_balancers.report(self._requests.take(), moment)
