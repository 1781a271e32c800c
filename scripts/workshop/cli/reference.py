"""Writes the commands' help to `docs/reference/cli.md`, and tells when that page is stale.

python -m workshop.cli.reference [--check]
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from workshop.cli import workshop
from workshop.config import find_root

_HEAD = """# The command `workshop`

Written by `make docs` from the commands' own help.
"""
_WIDTH = 88


def reference() -> str:
    """Return the page."""
    root = click.Context(workshop, info_name="workshop", terminal_width=_WIDTH)
    return "\n".join([_HEAD, *_sections(workshop, root)])


def page_path(root: Path) -> Path:
    """Return where the page is in the project."""
    return root / "docs" / "reference" / "cli.md"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` only compare it; 1 if it is stale."""
    page = page_path(find_root(os.environ, Path.cwd()))
    text = reference()
    if "--check" not in arguments:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    click.echo(f"`{page}` is stale: a command's help changed. Run `make docs`.", err=True)
    return 1


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None:
            inner = click.Context(child, info_name=name, parent=context, terminal_width=_WIDTH)
            yield from _sections(child, inner)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
