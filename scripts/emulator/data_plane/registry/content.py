"""Bodies: read in chunks as they arrive, sent from a file, whole or a range of it."""

import io
from collections.abc import Iterator
from pathlib import Path

from werkzeug.wrappers import Request, Response

from emulator.data_plane.registry.protocol import ProtocolError

_CHUNK_BYTES = 1 << 20


def chunks(request: Request) -> Iterator[bytes]:
    """Yield a request's body, of known length or chunked."""
    while chunk := request.stream.read(_CHUNK_BYTES):
        yield chunk


class FileSlice:
    """The bytes of an open file from its position on, at most `length`."""

    def __init__(self, file: io.BufferedReader, length: int) -> None:
        self._file = file
        self._left = length

    def __iter__(self) -> "FileSlice":
        return self

    def __next__(self) -> bytes:
        chunk = self._file.read(min(_CHUNK_BYTES, self._left))
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()


def blob_response(request: Request, path: Path, size: int) -> Response:
    """Answer GET and HEAD of a blob, and ranges of it."""
    start, stop, status = 0, size, 200
    if request.range is not None:
        found = request.range.range_for_length(size)
        if found is None:
            raise ProtocolError(416, "RANGE_INVALID", f"the blob has {size} bytes")
        (start, stop), status = found, 206
    response = Response(status=status, content_type="application/octet-stream")
    response.headers["Accept-Ranges"] = "bytes"
    if status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if request.method != "HEAD":
        file = path.open("rb")
        file.seek(start)
        response.response = FileSlice(file, stop - start)
    response.content_length = stop - start
    return response
