"""Health checks: one task for each registration that is to be checked."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from emulator.control_plane.elbv2.routing import HealthCheck
from emulator.data_plane.load_balancer.pool import Resolve
from emulator.data_plane.load_balancer.upstream import Connection, TargetFailed
from emulator.engines.target_health import NO_ANSWER, PASSED, TIMED_OUT, CheckResult, wrong_code

logger = logging.getLogger(__name__)

STALL_S = 0.5
"""A timeout that fires this late says that we stood still, not that the target did."""


class Prober:
    """Carries out single health checks."""

    def __init__(
        self, host: str, resolve: Resolve, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._host = host
        self._resolve = resolve
        self._monotonic = monotonic

    async def check(self, check: HealthCheck) -> CheckResult | None:
        """Return how a check ended, or None for one that our own stall spoilt.

        A suspended laptop or a stopped process wakes up with every timeout overdue; counting
        those would make every target unhealthy at once.
        """
        started = self._monotonic()
        try:
            async with asyncio.timeout(check.timeout_s):
                status = await self._ask(check)
        except TimeoutError:
            late_s = self._monotonic() - started - check.timeout_s
            return None if late_s > STALL_S else TIMED_OUT
        except (OSError, TargetFailed):
            return NO_ANSWER
        return PASSED if matches(check.matcher, status) else wrong_code(status)

    async def _ask(self, check: HealthCheck) -> int:
        ip, _ = check.address
        host_port = self._resolve(ip, check.port)
        if host_port is None:
            raise TargetFailed
        connection = await Connection.open(self._host, host_port)
        try:
            connection.send(_request(check, ip))
            answer = await connection.read_answer("GET")
        finally:
            connection.close()
        return answer.head.status


def _request(check: HealthCheck, ip: str) -> bytes:
    """Source: Application Load Balancer guide, "Health checks": the user agent."""
    lines = [
        f"GET {check.path} HTTP/1.1",
        f"Host: {ip}:{check.port}",
        "Connection: close",
        "User-Agent: ELB-HealthChecker/2.0",
        "Accept-Encoding: gzip, compressed",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def matches(matcher: str, status: int) -> bool:
    """Tell whether a status is in a matcher such as `200`, `200,202` or `200-299`."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


Key = tuple[str, int]
"""A target group's ARN and a registration's serial."""


class HealthChecker:
    """Keeps one task per registration, in the load balancers' loop.

    `record` takes the runtime's lock, so it is called in a thread of its own.
    """

    def __init__(
        self, prober: Prober, record: Callable[[HealthCheck, CheckResult], "asyncio.Future[None]"]
    ) -> None:
        self._prober = prober
        self._record = record
        self._wanted: dict[Key, HealthCheck] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    def follow(self, checks: Iterable[HealthCheck]) -> None:
        """Check exactly these from now on, a new registration at once."""
        self._wanted = {(check.group_arn, check.serial): check for check in checks}
        for key in self._tasks.keys() - self._wanted.keys():
            self._tasks.pop(key).cancel()
        for key in self._wanted.keys() - self._tasks.keys():
            self._tasks[key] = asyncio.create_task(self._keep_checking(key))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        self.follow([])
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_checking(self, key: Key) -> None:
        loop = asyncio.get_running_loop()
        while check := self._wanted.get(key):
            started = loop.time()
            try:
                result = await self._prober.check(check)
                if result is None:
                    continue
                await self._record(check, result)
            except Exception:
                logger.exception("a health check of %s failed", check.address)
            await asyncio.sleep(max(0.0, started + check.interval_s - loop.time()))
