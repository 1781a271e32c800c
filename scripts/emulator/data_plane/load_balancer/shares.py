"""How a rule shares its requests between target groups.

AWS says that each group gets its weight's share, and neither in which order nor how exactly. Here
the order is fixed: the n-th request of a rule falls on the fractional part of n times the golden
ratio, which comes closer to the weights than chance would, for every stretch of requests, and also
for a client whose requests take turns with another's. So 2,000 requests at 10 % are 200, give or
take 2, and nobody always meets the same group. A change of the weights needs no new beginning.
"""

from emulator.control_plane.elbv2.routing import Condition, Forward, Route

_GOLDEN = 0x9E3779B97F4A7C15
"""The golden ratio's fractional part, as a share of `ONE`: the step that spreads most evenly."""
ONE = 1 << 64


class Shares:
    """Counts the requests of each rule of one listener. For one thread."""

    def __init__(self) -> None:
        self._positions: dict[tuple[Condition, ...], int] = {}

    def next_group(self, route: Route, action: Forward) -> str | None:
        """Return the ARN of the group whose turn it is, None where every weight is 0."""
        position = (self._positions.get(route.conditions, 0) + _GOLDEN) % ONE
        self._positions[route.conditions] = position
        return group_at(action, position)


def group_at(action: Forward, position: int) -> str | None:
    """Return the ARN of the group in whose share a position from 0 to below `ONE` lies.

    Source: Application Load Balancer guide, "Forward actions": each group gets its weight's share,
    also one without healthy targets; there is no fail-over from one group to another.
    """
    rest = position * sum(group.weight for group in action.groups) // ONE
    for group in action.groups:
        if rest < group.weight:
            return group.arn
        rest -= group.weight
    return None
