"""Builds run on the session's emulator."""

from collections.abc import Callable
from typing import Any

import pytest
from build_helpers import Builds


@pytest.fixture
def builds(aws: Callable[[str], Any], unique: Callable[[], str]) -> Builds:
    return Builds(aws, unique)
