"""Whether a rule's pattern matches an event.

moto matches values, prefixes, suffixes, anything-but, exists, numbers, addresses, wildcards and
`$or`. It does not look into arrays of objects: there AWS takes each object in turn.
Source: EventBridge User Guide, "Event patterns", "Array matching".
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

from moto.events.models import EventPattern

Event = dict[str, Any]


def matches(pattern: EventPattern, event: Event) -> bool:
    """Tell whether a pattern matches; a schedule's rule, which has none, matches nothing."""
    if not pattern.get_pattern():
        return False
    return any(pattern.matches_event(alternative) for alternative in _alternatives(event))


def _alternatives(value: Any) -> Iterator[Any]:
    """Yield the value once for each choice of one object from every array of objects in it."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for item in value:
            yield from _alternatives(item)
    elif isinstance(value, dict):
        for chosen in product(*(list(_alternatives(child)) for child in value.values())):
            yield dict(zip(value, chosen, strict=True))
    else:
        yield value
