"""Dockerfiles read into instructions.

dockerfile-parse was tried: it drops a last line that continues, or has neither argument nor end,
ends a continuation at an empty line, and takes the body of a here-document for instructions. What
would be left of it is less than this.
Source: Dockerfile reference, "Format", "Escape", "Here-documents".
"""

import json
import re
from dataclasses import dataclass, field

from emulator.data_plane.image_builder.errors import DockerError

KNOWN = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
        *("LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME"),
        "WORKDIR",
    }
)

_DIRECTIVE = re.compile(r"#\s*(?P<name>[a-z]+)\s*=\s*(?P<value>\S.*?)\s*")
_FLAG = re.compile(r"--(?P<name>[a-z][a-z-]*)(?:=(?P<value>\S*))?(?:\s+|$)")
_HEREDOC = re.compile(r"(?<!<)<<(?P<tabs>-?)(?P<quote>[\"']?)(?P<name>[A-Za-z_]\w*)(?P=quote)")
_WITH_HEREDOC = {"ADD", "COPY", "RUN"}


@dataclass(frozen=True)
class Heredoc:
    """The body of one here-document; its variables stay as they are where it was `quoted`."""

    name: str
    body: str
    quoted: bool


@dataclass(frozen=True)
class Instruction:
    """One instruction: `value` without the flags, `line` where it starts, counted from 1."""

    line: int
    name: str
    value: str
    flags: dict[str, str] = field(default_factory=dict)
    heredocs: tuple[Heredoc, ...] = ()

    @property
    def text(self) -> str:
        flags = "".join(f"--{name}={value} " for name, value in self.flags.items())
        return f"{self.name} {flags}{self.value}".strip()

    def as_list(self) -> list[str] | None:
        """Return the words of the exec form, a JSON list of strings, or None for the shell form."""
        if not self.value.startswith("["):
            return None
        try:
            words = json.loads(self.value)
        except ValueError:
            return None
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            return None
        return words


@dataclass(frozen=True)
class Dockerfile:
    instructions: list[Instruction]
    escape: str


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile. Raises DockerError, with the line, for what is no Dockerfile."""
    reader = _Reader(text.removeprefix("\ufeff").splitlines())
    instructions = list(iter(reader.instruction, None))
    if not instructions:
        raise DockerError("the Dockerfile cannot be empty")
    return Dockerfile(instructions, reader.escape)


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._next = 0
        self.escape = "\\"
        self._read_directives()

    def _read_directives(self) -> None:
        for line in self._lines:
            match = _DIRECTIVE.fullmatch(line.strip())
            if not match:
                return
            if match["name"].lower() == "escape":
                self.escape = match["value"]

    def instruction(self) -> Instruction | None:
        """Return the next instruction, or None at the end of the file."""
        while self._next < len(self._lines) and _is_blank(self._lines[self._next]):
            self._next += 1
        if self._next == len(self._lines):
            return None
        line = self._next + 1
        name, _, value = self._logical_line().partition(" ")
        name = name.upper()
        if name not in KNOWN:
            raise DockerError(f"dockerfile parse error on line {line}: unknown instruction: {name}")
        value = value.strip()
        if not value:
            raise DockerError(
                f"dockerfile parse error on line {line}: {name} requires at least one argument"
            )
        flags, value = _split_flags(value)
        heredocs = self._heredocs(line, value) if name in _WITH_HEREDOC else ()
        return Instruction(line, name, value, flags, heredocs)

    def _logical_line(self) -> str:
        """Join continued lines; comments and empty lines between them do not count."""
        parts: list[str] = []
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._next += 1
            if parts and _is_blank(line):
                continue
            stripped = line.rstrip()
            if not stripped.endswith(self.escape):
                parts.append(stripped)
                break
            parts.append(stripped[: -len(self.escape)])
        return re.sub(r"^\s*(\S+)\s+", r"\1 ", "".join(parts)).strip()

    def _heredocs(self, line: int, value: str) -> tuple[Heredoc, ...]:
        found = []
        for match in _HEREDOC.finditer(value):
            body: list[str] = []
            while True:
                if self._next == len(self._lines):
                    raise DockerError(
                        f"dockerfile parse error on line {line}: unterminated heredoc "
                        f"`{match['name']}`"
                    )
                text = self._lines[self._next]
                self._next += 1
                text = text.lstrip("\t") if match["tabs"] else text
                if text == match["name"]:
                    break
                body.append(text + "\n")
            found.append(Heredoc(match["name"], "".join(body), bool(match["quote"])))
        return tuple(found)


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _split_flags(value: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    while match := _FLAG.match(value):
        flags[match["name"]] = match["value"] or ""
        value = value[match.end() :]
    return flags, value
