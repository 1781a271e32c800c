"""On which port of 127.0.0.1 a listener is published."""

import socket
import sys
from collections.abc import Iterable, Iterator

FIRST_UNPRIVILEGED_PORT = 1024
_BACKLOG = 1024
_PROBE_TIMEOUT_S = 0.2


class NoPortFree(Exception):
    """Every port that a listener could be published on is taken."""


def open_socket(host: str, wanted: int, others: Iterable[int]) -> socket.socket:
    """Return a listening socket on `wanted`, else on the first of `others` that is free.

    Raises: NoPortFree.
    """
    for port in _candidates(wanted, others):
        opened = _try_port(host, port)
        if opened is not None:
            return opened
    raise NoPortFree(f"No port is free for the listener on {wanted}.")


def _candidates(wanted: int, others: Iterable[int]) -> Iterator[int]:
    if wanted >= FIRST_UNPRIVILEGED_PORT:
        yield wanted
    yield from (port for port in others if port != wanted)


def _try_port(host: str, port: int) -> socket.socket | None:
    if _is_answered(host, port):
        return None
    opened = socket.socket()
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        return None
    opened.setblocking(False)
    return opened


def _is_answered(host: str, port: int) -> bool:
    """Tell whether somebody listens, where binding would not: macOS binds beside a wildcard."""
    if sys.platform != "darwin":
        return False
    with socket.socket() as probe:
        probe.settimeout(_PROBE_TIMEOUT_S)
        return probe.connect_ex((host, port)) == 0
