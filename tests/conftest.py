"""What every test shares: how pytest-xdist spreads them, and what botocore reads of its models."""

import gc
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import create_loader

from tests.scheduling import ByEnvironment, turn_of


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEnvironment:
    """Keep tests that share an environment on one worker."""
    config.option.loadscopereorder = False
    return ByEnvironment(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with what takes longest; one process alone keeps the order of files."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what is loaded, and look through what tests make."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """Let botocore read a service's model once a process, not once a session.

    Tests make sessions by the thousand, and each model takes up to a tenth of a second of CPU.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("botocore.session.create_loader", cache(create_loader))
        yield
