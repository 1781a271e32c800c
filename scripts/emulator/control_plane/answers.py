"""What the answers of several services are made of: pages of a list, members that are there."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from emulator.control_plane.base import AwsError

Item = TypeVar("Item")


def page(
    items: Sequence[Item],
    key: Callable[[Item], str],
    token: str | None,
    limit: int,
    invalid: type[AwsError],
) -> tuple[list[Item], str | None]:
    """Return the items after the one that `token` names, and the next token.

    The token is the last item's key, so that newer items at the front shift nothing.
    Raises: `invalid` if no item has that key.
    """
    start = 0
    if token:
        keys = [key(item) for item in items]
        if token not in keys:
            raise invalid(f"The next token `{token}` is none of this list.")
        start = keys.index(token) + 1
    found = list(items[start : start + limit])
    more = start + limit < len(items)
    return found, key(found[-1]) if more else None


def present(**members: Any) -> dict[str, Any]:
    """Return the members that are there: AWS leaves out what it does not know."""
    return {name: value for name, value in members.items() if value is not None}
