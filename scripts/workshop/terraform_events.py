"""Terraform's `-json` stream, read line by line into events, changes and diagnostics.

Source: Terraform documentation, "Machine-Readable UI".
"""

import json
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

from workshop.errors import InfrastructureError
from workshop.progress import (
    Event,
    Note,
    ResourceCompleted,
    ResourceErrored,
    ResourceProgress,
    ResourceStarted,
    Waiting,
)

FIXED_WAITS_S = {"aws_lb": 60, "aws_ecs_cluster": 10}
"""What the provider waits after creating a resource, whatever the endpoint says."""

_AGAIN = "Run the same command again when that is put right: it goes on where it stopped."
_REMEDIES = (
    (
        r"[Ff]ailed to query available provider packages|Could not retrieve the list of available",
        "Run `make setup` where there is a network; `workshop doctor` says what else would do.",
    ),
    (
        r"Error acquiring the state lock",
        "Wait for the other run to end, then run the same command again.",
    ),
    (r"Backend initialization required|Module not installed", "Run the same command again."),
    (
        r"No valid credential sources|ExpiredToken|InvalidClientTokenId",
        "Sign in (for example `aws sso login`), then run the command again.",
    ),
    (
        r"connect: connection refused|connection reset by peer",
        "Look at `workshop emulator logs`, then run the same command again.",
    ),
    (
        r"AccessDenied|not authorized to perform",
        "Give the role what it is refused, then run the same command again.",
    ),
    (
        r"already exists|AlreadyExists|AlreadyOwned|NameExists|NameInUse|Duplicate",
        "Remove what is there already, or take it over with `workshop terraform -- import`.",
    ),
    (
        r"LimitExceeded|QuotaExceeded|TooMany",
        "Ask for a higher quota, or destroy what is not needed, then run the same command again.",
    ),
)


@dataclass(frozen=True)
class Change:
    """One resource that a plan would change. `action` is create, update, replace or delete."""

    address: str
    action: str


@dataclass(frozen=True)
class PlanSummary:
    """What a plan would do, by address."""

    changes: tuple[Change, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.changes

    def with_action(self, *actions: str) -> list[str]:
        """Return the addresses that the plan treats in one of these ways."""
        return [change.address for change in self.changes if change.action in actions]


@dataclass(frozen=True)
class Diagnostic:
    """An error as Terraform words it."""

    summary: str
    detail: str = ""
    address: str = ""
    place: str = ""

    def text(self) -> str:
        """Return the summary, where it happened and the detail, as lines to show."""
        where = f" at `{self.address}`" if self.address else ""
        where += f" ({self.place})" if self.place else ""
        detail = textwrap.indent(f"\n{self.detail.strip()}", "  ") if self.detail else ""
        return f"{self.summary.rstrip('.:')}{where}.{detail}"


@dataclass
class Stream:
    """What one command has said so far."""

    errors: list[Diagnostic] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)

    def read(self, line: str) -> Event | None:
        """Take in one line, and return what it means to whoever watches."""
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            if line.strip():
                self.noise.append(line.rstrip())
            return None
        return self._read_message(message)

    def _read_message(self, message: dict[str, Any]) -> Event | None:
        kind = str(message.get("type", ""))
        if kind == "diagnostic":
            self._read_diagnostic(message["diagnostic"])
        elif kind == "planned_change":
            self._read_change(message["change"])
        elif kind == "refresh_start":
            return Waiting("Terraform compares the state with what is there")
        elif kind == "change_summary":
            return Note(f"Terraform: {message.get('@message', '')}")
        elif kind.startswith("apply_"):
            return _hook_event(kind, message["hook"])
        return None

    def _read_diagnostic(self, diagnostic: dict[str, Any]) -> None:
        if diagnostic.get("severity") != "error":
            return
        span = diagnostic.get("range") or {}
        place = f"{span['filename']}:{span['start']['line']}" if span else ""
        found = Diagnostic(
            summary=str(diagnostic.get("summary", "")),
            detail=str(diagnostic.get("detail", "")),
            address=str(diagnostic.get("address", "")),
            place=place,
        )
        if found not in self.errors:
            self.errors.append(found)

    def _read_change(self, change: dict[str, Any]) -> None:
        action = str(change.get("action", ""))
        if action not in {"noop", "read"}:
            self.changes.append(Change(str(change["resource"]["addr"]), action))

    def error(self, command: str, status: int) -> InfrastructureError:
        """Return the failure of a command, with the first diagnostic's remedy."""
        if self.errors:
            found = "\n".join(diagnostic.text() for diagnostic in self.errors)
        else:
            found = "\n".join(self.noise[-10:]) or "It said nothing."
        return InfrastructureError(
            f"`terraform {command}` failed with status {status}:\n{found}", remedy_for(found)
        )


def remedy_for(text: str) -> str:
    """Return what to do about an error of Terraform."""
    for pattern, remedy in _REMEDIES:
        if re.search(pattern, text):
            return remedy
    return _AGAIN


def _hook_event(kind: str, hook: dict[str, Any]) -> Event | None:
    address = str(hook["resource"]["addr"])
    action = str(hook.get("action", ""))
    if action == "read":  # data sources change nothing that a person waits for
        return None
    elapsed_s = int(hook.get("elapsed_seconds", 0))
    if kind == "apply_start":
        wait = FIXED_WAITS_S.get(str(hook["resource"].get("resource_type", "")))
        return ResourceStarted(address, action, wait if action == "create" else None)
    if kind == "apply_progress":
        return ResourceProgress(address, action, elapsed_s)
    if kind == "apply_complete":
        return ResourceCompleted(address, action, elapsed_s)
    if kind == "apply_errored":
        return ResourceErrored(address, action, elapsed_s)
    return None
