"""One listener: finds the rule a request meets, and acts on it."""

import itertools
import logging
import time
from typing import Protocol

from aiohttp import hdrs, web

from emulator.control_plane.elbv2.routing import (
    Address,
    FixedResponse,
    Forward,
    GroupTargets,
    ListenerTable,
    Redirect,
    Route,
)
from emulator.data_plane.load_balancer import answers
from emulator.data_plane.load_balancer.answers import ElbError
from emulator.data_plane.load_balancer.matching import RequestFacts, find_route
from emulator.data_plane.load_balancer.metrics import RequestMetrics
from emulator.data_plane.load_balancer.pool import Pool
from emulator.data_plane.load_balancer.relay import Relay, Written
from emulator.data_plane.load_balancer.shares import Shares

logger = logging.getLogger(__name__)

KEEPALIVE_S = 60.0
"""How long an idle client may keep its connection: AWS's default idle timeout."""

MAX_LINE_BYTES = 16 * 1024
"""Source: Application Load Balancer guide, quotas: a request line, a single header."""


class Backend(Protocol):
    """What a listener reads of the elbv2 backend, at each request and without a lock."""

    tables: dict[str, ListenerTable]
    groups: dict[str, GroupTargets]


class Listener:
    """Answers the requests that come to one listener's port."""

    def __init__(
        self,
        backend: Backend,
        listener_arn: str,
        published_port: int,
        pool: Pool,
        metrics: RequestMetrics,
    ) -> None:
        self._backend = backend
        self._arn = listener_arn
        self._port = published_port
        self._pool = pool
        self._metrics = metrics
        self._shares = Shares()
        self._turns: dict[str, itertools.count[int]] = {}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        table = self._backend.tables.get(self._arn)
        if table is None:  # deleted a moment ago; the port is about to close
            return answers.error(503)
        if request.version >= (1, 1) and hdrs.HOST not in request.headers:
            return self._own(table, None, answers.error(400))
        facts = _facts(request)
        route = find_route(table.routes, facts)
        action = route.action
        if isinstance(action, Forward):
            return await self._forward(request, table, route, action)
        if isinstance(action, Redirect):
            return self._own(table, None, answers.redirect(action, facts, self._port))
        return self._fixed(table, action)

    def _fixed(self, table: ListenerTable, action: FixedResponse) -> web.Response:
        return self._own(table, None, answers.fixed(action))

    async def _forward(
        self, request: web.BaseRequest, table: ListenerTable, route: Route, action: Forward
    ) -> web.StreamResponse:
        group_arn = self._shares.next_group(route, action)
        address = self._next_target(group_arn) if group_arn else None
        if group_arn is None or address is None:
            return self._own(table, group_arn, answers.error(503))
        relay = Relay(self._pool, request, self._port, table.idle_timeout_s)
        started = time.monotonic()
        try:
            answer = await relay.run(address)
        except ElbError as error:
            return self._own(table, group_arn, answers.error(error.status), chose_target=True)
        except ConnectionError:  # the client went away; there is nobody to answer
            return Written(499, keep_alive=False)
        self._metrics.count_target(
            (table.load_balancer_arn, group_arn), answer.status, time.monotonic() - started
        )
        return answer

    def _next_target(self, group_arn: str) -> Address | None:
        """Return the next target in turn of those that may get requests now."""
        group = self._backend.groups.get(group_arn)
        if group is None or not group.routable:
            return None
        turn = next(self._turns.setdefault(group_arn, itertools.count()))
        return group.routable[turn % len(group.routable)]

    def _own(
        self,
        table: ListenerTable,
        group_arn: str | None,
        answer: web.Response,
        chose_target: bool = False,
    ) -> web.Response:
        self._metrics.count_elb((table.load_balancer_arn, group_arn), answer.status, chose_target)
        return answer


def _facts(request: web.BaseRequest) -> RequestFacts:
    target = request.raw_path
    if not target.startswith("/"):  # absolute form, as clients send it to a proxy
        target = request.path_qs
    return RequestFacts(
        method=request.method,
        target=target,
        host=request.headers.get(hdrs.HOST, ""),
        client_ip=request.remote or "127.0.0.1",
        headers=request.headers,
    )


class _Protocol(web.RequestHandler):
    """Answers what aiohttp refuses as an ALB does."""

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 (aiohttp's signature)
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= 500:
            logger.error("a request failed in the load balancer: %s", message, exc_info=exc)
        answer = answers.error(status)
        answer.force_close()
        return answer


class AlbServer(web.Server):
    """aiohttp's server with the error pages of an ALB, passing bodies on as they come."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(
            listener.handle,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_S,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
        )

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)
