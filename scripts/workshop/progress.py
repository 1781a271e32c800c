"""What lower layers report while they work: typed events, shown by whoever called them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """Something that happened; the line stays."""

    text: str


@dataclass(frozen=True)
class Waiting:
    """What is being waited for right now; a later `Waiting` or any other event replaces it."""

    text: str


@dataclass(frozen=True)
class Download:
    """How far a download has come."""

    name: str
    received_bytes: int
    total_bytes: int | None


@dataclass(frozen=True)
class ResourceStarted:
    """Terraform began with a resource. `fixed_wait_s` is what the provider waits for nothing."""

    address: str
    action: str
    fixed_wait_s: int | None = None


@dataclass(frozen=True)
class ResourceProgress:
    """Terraform is still at a resource."""

    address: str
    action: str
    elapsed_s: int


@dataclass(frozen=True)
class ResourceCompleted:
    """Terraform is done with a resource."""

    address: str
    action: str
    elapsed_s: int


@dataclass(frozen=True)
class ResourceErrored:
    """Terraform failed at a resource; the diagnostic that says why comes as the error."""

    address: str
    action: str
    elapsed_s: int


Event = (
    Note
    | Waiting
    | Download
    | ResourceStarted
    | ResourceProgress
    | ResourceCompleted
    | ResourceErrored
)
Progress = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Show nothing; for callers that only want the result."""
