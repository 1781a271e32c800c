"""One in-process emulator for the session: moto's backends are global, so there is no second."""

import itertools
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from emulator.config import Settings
from emulator.server import Emulator

ACCOUNT = "123456789012"
REGION = "us-west-2"

_numbers = itertools.count(1)


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def published_ports(worker_id: str) -> range:
    """Return ports for this worker alone: one that another took would seem not to have closed."""
    first = 18080 + 100 * int(worker_id.removeprefix("gw") if worker_id != "master" else 0)
    return range(first, first + 100)


@pytest.fixture(scope="session")
def emulator(
    tmp_path_factory: pytest.TempPathFactory, published_ports: range
) -> Iterator[Emulator]:
    """Return a running emulator on a free port, its data in a temporary folder."""
    port = free_port()
    running = Emulator(
        Settings(
            data_dir=tmp_path_factory.mktemp("emulator"),
            port=port,
            clock_scale=60,
            published_ports=published_ports,
        )
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def aws(emulator: Emulator) -> Callable[[str], Any]:
    """Return a function from a service's name to a boto3 client of the emulator."""

    def client(service: str) -> BaseClient:
        return emulator.runtime.client(service, ACCOUNT, REGION)

    return client


@pytest.fixture
def unique() -> Callable[[], str]:
    """Return a function that makes a name no other test has."""
    return lambda: f"t{next(_numbers)}"
