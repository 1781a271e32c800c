"""The emulator's HTTP front: who may call, and which part answers."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from emulator.retries import Answer, GivenAnswers
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_UNLOCKED_SERVICES = {"sqs"}  # a long poll would keep every other request waiting


class Dispatcher(DomainDispatcherApplication):
    """moto's way from a request to a service, which looks up the backend of a host once.

    Version: moto 5.2.5, moto/moto_server/werkzeug_app.py lists its own folders and tries some 200
    patterns at every request.
    """

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._found = lru_cache(maxsize=256)(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        return self._found(host)


class Front:
    """One WSGI application: mounted parts by path prefix, and moto for everything else.

    Requests to moto are answered one at a time, under the runtime's lock: moto's dictionaries
    are not made for threads, and AWS's own operations are atomic.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._moto = Dispatcher()
        self._answers = GivenAnswers()
        self._mounts: list[tuple[str, WSGIApplication]] = []

    def mount(self, prefix: str, app: "WSGIApplication") -> None:
        """Answer every path that is `prefix`, or below it, by `app`."""
        self._mounts.append((prefix.rstrip("/"), app))

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        refusal = foreign_caller(environ)
        if refusal:
            return _plain(start_response, "403 Forbidden", refusal)
        path = environ.get("PATH_INFO", "")
        for prefix, app in self._mounts:
            if path == prefix or path.startswith(prefix + "/"):
                return app(environ, start_response)
        return self._ask_moto(environ, start_response)

    def _ask_moto(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        _buffer_body(environ)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope and re.fullmatch(r"\d{12}", scope["key"]):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = scope["key"]
        if scope and scope["service"] in _UNLOCKED_SERVICES:
            answer = _collect(self._moto, environ)
        else:
            with self._runtime.lock:
                answer = self._answers.to_retry(environ) or self._answer_once(environ)
        status, headers, body = answer
        if _is_unanswered(status, headers):
            status, headers, body = _not_emulated(environ, body)
        start_response(status, headers)
        return [body]

    def _answer_once(self, environ: "WSGIEnvironment") -> Answer:
        answer = _collect(self._moto, environ)
        self._answers.keep(environ, answer)
        return answer


def foreign_caller(environ: "WSGIEnvironment") -> str | None:
    """Say why a request is refused, or None: a web page must not be able to reach a build.

    A browser sends the page's `Origin`, and a rebound name in `Host`; AWS's clients send neither.
    """
    host = urlsplit("//" + environ.get("HTTP_HOST", "")).hostname or ""
    if not _is_loopback_name(host):
        return f"The Host `{host}` is not this machine's loopback; call the emulator as 127.0.0.1."
    origin = environ.get("HTTP_ORIGIN")
    if origin and not _is_loopback_name(urlsplit(origin).hostname or ""):
        return f"The Origin `{origin}` may not call the emulator; only local programs may."
    return None


def _is_loopback_name(name: str) -> bool:
    return name in {"127.0.0.1", "localhost", "::1"} or name.endswith(".localhost")


def _buffer_body(environ: "WSGIEnvironment") -> None:
    """Read the body before the lock is taken, so that a slow sender keeps nobody waiting."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _collect(app: Callable[..., Iterable[bytes]], environ: "WSGIEnvironment") -> Answer:
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc: Any = None) -> Any:
        head[:] = [status, headers]
        return lambda _data: None

    try:
        chunks = app(environ, start_response)
        body = b"".join(chunks)
    except NotImplementedError as error:
        return "501 Not Implemented", [("Content-Type", "text/html")], str(error).encode()
    except Exception as error:
        logger.exception("%s %s failed", environ["REQUEST_METHOD"], environ.get("PATH_INFO"))
        return "500 Internal Server Error", [("Content-Type", "text/html")], repr(error).encode()
    close = getattr(chunks, "close", None)
    if close:
        close()
    return head[0], head[1], body


def _is_unanswered(status: str, headers: list[tuple[str, str]]) -> bool:
    """Tell moto's HTML pages for unknown operations, which SDKs would retry for minutes."""
    html = any(name.lower() == "content-type" and "html" in value for name, value in headers)
    return html and status[:3] in {"500", "501"}


def _not_emulated(environ: "WSGIEnvironment", body: bytes) -> Answer:
    operation = environ.get("HTTP_X_AMZ_TARGET") or environ.get("PATH_INFO", "")
    detail = body.decode(errors="replace")
    detail = "" if "<html" in detail.lower() else f" ({detail})"
    message = f"{operation} is not emulated{detail}."
    if environ.get("HTTP_X_AMZ_TARGET"):
        payload = json.dumps({"__type": "NotImplementedException", "message": message})
        kind = "application/x-amz-json-1.1"
    else:
        payload = (
            "<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code>"
            f"<Message>{escape(message)}</Message></Error></ErrorResponse>"
        )
        kind = "text/xml"
    return (
        "501 Not Implemented",
        [("Content-Type", kind), ("Content-Length", str(len(payload.encode())))],
        payload.encode(),
    )


def _plain(start_response: "StartResponse", status: str, text: str) -> Iterable[bytes]:
    body = (text + "\n").encode()
    start_response(
        status,
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))],
    )
    return [body]
