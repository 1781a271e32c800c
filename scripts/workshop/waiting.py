"""Wait for a state of AWS's, never for a time."""

import time
from collections.abc import Callable

from workshop.errors import InfrastructureError

_POLL_INTERVAL_S = 1.0
_REST_TIMEOUT_S = 300.0


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = _REST_TIMEOUT_S) -> None:
    """Return when `is_so`. Raises: InfrastructureError naming `what` when it takes too long."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"{what} after {timeout_s:.0f} s.", "Run the same command again."
            )
        time.sleep(_POLL_INTERVAL_S)
