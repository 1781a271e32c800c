"""What botocore's validator lets pass although its model knows: values outside an enumeration."""

from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, Shape, StructureShape


def leaves(value: Any, shape: Shape, where: str = "") -> Iterator[tuple[str, Any, Shape]]:
    """Yield each scalar of a request with its path, such as `tags.1.member.key`, and its shape."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from leaves(value[name], member, f"{where}.{name}".lstrip("."))
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value):
            yield from leaves(item, shape.member, f"{where}.{number + 1}.member")
    else:
        yield where, value, shape


def enum_refusal(path: str, value: Any, leaf: Shape) -> str | None:
    """Return AWS's words for a value that is none of its enumeration's, or None if it is one."""
    allowed = leaf.metadata.get("enum", [])
    if not allowed or value in allowed:
        return None
    return (
        f"1 validation error detected: Value '{value}' at '{path}' failed to satisfy "
        f"constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
    )
