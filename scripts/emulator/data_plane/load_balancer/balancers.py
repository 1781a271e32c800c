"""Every load balancer of the emulator: opens and closes ports, checks targets, drains them."""

import asyncio
import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from emulator.control_plane import registration
from emulator.control_plane.elbv2.routing import HealthCheck, ListenerTable
from emulator.data_plane.load_balancer.checker import HealthChecker, Prober
from emulator.data_plane.load_balancer.metrics import RequestMetrics
from emulator.data_plane.load_balancer.pool import Pool
from emulator.data_plane.load_balancer.publishing import NoPortFree, open_socket
from emulator.data_plane.load_balancer.site import AlbServer, Listener
from emulator.engines.target_health import CheckResult
from emulator.hints import Hint
from emulator.runtime import Runtime

logger = logging.getLogger(__name__)

_LOOK_INTERVAL_S = 0.5
_CLOSING_S = 2.0
_ANSWER_WITHIN_S = 10.0


@dataclass
class _Published:
    """A listener's own port, the port of 127.0.0.1 that stands for it, and who answers there."""

    listener_port: int
    port: int
    runner: web.ServerRunner


class LoadBalancers:
    """Serves every listener on 127.0.0.1, in one asyncio loop in a thread of its own.

    The loop never takes the runtime's lock: what needs it runs in a second thread.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.metrics = RequestMetrics()
        self._runtime = runtime
        self._host = runtime.settings.host
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="load-balancers", daemon=True)
        self._locked = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load-balancers-lock")
        self._wake = asyncio.Event()
        self._syncing = asyncio.Lock()
        self._pool = Pool(self._host, runtime.addresses.resolve)
        self._checker = HealthChecker(
            Prober(self._host, runtime.addresses.resolve), self._record_check
        )
        self._published: dict[str, _Published] = {}
        self._without_port: set[str] = set()
        self._stopping = False
        runtime.hints.subscribe("elbv2.", self._heard)

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def stop(self) -> None:
        """Close every port and connection, and join. Idempotent."""
        if self._stopping or not self._thread.is_alive():
            return
        self._stopping = True
        self._loop.call_soon_threadsafe(self._wake.set)
        self._thread.join()
        self._locked.shutdown()
        self._loop.close()

    def listeners(self) -> list[dict[str, Any]]:
        """Return every listener and where it is published; never call it with the lock held.

        Ports are brought up to date first, so a listener that was just created is in the answer.
        """
        future = asyncio.run_coroutine_threadsafe(self._describe(), self._loop)
        return future.result(_ANSWER_WITHIN_S)

    async def _describe(self) -> list[dict[str, Any]]:
        await self._sync()
        return [
            {
                "listenerArn": table.listener_arn,
                "loadBalancerArn": table.load_balancer_arn,
                "loadBalancerName": table.load_balancer_name,
                "port": table.port,
                "publishedPort": self._published[table.listener_arn].port,
            }
            for backend in await self._backends()
            for table in backend.tables.values()
            if table.listener_arn in self._published
        ]

    def _heard(self, _hint: Hint) -> None:
        if self._thread.is_alive() and not self._stopping:
            self._loop.call_soon_threadsafe(self._wake.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        while not self._stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_INTERVAL_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._sync()
            except Exception:
                logger.exception("the load balancers could not be brought up to date")
        await self._close()

    async def _sync(self) -> None:
        """Bring ports, connections and health checks in line with the backends."""
        async with self._syncing:
            backends = await self._backends()
            wanted = {
                table.listener_arn: (b, table) for b in backends for table in b.tables.values()
            }
            gone = [arn for arn in self._published if not self._is_current(arn, wanted)]
            await asyncio.gather(*(self._unpublish(arn) for arn in gone))
            self._without_port &= wanted.keys()
            for arn, (backend, table) in wanted.items():
                if arn not in self._published:
                    await self._publish(backend, table)
            self._pool.keep_only(
                address
                for b in backends
                for group in b.groups.values()
                for address in group.registered
            )
            self._checker.follow(check for b in backends for check in b.health_checks)

    def _is_current(self, arn: str, wanted: dict[str, tuple[Any, ListenerTable]]) -> bool:
        return arn in wanted and wanted[arn][1].port == self._published[arn].listener_port

    async def _publish(self, backend: Any, table: ListenerTable) -> None:
        try:
            opened = open_socket(self._host, table.port, self._runtime.settings.published_ports)
        except NoPortFree as error:
            if table.listener_arn not in self._without_port:  # it is tried over and over
                logger.error("listener %s: %s", table.listener_arn, error)
            self._without_port.add(table.listener_arn)
            return
        self._without_port.discard(table.listener_arn)
        port = opened.getsockname()[1]
        listener = Listener(backend, table.listener_arn, port, self._pool, self.metrics)
        runner = web.ServerRunner(AlbServer(listener), shutdown_timeout=_CLOSING_S)
        await runner.setup()
        await web.SockSite(runner, opened).start()
        self._published[table.listener_arn] = _Published(table.port, port, runner)
        logger.info("%s:%d listens on port %d", table.load_balancer_name, table.port, port)

    async def _unpublish(self, listener_arn: str) -> None:
        await self._published.pop(listener_arn).runner.cleanup()

    async def _close(self) -> None:
        async with self._syncing:
            await self._checker.stop()
            await asyncio.gather(*(self._unpublish(arn) for arn in list(self._published)))
            await self._pool.close()

    async def _backends(self) -> list[Any]:
        return await self._loop.run_in_executor(self._locked, self._read_backends)

    def _read_backends(self) -> list[Any]:
        with self._runtime.lock:
            found = registration.backends("elbv2")
            for backend in found:
                backend.drop_drained()
            return found

    def _record_check(self, check: HealthCheck, result: CheckResult) -> "asyncio.Future[None]":
        return self._loop.run_in_executor(self._locked, self._write_check, check, result)

    def _write_check(self, check: HealthCheck, result: CheckResult) -> None:
        with self._runtime.lock:
            for backend in registration.backends("elbv2"):
                backend.record_check(check, result)
