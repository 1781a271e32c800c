"""Carries one request to one target and the answer back, streaming both bodies."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from emulator.control_plane.elbv2.routing import Address
from emulator.data_plane.load_balancer import headers
from emulator.data_plane.load_balancer.answers import ElbError
from emulator.data_plane.load_balancer.pool import NoAddress, Pool
from emulator.data_plane.load_balancer.upstream import (
    Answer,
    Connection,
    ResponseHead,
    TargetFailed,
)

CONNECT_TIMEOUT_S = 10.0
"""Source: Application Load Balancer guide, "HTTP 504": 10 seconds to establish a connection."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_HTTP_1_0 = (1, 0)


class Written(web.StreamResponse):
    """Tells aiohttp that an answer is on the wire already, and whether the connection can stay."""

    def __init__(self, status: int, keep_alive: bool) -> None:
        super().__init__(status=status)
        self._reusable = keep_alive

    @property
    def keep_alive(self) -> bool:
        return self._reusable

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing: the head was written."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: the end was written."""


class Relay:
    """One request under way from a client to a target."""

    def __init__(
        self, pool: Pool, request: web.BaseRequest, published_port: int, idle_timeout_s: float
    ) -> None:
        self._pool = pool
        self._request = request
        self._idle_timeout_s = idle_timeout_s
        self._has_body = request.body_exists
        self._is_chunked = hdrs.CONTENT_LENGTH not in request.headers
        self._head = self._request_head(published_port)

    def _request_head(self, published_port: int) -> bytes:
        request = self._request
        lines = headers.for_target(
            list(request.raw_headers), request.remote or "127.0.0.1", published_port
        )
        if self._has_body and self._is_chunked:
            lines.append(b"Transfer-Encoding: chunked")
        first = f"{request.method} {request.raw_path} HTTP/1.1".encode()
        return b"\r\n".join([first, *lines, b"", b""])

    async def run(self, address: Address) -> Written:
        """Return once the answer is written. Raises ElbError while none of it is."""
        host_port, connection, begun = await self._ask_with_retry(address)
        done = False
        try:
            written, done = await self._answer(connection, begun)
        finally:
            if done and begun.head.keeps_connection:
                self._pool.give(address, host_port, connection)
            else:
                connection.close()
        return written

    async def _ask_with_retry(self, address: Address) -> tuple[int, Connection, Answer]:
        """Ask on a kept connection, and once more on a fresh one if the target had dropped it."""
        try:
            return await self._ask(address, fresh=False)
        except TargetFailed as error:
            if not error.unanswered or not self._may_repeat():
                raise ElbError(502) from error
        try:
            return await self._ask(address, fresh=True)
        except TargetFailed as error:
            raise ElbError(502) from error

    def _may_repeat(self) -> bool:
        return self._request.method in _IDEMPOTENT and not self._has_body

    async def _ask(self, address: Address, fresh: bool) -> tuple[int, Connection, Answer]:
        host_port, connection = await self._connect(address, fresh)
        begun: Answer | None = None
        try:
            begun = await self._exchange(connection)
        except TargetFailed as error:
            # only a connection that served before can have been dropped between two requests
            raise TargetFailed(error.unanswered and connection.uses > 0) from error
        except TimeoutError as error:
            raise ElbError(504) from error
        finally:
            if begun is None:
                connection.close()
        return host_port, connection, begun

    async def _connect(self, address: Address, fresh: bool) -> tuple[int, Connection]:
        try:
            host_port, kept = self._pool.take(address)
            if kept is not None and not fresh:
                return host_port, kept
            if kept is not None:
                kept.close()
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return host_port, await self._pool.open(host_port)
        except TimeoutError as error:
            raise ElbError(504) from error
        except (NoAddress, OSError) as error:
            raise ElbError(502) from error

    async def _exchange(self, connection: Connection) -> Answer:
        connection.send(self._head)
        if self._has_body:
            return await self._exchange_with_body(connection)
        async with asyncio.timeout(self._idle_timeout_s):
            return await connection.read_answer(self._request.method)

    async def _exchange_with_body(self, connection: Connection) -> Answer:
        """Send the body while listening: a target may refuse before it has read everything."""
        await self._answer_expectation()
        answer = asyncio.create_task(connection.read_answer(self._request.method))
        sending = asyncio.create_task(self._send_body(connection))
        try:
            await asyncio.wait({answer, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                await sending
            async with asyncio.timeout(self._idle_timeout_s):
                return await answer
        finally:
            for task in (answer, sending):
                task.cancel()
            await asyncio.gather(answer, sending, return_exceptions=True)

    async def _answer_expectation(self) -> None:
        if self._request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            _transport(self._request).write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def _send_body(self, connection: Connection) -> None:
        try:
            async for piece in self._client_body():
                connection.send(
                    b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece
                )
                await connection.writer.drain()
            if self._is_chunked:
                connection.send(b"0\r\n\r\n")
        except ConnectionError:
            return  # the target has stopped reading; what it answers, if anything, decides

    async def _client_body(self) -> AsyncIterator[bytes]:
        content = self._request.content
        while True:
            try:
                async with asyncio.timeout(self._idle_timeout_s):
                    piece = await content.readany()
            except TimeoutError as error:
                raise ElbError(408) from error
            except (OSError, web.RequestPayloadError) as error:
                raise ElbError(400) from error  # nobody is left to read it
            if not piece:
                return
            yield piece

    async def _answer(self, connection: Connection, begun: Answer) -> tuple[Written, bool]:
        """Write the answer; return it, and whether it was read to its end."""
        lines = headers.for_client(begun.head.headers)
        if begun.whole_body is None:
            return await self._stream(connection, begun.head, lines)
        written = self._write(begun.head, lines, begun.whole_body, self._request.keep_alive)
        return written, True

    async def _stream(
        self, connection: Connection, head: ResponseHead, lines: list[bytes]
    ) -> tuple[Written, bool]:
        keep_alive = self._request.keep_alive
        is_chunked = head.content_length is None and tuple(self._request.version) > _HTTP_1_0
        if is_chunked:
            lines.append(b"Transfer-Encoding: chunked")
        elif head.content_length is None:
            keep_alive = False
        answer = self._write(head, lines, b"", keep_alive)
        transport = _transport(self._request)
        try:
            async for piece in self._timed(connection.read_body(head)):
                transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
                await self._request.writer.drain()
        except (TargetFailed, TimeoutError):
            transport.abort()  # the only way left to say that this is not the whole answer
            return Written(head.status, keep_alive=False), False
        if is_chunked:
            transport.write(b"0\r\n\r\n")
        return answer, True

    async def _timed(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            async with asyncio.timeout(self._idle_timeout_s):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece

    def _write(
        self, head: ResponseHead, lines: list[bytes], body: bytes, keep_alive: bool
    ) -> Written:
        is_old = tuple(self._request.version) <= _HTTP_1_0
        if keep_alive == is_old:  # each version says what is not its default
            lines.append(b"Connection: keep-alive" if keep_alive else b"Connection: close")
        first = b"HTTP/1.1 %d %b" % (head.status, head.reason)
        _transport(self._request).write(b"\r\n".join([first, *lines, b"", body]))
        return Written(head.status, keep_alive)


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    return transport
