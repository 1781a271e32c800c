"""What every test shares: how pytest-xdist spreads them."""

from typing import Any

import pytest

from tests.scheduling import ByEnvironment, turn_of


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEnvironment:
    """Keep tests that share an environment on one worker."""
    config.option.loadscopereorder = False
    return ByEnvironment(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with what takes longest; one process alone keeps the order of files."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))
