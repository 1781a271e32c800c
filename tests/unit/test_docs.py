"""What the documentation names exists: files, make targets, commands, options, figures."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from workshop.cli import workshop
from workshop.costs import cost_sentence

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(
            page
            for folder in ("app", "docs", "lab-guides", "modules", "scripts", "terraform")
            for page in (ROOT / folder).rglob("*.md")
        ),
    ]
)

_LINK = re.compile(r"\]\((?!https?://)(?P<path>[^)#\s]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"```[^\n]*\n(?P<block>.*?)```|`(?P<inline>[^`]+)`", re.DOTALL)
_ASSIGNED = re.compile(r"[A-Z_]+=\S*")


def commands_of(page: Path) -> Iterator[list[str]]:
    """Yield the words of each `make` and `workshop` command, in blocks and in prose."""
    for code in _CODE.finditer(page.read_text(encoding="utf-8")):
        text = code["block"] or " ".join((code["inline"] or "").split())
        for line in text.replace("\\\n", " ").splitlines():
            yield from _commands_in(line)


def _commands_in(line: str) -> Iterator[list[str]]:
    plain = line.removeprefix("$ ").replace("$(", " ; ").replace(')"', " ; ").split("  #")[0]
    for part in re.split(r"&&|;|\|", plain):
        words = part.replace('"', " ").split()
        while words and (_ASSIGNED.fullmatch(words[0]) or words[0] == "eval"):
            words = words[1:]
        if words and words[0].rpartition("/")[2] in {"make", "workshop"}:
            yield [words[0].rpartition("/")[2], *words[1:]]


def named(program: str) -> list[tuple[str, list[str]]]:
    return [
        (page.relative_to(ROOT).as_posix(), words[1:])
        for page in PAGES
        for words in commands_of(page)
        if words[0] == program and len(words) > 1 and re.match(r"[\w-]", words[1])
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_of_the_project_leads_to_one(page: Path) -> None:
    links = [link["path"] for link in _LINK.finditer(page.read_text(encoding="utf-8"))]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    words = [(page, words[0]) for page, words in named("make")]
    assert words
    assert [(page, word) for page, word in words if word not in targets] == []


def test_every_command_and_option_that_is_named_exists() -> None:
    assert named("workshop")
    assert [found for found in map(_mistake, named("workshop")) if found] == []


def _mistake(found: tuple[str, list[str]]) -> str | None:
    page, words = found
    command: click.Command = workshop
    rest = words
    try:
        while True:
            context = click.Context(command)
            _, rest, _ = command.make_parser(context).parse_args(list(rest))
            if not isinstance(command, click.Group) or not rest:
                return None
            child = command.get_command(context, rest[0])
            if child is None:
                return f"{page}: `{shlex.join(words)}` has no command {rest[0]}"
            command, rest = child, rest[1:]
    except click.UsageError as error:
        return f"{page}: `{shlex.join(words)}`: {error.format_message()}"


@pytest.mark.parametrize("page", ["README.md", "lab-guides/en/README.md"])
def test_the_cost_that_a_page_states_is_the_one_that_the_cli_states(page: str) -> None:
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert cost_sentence() in text
