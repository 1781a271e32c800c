"""Pages of a list, by `maxResults` and `nextToken`."""

from collections.abc import Sequence
from typing import TypeVar

from emulator.control_plane.ecr.exceptions import InvalidParameter

Item = TypeVar("Item")

DEFAULT_PAGE = 100
"""Source: ECR API reference, `maxResults` of DescribeImages and ListImages."""


def page(
    items: Sequence[Item], max_results: int | None, next_token: str | None
) -> tuple[list[Item], str | None]:
    """Return one page and the token of the next, or None."""
    if next_token and not next_token.isdecimal():
        raise InvalidParameter(
            "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"
        )
    first = int(next_token or 0)
    end = first + (max_results or DEFAULT_PAGE)
    return list(items[first:end]), str(end) if end < len(items) else None
