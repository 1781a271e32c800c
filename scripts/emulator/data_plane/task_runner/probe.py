"""Where the processes of a container listen."""

from collections.abc import Iterable

import psutil


def listening_ports(pid: int) -> set[int]:
    """Return the TCP ports that a process or its descendants listen on; none once it has ended."""
    try:
        parent = psutil.Process(pid)
        tree = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return set()
    return {port for process in tree for port in _ports(process)}


def _ports(process: psutil.Process) -> Iterable[int]:
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.Error:
        return
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr:
            yield connection.laddr.port
