"""The one line that a participant changes."""

import ast
import json
import re
from pathlib import Path

from workshop.errors import UsageError

FILE = "server.py"

GREETINGS = ("Hello", "Ahoy", "Bonjour", "Hallo", "Hola", "Salut", "Servus", "Annyeong")

_LINE = re.compile(r"^GREETING = (?P<value>.+)$", re.MULTILINE)


def read_greeting(source: str) -> str:
    """Return the greeting that a version of `server.py` answers with. Raises UsageError."""
    found = _LINE.search(source)
    try:
        value = ast.literal_eval(found["value"]) if found else None
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise UsageError(
            f'`{FILE}` has no line `GREETING = "…"` at its left margin.',
            remedy=f'Give `{FILE}` a line such as `GREETING = "Ahoy"`.',
        )
    return value


def write_greeting(folder: Path, greeting: str) -> None:
    """Set the greeting in a clone's `server.py`, leaving every other line as it is."""
    path = folder / FILE
    source = path.read_text(encoding="utf-8")
    read_greeting(source)
    line = f"GREETING = {json.dumps(greeting, ensure_ascii=False)}"
    path.write_text(_LINE.sub(lambda _found: line, source, count=1), encoding="utf-8")


def next_greeting(current: str) -> str:
    """Return a greeting that differs from the current one, in turn."""
    if current not in GREETINGS:
        return GREETINGS[1]
    return GREETINGS[(GREETINGS.index(current) + 1) % len(GREETINGS)]
