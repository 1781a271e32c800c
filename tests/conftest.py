"""What every test shares: how pytest-xdist spreads them."""

from typing import Any

import pytest

from tests.scheduling import ByEnvironment


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEnvironment:
    """Keep tests that share an environment on one worker, and the slow ones first."""
    config.option.loadscopereorder = False
    return ByEnvironment(config, log)
