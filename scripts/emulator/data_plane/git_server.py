"""Smart HTTP for every CodeCommit repository: `git clone` and `git push`, by git itself.

Each request runs `git http-backend`, a CGI program, on the bare repository. Bodies stream both
ways, so a large push needs no memory here.
"""

import logging
import os
import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from wsgiref.headers import Headers

from emulator.config import ACCOUNT_ID
from emulator.control_plane import registration
from emulator.control_plane.codecommit.models import CodeCommitBackend, Repository
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)

PREFIX = "/v1/repos"
CHUNK_BYTES = 65536
DRAIN_S = 5.0
"""How long a client may go on sending to a git that has ended: it sees our answer after that."""

_PATH = re.compile(
    PREFIX + r"/(?P<name>[\w.-]+?)(?:\.git)?"
    r"/(?P<service>info/refs|git-upload-pack|git-receive-pack)",
    re.ASCII,
)
_GIT_SETTINGS = {
    "safe.directory": "*",
    "http.receivepack": "true",
    "receive.autogc": "false",  # a repack in the background would outlive the emulator
    "gc.auto": "0",
}


class GitServer:
    """A WSGI app, mounted at `PREFIX`. It asks for no credentials, and ignores those it gets."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pushes: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        asked = _PATH.fullmatch(path)
        if asked is None:
            return _refuse(start_response, _unknown_path(path))
        with self._runtime.lock:
            found = _find(asked["name"])
        if found is None:
            return _refuse(start_response, _unknown_repository(asked["name"]))
        if asked["service"] == "git-receive-pack":
            return self._push(found, environ, start_response)
        request = _GitRequest(environ, found.repository, asked["service"])
        return _GitAnswer(request, start_response)

    def _push(
        self, found: "_Found", environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Serve one push at a time to a repository, then tell EventBridge what changed."""
        lock = self._pushes[found.repository.repository_id]
        lock.acquire()

        def end() -> None:
            try:
                self._announce(found)
            finally:
                lock.release()

        try:
            request = _GitRequest(environ, found.repository, "git-receive-pack")
            return _GitAnswer(request, start_response, end)
        except BaseException:
            lock.release()
            raise

    def _announce(self, found: "_Found") -> None:
        with self._runtime.lock:
            if found.backend.repositories.get(found.repository.name) is not found.repository:
                return  # deleted while the push went on
            try:
                found.backend.announce_changes(found.repository)
            except Exception:
                logger.exception("The push to `%s` could not be announced", found.repository.name)


@dataclass(frozen=True)
class _Found:
    backend: CodeCommitBackend
    repository: Repository


def _find(name: str) -> _Found | None:
    """Find a repository by name alone, as the URL names no account and no region.

    AWS has the region in the host name and the account in the credentials. Where several have
    the name, the default account's is served, then the first by region.
    """
    candidates = [
        backend for backend in registration.backends("codecommit") if name in backend.repositories
    ]
    if not candidates:
        return None
    chosen: CodeCommitBackend = min(
        candidates,
        key=lambda backend: (
            backend.account_id != ACCOUNT_ID,
            backend.account_id,
            backend.region_name,
        ),
    )
    return _Found(chosen, chosen.repositories[name])


class _GitRequest:
    """One `git http-backend`, fed with the request's body by a thread of its own.

    The thread is what keeps a large push from locking up: git may answer before it has read all.
    """

    def __init__(self, environ: "WSGIEnvironment", repository: Repository, service: str) -> None:
        self._process = subprocess.Popen(
            ["git", "http-backend"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_cgi_environment(environ, repository, service),
        )
        self._feeder = threading.Thread(
            target=_feed, args=(environ, self._process.stdin), name="git-feed", daemon=True
        )
        self._complaints = threading.Thread(
            target=_log, args=(self._process.stderr, repository.name), name="git-log", daemon=True
        )
        self._feeder.start()
        self._complaints.start()

    @property
    def output(self) -> IO[bytes]:
        return _pipe(self._process.stdout)

    def head(self) -> tuple[str, list[tuple[str, str]]]:
        """Read the CGI header: a WSGI status and the headers."""
        status, headers = "200 OK", Headers()
        while line := self.output.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "status":
                status = value.strip()
            else:
                headers.add_header(name, value.strip())
        return status, headers.items()

    def finish(self) -> None:
        """End the process, which has either answered or lost its client; leave nothing open."""
        self.output.close()
        self._process.wait()
        self._feeder.join(DRAIN_S)
        self._complaints.join()


class _GitAnswer:
    """The response body. Its `close`, which WSGI servers always call, ends the request."""

    def __init__(
        self,
        request: _GitRequest,
        start_response: "StartResponse",
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._request = request
        self._at_end = at_end
        self._is_ended = False
        start_response(*request.head())

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = b"" if self._is_ended else self._request.output.read1(CHUNK_BYTES)  # type: ignore[attr-defined]
        if chunk:
            return bytes(chunk)
        self.close()  # before the client learns that the push is over
        raise StopIteration

    def close(self) -> None:
        if self._is_ended:
            return
        self._is_ended = True
        try:
            self._request.finish()
        finally:
            self._at_end()


def _cgi_environment(
    environ: "WSGIEnvironment", repository: Repository, service: str
) -> dict[str, str]:
    """Return a whole environment: nothing of the user's git settings may change what we serve.

    No CONTENT_LENGTH: the end of the input says the same, and git up to 2.39 at least spins for
    good on a body that ends before its announced length (http-backend.c, pipe_fixed_length).
    """
    path = repository.path
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(path),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_COUNT": str(len(_GIT_SETTINGS)),
        "GIT_PROJECT_ROOT": str(path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{path.name}/{service}",
        "QUERY_STRING": environ.get("QUERY_STRING", ""),
        "REQUEST_METHOD": environ["REQUEST_METHOD"],
        "CONTENT_TYPE": environ.get("CONTENT_TYPE", ""),
        "REMOTE_USER": "git",
        "REMOTE_ADDR": "127.0.0.1",
    }
    for number, (key, value) in enumerate(_GIT_SETTINGS.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    passed_on = {
        "HTTP_CONTENT_ENCODING": "HTTP_CONTENT_ENCODING",
        "HTTP_GIT_PROTOCOL": "GIT_PROTOCOL",
    }
    for theirs, ours in passed_on.items():
        if environ.get(theirs):
            variables[ours] = environ[theirs]
    return variables


def _feed(environ: "WSGIEnvironment", pipe: IO[bytes] | None) -> None:
    """Copy the request's body to git; once git reads no more, read on so that the client ends."""
    sink: IO[bytes] | None = _pipe(pipe)
    for chunk in _body(environ):
        try:
            if sink is not None:
                sink.write(chunk)
        except OSError:
            _close(sink)
            sink = None
    _close(sink)


def _body(environ: "WSGIEnvironment") -> Iterator[bytes]:
    stream: Any = environ["wsgi.input"]
    is_whole = bool(environ.get("wsgi.input_terminated"))
    left = int(environ.get("CONTENT_LENGTH") or 0)
    while is_whole or left > 0:
        try:
            chunk: bytes = stream.read(CHUNK_BYTES if is_whole else min(CHUNK_BYTES, left))
        except (OSError, ValueError) as error:  # closed by the peer, or by the server
            logger.info("The client of a git request went away: %s", error)
            return
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _log(pipe: IO[bytes] | None, name: str) -> None:
    with _pipe(pipe) as lines:
        for line in lines:
            logger.info("git, `%s`: %s", name, line.decode(errors="replace").rstrip())


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:
        logger.debug("git ended before its input did")


def _unknown_path(path: str) -> str:
    return (
        f"`{path}` is not served: use the repository's URL with `git clone`, `git fetch` or "
        "`git push`; CodeCommit speaks git's smart HTTP protocol only."
    )


def _unknown_repository(name: str) -> str:
    return (
        f"Repository `{name}` does not exist. `aws codecommit list-repositories` shows those "
        "that do; check the name in the URL."
    )


def _refuse(start_response: "StartResponse", text: str) -> Iterable[bytes]:
    body = (text + "\n").encode()
    start_response(
        "404 Not Found",
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]
