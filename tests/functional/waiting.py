"""Waits on states, not on time."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 1.0
"""Half of what tests that wait cost is looking, here and in the emulator."""


def wait_for(look: Callable[[], T | None], timeout_s: float = 90, poll_s: float = POLL_S) -> T:
    """Return the first thing that `look` finds. Raises: AssertionError naming `look`."""
    pause = threading.Event()
    for _ in range(int(timeout_s / poll_s)):
        found = look()
        if found:
            return found
        pause.wait(poll_s)
    raise AssertionError(f"{look.__qualname__} saw nothing in {timeout_s:.0f} s")


def wait_until(is_so: Callable[[], bool], timeout_s: float = 90, poll_s: float = POLL_S) -> None:
    wait_for(is_so, timeout_s, poll_s)
