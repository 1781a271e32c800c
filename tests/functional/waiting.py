"""Waits on states, not on time."""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.5


def wait_for(look: Callable[[], T | None], timeout_s: float = 90) -> T:
    """Return the first thing that `look` finds. Raises: AssertionError naming `look`."""
    pause = threading.Event()
    for _ in range(int(timeout_s / _POLL_S)):
        found = look()
        if found:
            return found
        pause.wait(_POLL_S)
    raise AssertionError(f"{look.__qualname__} saw nothing in {timeout_s:.0f} s")


def wait_until(is_so: Callable[[], bool], timeout_s: float = 90) -> None:
    wait_for(is_so, timeout_s)
