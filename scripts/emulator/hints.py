"""Hints that something changed: who hears one reads the state anew; a lost one costs only time."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Hint:
    """`kind` is `<service>.<noun>`, such as `ecs.service`; `key` names the thing, often by ARN."""

    kind: str
    account_id: str
    region: str
    key: str


Listener = Callable[[Hint], None]


class Hints:
    """Hands each hint to every listener in the emitter's thread; they only note it and return."""

    def __init__(self) -> None:
        self._listeners: list[tuple[str, Listener]] = []

    def subscribe(self, kind_prefix: str, listener: Listener) -> None:
        self._listeners.append((kind_prefix, listener))

    def emit(self, kind: str, account_id: str, region: str, key: str) -> None:
        hint = Hint(kind, account_id, region, key)
        for prefix, listener in list(self._listeners):
            if kind.startswith(prefix):
                listener(hint)
