"""A client of targets: HTTP/1.1 over one connection, with nothing added and nothing hidden.

A general HTTP client follows redirects, retries and renames headers by its own lights; a load
balancer must know whether a byte was answered, since that decides between a retry and a 502.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

CHUNK_BYTES = 64 * 1024
MAX_HEAD_BYTES = 64 * 1024

Headers = list[tuple[bytes, bytes]]


class TargetFailed(Exception):
    """The target's answer did not come, or made no sense.

    `unanswered`: the connection ended before the first byte of an answer.
    """

    def __init__(self, unanswered: bool = False) -> None:
        super().__init__("the target did not answer properly")
        self.unanswered = unanswered


@dataclass(frozen=True)
class ResponseHead:
    """`content_length` is None where the body is chunked or ends with the connection."""

    status: int
    reason: bytes
    headers: Headers
    content_length: int | None
    is_chunked: bool
    keeps_connection: bool


@dataclass(frozen=True)
class Answer:
    """`whole_body` is there where the body is short, or none at all; else it is yet to be read."""

    head: ResponseHead
    whole_body: bytes | None


class Connection:
    """One connection to a target; `uses` counts the requests it has carried."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.uses = 0

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        """Raises OSError if nobody listens there."""
        return cls(*await asyncio.open_connection(host, port, limit=MAX_HEAD_BYTES))

    @property
    def is_usable(self) -> bool:
        """Tell whether the target has kept the connection, as far as is known here."""
        return not (self.writer.is_closing() or self._reader.at_eof())

    def close(self) -> None:
        self.writer.close()

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def read_answer(self, method: str) -> Answer:
        """Return the final answer's head, and a short body with it. Raises TargetFailed.

        A target that fails within a short body has answered nothing yet, as far as a client sees.
        """
        head = _parse_head(await self._read_until_blank_line())
        while head.status < 200:
            head = _parse_head(await self._read_until_blank_line())
        if has_no_body(method, head.status):
            return Answer(head, b"")
        if head.content_length is None or head.content_length > CHUNK_BYTES:
            return Answer(head, None)
        try:
            return Answer(head, await self._reader.readexactly(head.content_length))
        except (asyncio.IncompleteReadError, OSError) as error:
            raise TargetFailed from error

    async def _read_until_blank_line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            raise TargetFailed(unanswered=not error.partial) from error
        except ConnectionError as error:
            raise TargetFailed(unanswered=True) from error
        except asyncio.LimitOverrunError as error:
            raise TargetFailed from error

    async def read_body(self, head: ResponseHead) -> AsyncIterator[bytes]:
        """Yield the body in pieces, without its transfer coding. Raises TargetFailed."""
        try:
            if head.is_chunked:
                pieces = self._read_chunked()
            elif head.content_length is not None:
                pieces = self._read_counted(head.content_length)
            else:
                pieces = self._read_to_end()
            async for piece in pieces:
                yield piece
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
            raise TargetFailed from error
        except ValueError as error:  # a chunk size that is no number
            raise TargetFailed from error

    async def _read_counted(self, count: int) -> AsyncIterator[bytes]:
        while count:
            piece = await self._reader.read(min(count, CHUNK_BYTES))
            if not piece:
                raise asyncio.IncompleteReadError(b"", count)
            count -= len(piece)
            yield piece

    async def _read_to_end(self) -> AsyncIterator[bytes]:
        while piece := await self._reader.read(CHUNK_BYTES):
            yield piece

    async def _read_chunked(self) -> AsyncIterator[bytes]:
        while count := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            async for piece in self._read_counted(count):
                yield piece
            await self._reader.readexactly(2)
        while await self._reader.readuntil(b"\r\n") != b"\r\n":  # trailers are dropped
            pass


def _parse_head(raw: bytes) -> ResponseHead:
    first, *lines = raw[:-4].split(b"\r\n")
    try:
        version, status, *reason = first.split(b" ", 2)
        headers = [_parse_line(line) for line in lines]
        return _head(version, int(status), b"".join(reason), headers)
    except ValueError as error:
        raise TargetFailed from error


def _parse_line(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise ValueError("a header line without a name")
    return name, value.strip()


def _head(version: bytes, status: int, reason: bytes, headers: Headers) -> ResponseHead:
    if version not in {b"HTTP/1.1", b"HTTP/1.0"}:
        raise ValueError("an unknown protocol version")
    length: int | None = None
    is_chunked = False
    keeps = version == b"HTTP/1.1"
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            length = int(value)
        elif lower == b"transfer-encoding":
            is_chunked = b"chunked" in value.lower()
        elif lower == b"connection":
            keeps = b"close" not in value.lower() and (keeps or b"keep-alive" in value.lower())
    if is_chunked:
        length = None
    keeps = keeps and (is_chunked or length is not None or has_no_body("GET", status))
    return ResponseHead(status, reason, headers, length, is_chunked, keeps)


def has_no_body(method: str, status: int) -> bool:
    """Tell whether an answer carries no body, whatever its headers say (RFC 9112, 6.3)."""
    return method == "HEAD" or status in {204, 304}
