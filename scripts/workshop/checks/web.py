"""The application as its users see it: by HTTP, through the load balancer."""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from typing import Any

from workshop.isolation import is_loopback


@dataclass(frozen=True)
class Answer:
    """What the application, or the load balancer in its place, said."""

    status: int
    text: str
    version: str | None
    task_id: str | None


def ask(url: str, timeout_s: float = 5) -> Answer:
    """GET a URL on a new connection. Raises OSError where nobody answers, or not to the end.

    A proxy is used only where it can help: none reaches this machine's loopback.
    """
    try:
        return _get(url, timeout_s)
    except http.client.HTTPException as error:
        raise OSError(f"the answer broke off: {error!r}") from error


def _get(url: str, timeout_s: float) -> Answer:
    try:
        with _opener(is_loopback(url)).open(url, timeout=timeout_s) as response:
            return _answer(response.status, response)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error)


@cache
def _opener(is_direct: bool) -> urllib.request.OpenerDirector:
    """Return an opener, kept as samplers ask often and it takes half of a request's CPU to make."""
    proxies: dict[str, str] | None = {} if is_direct else None
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies))


def _answer(status: int, response: Any) -> Answer:
    return Answer(
        status=status,
        text=response.read().decode("utf-8", "replace"),
        version=response.headers.get("X-Hello-Version"),
        task_id=response.headers.get("X-Hello-Task"),
    )
