"""Connections to targets that wait for the next request."""

import asyncio
from collections.abc import Callable, Iterable

from emulator.control_plane.elbv2.routing import Address
from emulator.data_plane.load_balancer.upstream import Connection

MAX_IDLE_PER_TARGET = 256

Resolve = Callable[[str, int], int | None]


class NoAddress(Exception):
    """Nothing serves a target's address and port."""


class Pool:
    """Keeps idle connections by target, and the host port they lead to.

    A target that is deregistered has its idle connections closed at once; those in use are
    closed when they are given back, so requests under way finish.
    """

    def __init__(self, host: str, resolve: Resolve) -> None:
        self._host = host
        self._resolve = resolve
        self._idle: dict[tuple[Address, int], list[Connection]] = {}
        self._registered: frozenset[Address] = frozenset()

    def take(self, address: Address) -> tuple[int, Connection | None]:
        """Return the target's host port, and a kept connection if there is one.

        Raises: NoAddress.
        """
        host_port = self._resolve(*address)
        if host_port is None:
            raise NoAddress
        idle = self._idle.get((address, host_port), [])
        while idle:
            connection = idle.pop()
            if connection.is_usable:
                return host_port, connection
            connection.close()
        return host_port, None

    async def open(self, host_port: int) -> Connection:
        """Return a new connection. Raises OSError."""
        return await Connection.open(self._host, host_port)

    def give(self, address: Address, host_port: int, connection: Connection) -> None:
        """Take back a connection whose answer was read to its end."""
        idle = self._idle.setdefault((address, host_port), [])
        connection.uses += 1
        if address not in self._registered or len(idle) >= MAX_IDLE_PER_TARGET:
            connection.close()
        else:
            idle.append(connection)

    def keep_only(self, registered: Iterable[Address]) -> None:
        """Close the idle connections of every target that is not registered any more."""
        self._registered = frozenset(registered)
        for key in [key for key in self._idle if not self._is_current(key)]:
            for connection in self._idle.pop(key):
                connection.close()

    def _is_current(self, key: tuple[Address, int]) -> bool:
        address, host_port = key
        return address in self._registered and self._resolve(*address) == host_port

    async def close(self) -> None:
        """Close every idle connection, and wait until they are."""
        connections = [each for idle in self._idle.values() for each in idle]
        self._idle.clear()
        for connection in connections:
            connection.close()
        await asyncio.gather(
            *(connection.writer.wait_closed() for connection in connections),
            return_exceptions=True,
        )
