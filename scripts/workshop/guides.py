"""Guides as programs: the commands in a Markdown file, and the output that it promises."""

import re
from dataclasses import dataclass

from workshop.errors import UsageError

_OPENING = re.compile(r"^```bash(?P<options>.*)$")
_KNOWN = {"timeout_s", "expect_error", "run"}
_ANYTHING = "…"

DEFAULT_TIMEOUT_S = 60


@dataclass(frozen=True)
class Block:
    """One fenced block of a guide.

    Shape: `line` is where it opens; `commands` its lines after `$ ` (a trailing backslash goes
    on in the next line); `output` the other lines, in which `…` stands for anything.
    """

    line: int
    commands: tuple[str, ...]
    output: tuple[str, ...]
    timeout_s: int = DEFAULT_TIMEOUT_S
    expects_error: bool = False
    is_run: bool = True


def read_blocks(markdown: str) -> list[Block]:
    """Return a guide's `bash` blocks in order. Raises UsageError for a key that is unknown."""
    found: list[Block] = []
    lines = markdown.splitlines()
    number = 0
    while number < len(lines):
        opening = _OPENING.match(lines[number])
        if opening:
            end = lines.index("```", number)
            found.append(_block(number + 1, opening["options"].split(), lines[number + 1 : end]))
            number = end
        number += 1
    return found


def _block(line: int, options: list[str], body: list[str]) -> Block:
    keys = dict(option.partition("=")[::2] for option in options)
    unknown = keys.keys() - _KNOWN
    if unknown:
        raise UsageError(
            f"Line {line} of the guide has the unknown key `{sorted(unknown)[0]}`.",
            f"Use one of: {', '.join(sorted(_KNOWN))}.",
        )
    commands, output = _split(body)
    return Block(
        line=line,
        commands=tuple(commands),
        output=tuple(output),
        timeout_s=int(keys.get("timeout_s", DEFAULT_TIMEOUT_S)),
        expects_error="expect_error" in keys,
        is_run=keys.get("run") != "false",
    )


def _split(body: list[str]) -> tuple[list[str], list[str]]:
    commands: list[str] = []
    output: list[str] = []
    goes_on = False
    for line in body:
        if goes_on:
            commands[-1] += "\n" + line
        elif line.startswith("$ "):
            commands.append(line[2:])
        else:
            output.append(line)
            continue
        goes_on = line.endswith("\\")
    return commands, output


def missing_output(block: Block, printed: str) -> str | None:
    """Return the first promised line that was not printed, in order; None if all were."""
    rest = [line.rstrip() for line in printed.splitlines()]
    for promised in block.output:
        pattern = ".*".join(re.escape(part) for part in promised.strip().split(_ANYTHING))
        while rest:
            if re.fullmatch(rf"\s*{pattern}\s*", rest.pop(0)):
                break
        else:
            if promised.strip():
                return promised
    return None
