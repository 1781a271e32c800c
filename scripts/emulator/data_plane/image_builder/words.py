"""Words of an instruction: quotes, escapes and variables, as Docker reads them.

Source: Dockerfile reference, "Environment replacement".
"""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_]\w*")
_MODIFIER = re.compile(r"(?P<name>[A-Za-z_]\w*)(?P<operator>:?[-+?])(?P<word>.*)", re.DOTALL)


def split_words(text: str, variables: Mapping[str, str], escape: str = "\\") -> list[str]:
    """Split at spaces outside quotes, and replace variables. Raises ValueError."""
    return _Scanner(text, variables, escape).words(split=True)


def expand(text: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """Replace variables and remove quotes in one word. Raises ValueError."""
    return "".join(_Scanner(text, variables, escape).words(split=False))


def pairs(text: str, variables: Mapping[str, str], escape: str = "\\") -> dict[str, str]:
    """Read `name=value …`, or the old form `name value`. Raises ValueError."""
    first = text.split(maxsplit=1)
    if "=" not in first[0]:
        if len(first) < 2:
            raise ValueError(f"`{text}` has a name and no value")
        return {first[0]: expand(first[1], variables, escape)}
    found = {}
    for word in split_words(text, variables, escape):
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ValueError(f"`{word}` must be of the form name=value")
        found[name] = value
    return found


class _Scanner:
    def __init__(self, text: str, variables: Mapping[str, str], escape: str) -> None:
        self._text = text
        self._variables = variables
        self._escape = escape
        self._at = 0

    def words(self, split: bool) -> list[str]:
        found: list[str] = []
        word: str | None = None
        while self._at < len(self._text):
            if split and self._text[self._at].isspace():
                found += [] if word is None else [word]
                word = None
                self._at += 1
            else:
                word = (word or "") + self._piece()
        return found + ([] if word is None else [word])

    def _piece(self) -> str:
        character = self._text[self._at]
        if character == "'":
            return self._single_quoted()
        if character == '"':
            return self._double_quoted()
        if character == "$":
            return self._variable()
        if character == self._escape and self._at + 1 < len(self._text):
            self._at += 1
            character = self._text[self._at]
        self._at += 1
        return character

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise ValueError("unexpected end of statement while looking for matching single-quote")
        found = self._text[self._at + 1 : end]
        self._at = end + 1
        return found

    def _double_quoted(self) -> str:
        found = ""
        self._at += 1
        while self._at < len(self._text):
            character = self._text[self._at]
            following = self._text[self._at + 1 : self._at + 2]
            if character == '"':
                self._at += 1
                return found
            if character == "$":
                found += self._variable()
            elif character == self._escape and following in {'"', "$", self._escape}:
                found += following
                self._at += 2
            else:
                found += character
                self._at += 1
        raise ValueError("unexpected end of statement while looking for matching double-quote")

    def _variable(self) -> str:
        self._at += 1
        if self._text[self._at : self._at + 1] == "{":
            return self._braced()
        match = _NAME.match(self._text, self._at)
        if not match:
            return "$"
        self._at = match.end()
        return self._variables.get(match[0], "")

    def _braced(self) -> str:
        depth, end = 1, self._at + 1
        while end < len(self._text) and depth:
            depth += {"{": 1, "}": -1}.get(self._text[end], 0)
            end += 1
        if depth:
            raise ValueError("syntax error: missing '}' in variable substitution")
        inside = self._text[self._at + 1 : end - 1]
        self._at = end
        return self._substituted(inside)

    def _substituted(self, inside: str) -> str:
        if _NAME.fullmatch(inside):
            return self._variables.get(inside, "")
        match = _MODIFIER.fullmatch(inside)
        if not match:
            raise ValueError(f"unsupported substitution `${{{inside}}}`")
        value = self._variables.get(match["name"])
        is_set = bool(value) if match["operator"].startswith(":") else value is not None
        if match["operator"].endswith("+"):
            return expand(match["word"], self._variables, self._escape) if is_set else ""
        if is_set:
            return value or ""
        if match["operator"].endswith("?"):
            raise ValueError(f"{match['name']}: {match['word'] or 'not set'}")
        return expand(match["word"], self._variables, self._escape)
