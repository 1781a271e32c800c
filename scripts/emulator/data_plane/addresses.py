"""Where a task's private address is really served: the only place that knows host ports."""

import threading


class AddressBook:
    """Maps a task's private IP address and container port to a port on 127.0.0.1.

    The control plane speaks of `10.0.1.17:80`, as AWS does; a task's process listens on some free
    host port. The task runner publishes, the load balancer resolves.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._host_ports: dict[tuple[str, int], int] = {}

    def publish(self, ip: str, container_port: int, host_port: int) -> None:
        with self._lock:
            self._host_ports[ip, container_port] = host_port

    def withdraw(self, ip: str) -> None:
        """Forget every port of one address; nothing happens if there is none."""
        with self._lock:
            for key in [key for key in self._host_ports if key[0] == ip]:
                del self._host_ports[key]

    def resolve(self, ip: str, port: int) -> int | None:
        """Return the host port on 127.0.0.1, or None where nothing is published."""
        with self._lock:
            return self._host_ports.get((ip, port))
