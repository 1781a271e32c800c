"""The application as its users see it: by HTTP, through the load balancer."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the application, or the load balancer in its place, said."""

    status: int
    text: str
    version: str | None
    task_id: str | None


def ask(url: str, timeout_s: float = 5) -> Answer:
    """GET a URL on a new connection, past any proxy. Raises OSError where nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout_s) as response:
            return _answer(response.status, response)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error)


def _answer(status: int, response: Any) -> Answer:
    return Answer(
        status=status,
        text=response.read().decode("utf-8", "replace"),
        version=response.headers.get("X-Hello-Version"),
        task_id=response.headers.get("X-Hello-Task"),
    )
