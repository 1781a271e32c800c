"""What a load balancer answers itself: errors, fixed responses, redirects.

Source: Application Load Balancer guide, "Troubleshoot your Application Load Balancers" (codes) and
"Redirect actions" (`#{host}` and the like); bodies as an ALB sends them.
"""

from http import HTTPStatus

from aiohttp import web

from emulator.control_plane.elbv2.routing import FixedResponse, Redirect
from emulator.data_plane.load_balancer.matching import RequestFacts

SERVER = "awselb/2.0"

_PHRASES = {504: "Gateway Time-out", 503: "Service Temporarily Unavailable"}


class ElbError(Exception):
    """The load balancer answers this status instead of a target."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the load balancer answers {status}")
        self.status = status


def error(status: int) -> web.Response:
    """Return an error page of the load balancer's own."""
    return web.Response(
        status=status,
        reason=_phrase(status),
        body=_page(status),
        headers={"Server": SERVER, "Content-Type": "text/html"},
    )


def fixed(action: FixedResponse) -> web.Response:
    return web.Response(
        status=action.status,
        body=action.body.encode(),
        headers={"Server": SERVER, "Content-Type": f"{action.content_type}; charset=utf-8"},
    )


def redirect(action: Redirect, facts: RequestFacts, port: int) -> web.Response:
    """Return the redirect; `port` is the one that the client came to."""
    parts = {
        "#{protocol}": "http",
        "#{host}": facts.host_name,
        "#{port}": str(port),
        "#{path}": facts.path.removeprefix("/"),
        "#{query}": facts.query,
    }
    protocol = _filled(action.protocol, parts).lower()
    query = _filled(action.query, parts)
    location = (
        f"{protocol}://{_filled(action.host, parts)}:{_filled(action.port, parts)}"
        f"{_filled(action.path, parts)}{'?' + query if query else ''}"
    )
    return web.Response(
        status=action.status,
        body=_page(action.status),
        headers={"Server": SERVER, "Content-Type": "text/html", "Location": location},
    )


def _filled(template: str, parts: dict[str, str]) -> str:
    for name, value in parts.items():
        template = template.replace(name, value)
    return template


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def _page(status: int) -> bytes:
    title = f"{status} {_phrase(status)}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n"
        f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    ).encode()
