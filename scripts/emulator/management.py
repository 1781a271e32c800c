"""The emulator's own interface, beside AWS's: health, the clock, published listeners, stop."""

import json
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from emulator.runtime import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/_emulator"

Listeners = Callable[[], list[dict[str, Any]]]


def management_app(
    runtime: Runtime, listeners: Listeners, request_stop: Callable[[], None]
) -> "WSGIApplication":
    """Return the WSGI app of `GET health`, `GET|PUT clock`, `GET listeners`, `POST stop`."""

    def health(_body: Any) -> Any:
        return {
            "status": "ready",
            "pid": os.getpid(),
            "dataDir": str(runtime.settings.data_dir),
            "clockScale": runtime.clock.scale,
        }

    def read_clock(_body: Any) -> Any:
        return {"scale": runtime.clock.scale}

    def set_clock(body: Any) -> Any:
        runtime.clock.scale = float(body["scale"])
        return {"scale": runtime.clock.scale}

    def stop(_body: Any) -> Any:
        request_stop()
        return {"status": "stopping"}

    routes: dict[tuple[str, str], Callable[[Any], Any]] = {
        ("GET", "/health"): health,
        ("GET", "/clock"): read_clock,
        ("PUT", "/clock"): set_clock,
        ("GET", "/listeners"): lambda _body: {"listeners": listeners()},
        ("POST", "/stop"): stop,
    }

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix(PREFIX)
        status, answer = _answer(routes.get((environ["REQUEST_METHOD"], path)), environ)
        payload = json.dumps(answer).encode()
        start_response(
            status, [("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]
        )
        return [payload]

    return app


def _answer(
    route: Callable[[Any], Any] | None, environ: "WSGIEnvironment"
) -> tuple[str, dict[str, Any]]:
    if route is None:
        return "404 Not Found", {"error": f"There is no {environ['PATH_INFO']} here."}
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        return "200 OK", route(json.loads(raw) if raw else None)
    except (KeyError, TypeError, ValueError) as error:
        return "400 Bad Request", {"error": str(error)}
