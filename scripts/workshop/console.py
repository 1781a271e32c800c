"""The only place that prints: results to stdout, progress and errors to stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console as RichConsole
from rich.live import Live
from rich.markup import escape
from rich.progress import Progress as RichProgress
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from workshop.errors import WorkshopError
from workshop.progress import (
    Download,
    Event,
    Note,
    Progress,
    ResourceCompleted,
    ResourceErrored,
    ResourceProgress,
    ResourceStarted,
    Waiting,
)

Styled = Sequence[tuple[str, str]]
_MIB = 1024 * 1024


class Console:
    """Output of one run. Colour only on a terminal and without `NO_COLOR`, which rich looks at."""

    def __init__(self, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self._out = RichConsole(file=out or sys.stdout, highlight=False, soft_wrap=True)
        self._err = RichConsole(file=err or sys.stderr, highlight=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Tell whether a person watches the progress."""
        return self._err.is_terminal

    @property
    def redraws(self) -> bool:
        """Tell whether results can be drawn anew in place."""
        return self._out.file.isatty() and not self._out.is_dumb_terminal

    def result(self, text: str = "", style: str = "") -> None:
        """Print a line of the result."""
        self._out.print(escape(text), style=style)

    def json(self, value: Any) -> None:
        """Print a result for programs."""
        self._out.file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def table(self, columns: list[str], rows: list[list[str]]) -> None:
        """Print a result as a table without lines, as wide as its content."""
        # not rich's tables: those fold to a width, which a pipe does not have
        widths = [
            max(cell_len(row[column]) for row in [columns, *rows]) for column in range(len(columns))
        ]
        for number, row in enumerate([columns, *rows]):
            cells = [set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)]
            self._out.print(escape("  ".join(cells).rstrip()), style="bold" if not number else "")

    @contextmanager
    def redrawn(self) -> Iterator[Callable[[Sequence[Styled]], None]]:
        """Show results in place of those before, cut where the terminal ends; the last ones stay.

        Shape: a line is its pieces of text, each with its style.
        """
        with Live(console=self._out, auto_refresh=False, vertical_overflow="crop") as live:
            yield lambda lines: live.update(_drawn(lines), refresh=True)

    def info(self, text: str) -> None:
        """Say something beside the result."""
        self._err.print(escape(text))

    def success(self, text: str) -> None:
        """Say that something came to a good end."""
        self._err.print(escape(text), style="green")

    def warning(self, text: str) -> None:
        """Say something that a person should look at."""
        self._err.print(escape(text), style="yellow")

    def error(self, error: WorkshopError) -> None:
        """Say what went wrong and what to do next."""
        self._err.print(escape(error.message), style="red")
        if error.remedy:
            self._err.print(escape(error.remedy))

    def confirm(self, question: str) -> bool:
        """Ask a person; without a terminal to ask on, the answer is no."""
        if not sys.stdin.isatty():
            self.info(question)
            return False
        self._err.print(f"{escape(question)} [y/N] ", end="")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def choose(self, text: str, other: str) -> bool:
        """Wait for Enter; False if a person typed `other` before it."""
        self._err.print(escape(text), end=" ")
        return sys.stdin.readline().strip().lower() != other

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Show events while something works: live on a terminal, plain lines elsewhere."""
        if not self.is_terminal:
            yield _PlainProgress(self._err).show
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with RichProgress(*columns, console=self._err, transient=True) as live:
            yield _LiveProgress(live, self._err).show


class _PlainProgress:
    """One line an event; a wait is named once, and a resource when it ends."""

    def __init__(self, console: RichConsole) -> None:
        self._console = console
        self._waiting = ""
        self._downloads: dict[str, int] = {}

    def show(self, event: Event) -> None:
        text = self._text(event)
        if text:
            self._console.print(escape(text))

    def _text(self, event: Event) -> str:
        if isinstance(event, Waiting):
            is_new = event.text != self._waiting
            self._waiting = event.text
            return f"{event.text} …" if is_new else ""
        if isinstance(event, Download):
            return self._download_text(event)
        if isinstance(event, ResourceStarted):
            return _wait_text(event)
        if isinstance(event, ResourceProgress):
            return ""
        return _line(event)

    def _download_text(self, event: Download) -> str:
        """Name a download when it begins, and at each quarter."""
        quarter = event.received_bytes * 4 // event.total_bytes if event.total_bytes else 0
        if self._downloads.get(event.name) == quarter:
            return ""
        self._downloads[event.name] = quarter
        return _download_line(event)


class _LiveProgress:
    """A live line for each thing that goes on, and a lasting one when it ends."""

    def __init__(self, live: RichProgress, console: RichConsole) -> None:
        self._live = live
        self._console = console
        self._waiting: Any = None
        self._waiting_text = ""
        self._tasks: dict[str, Any] = {}

    def show(self, event: Event) -> None:
        if isinstance(event, Waiting):
            self._wait(event.text)
        elif isinstance(event, Download):
            self._go_on(event.name, _download_line(event))
        elif isinstance(event, ResourceStarted):
            self._wait("")
            self._go_on(event.address, _wait_text(event) or _doing(event.action, event.address))
        elif not isinstance(event, ResourceProgress):
            self._wait("")
            self._end(getattr(event, "address", ""))
            self._console.print(escape(_line(event)))

    def _wait(self, text: str) -> None:
        if text == self._waiting_text:
            return
        if self._waiting is not None:
            self._live.remove_task(self._waiting)
        self._waiting = self._live.add_task(escape(text), total=None) if text else None
        self._waiting_text = text

    def _go_on(self, name: str, text: str) -> None:
        if name in self._tasks:
            self._live.update(self._tasks[name], description=escape(text))
        else:
            self._tasks[name] = self._live.add_task(escape(text), total=None)

    def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            self._live.remove_task(task)


def _drawn(lines: Sequence[Styled]) -> Text:
    """Return lines as one text that rich cuts at the terminal's edge, and never wraps."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for line in lines:
        text.append_tokens((piece, style or None) for piece, style in line)
        text.append("\n")
    text.rstrip()
    return text


_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "read": "reading"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted", "read": "read"}


def _doing(action: str, address: str) -> str:
    return f"  {address}: {_DOING.get(action, action)}"


def _wait_text(event: ResourceStarted) -> str:
    if event.fixed_wait_s is None:
        return ""
    return (
        f"{_doing(event.action, event.address)} "
        f"(Terraform's AWS provider waits {event.fixed_wait_s} s for this kind)"
    )


def _line(event: Event) -> str:
    if isinstance(event, ResourceCompleted):
        done = _DONE.get(event.action, event.action)
        return f"  {event.address}: {done} in {event.elapsed_s} s"
    if isinstance(event, ResourceErrored):
        return f"  {event.address}: failed after {event.elapsed_s} s"
    return event.text if isinstance(event, Note) else ""


def _download_line(event: Download) -> str:
    received = f"{event.received_bytes / _MIB:.1f}"
    if event.total_bytes is None:
        return f"  {event.name}: {received} MiB"
    return f"  {event.name}: {received} of {event.total_bytes / _MIB:.1f} MiB"
