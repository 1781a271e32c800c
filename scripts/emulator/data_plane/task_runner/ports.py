"""Free host ports for tasks."""

import random
import socket
import threading

RANGE = range(20000, 30000)
"""Below the ports that Linux and macOS give to outgoing connections, which might take one first."""


class PortPool:
    """Hands out ports of 127.0.0.1 that nobody listens on, each to one task at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    def take(self) -> int:
        """Return a free port. Raises OSError where there is none."""
        with self._lock:
            for port in random.sample(RANGE, len(RANGE)):
                if port not in self._taken and _is_free(port):
                    self._taken.add(port)
                    return port
        raise OSError(f"No free port between {RANGE.start} and {RANGE.stop - 1}.")

    def give_back(self, port: int) -> None:
        with self._lock:
            self._taken.discard(port)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
