"""Downloads that go on where they stopped, show their size, and are checked before they count."""

import hashlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from workshop.errors import InfrastructureError, UsageError
from workshop.progress import Download, Progress

_CHUNK_BYTES = 256 * 1024
_TIMEOUT_S = 60.0
_REMEDY = "Check the network and the proxy, then run the same command again: it goes on from there."


class _StatusError(OSError):
    """The server answered, and not with the file."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answered {status} {http.HTTPStatus(status).phrase}")
        self.status = status


def fetch_text(url: str) -> str:
    """Return a small text file. Raises: InfrastructureError."""
    try:
        with _open(url, 0) as answer:
            return str(answer.read().decode())
    except (OSError, http.client.HTTPException) as error:
        raise _failure(url, error) from error


def fetch_file(url: str, path: Path, sha256: str, progress: Progress) -> None:
    """Download `url` to `path`, going on with a part that an earlier try left.

    Raises: InfrastructureError if it cannot be had, UsageError if it is not what was promised.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        _receive(url, part, path.name, progress)
    except (OSError, http.client.HTTPException) as error:
        raise _failure(url, error) from error
    found = _sha256(part)
    if found != sha256:
        part.unlink()
        raise UsageError(
            f"`{url}` has the SHA-256 checksum `{found}`, but `{sha256}` was promised.",
            "Run the same command again; if it stays so, something between here and there "
            "changes downloads.",
        )
    part.replace(path)


def _receive(url: str, part: Path, name: str, progress: Progress) -> None:
    start = part.stat().st_size if part.exists() else 0
    try:
        answer = _open(url, start)
    except _StatusError as error:
        if start and error.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # there is no more to have
        raise
    with answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        with part.open("ab" if start else "wb") as file:
            received = start
            progress(Download(name, received, total))
            while chunk := answer.read(_CHUNK_BYTES):
                file.write(chunk)
                received += len(chunk)
                progress(Download(name, received, total))
    if total is not None and received < total:
        raise OSError(f"the connection ended after {received} of {total} bytes")


def _open(url: str, start: int) -> http.client.HTTPResponse:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise UsageError(f"`{url}` is not a web address.", "Give one that starts with `https://`.")
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (the scheme is looked at)
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        raise _StatusError(error.code) from error
    return answer


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _failure(url: str, error: Exception) -> InfrastructureError:
    return InfrastructureError(f"`{url}` could not be fetched: {error}.", _REMEDY)
