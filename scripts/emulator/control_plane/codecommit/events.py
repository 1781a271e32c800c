"""What CodeCommit tells EventBridge when a branch or tag changes.

Source: CodeCommit User Guide, "Monitoring CodeCommit events in Amazon EventBridge", events
referenceCreated, referenceUpdated and referenceDeleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.control_plane.codecommit.store import HEADS, TAGS
from emulator.control_plane.events.delivery import publish_event
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from emulator.control_plane.codecommit.models import Repository

SOURCE = "aws.codecommit"
DETAIL_TYPE = "CodeCommit Repository State Change"


@dataclass(frozen=True)
class ReferenceChange:
    """One branch or tag that moved; `old` or `new` is None where it did not or does not exist."""

    full_name: str
    old: str | None
    new: str | None

    @property
    def event(self) -> str:
        if self.old is None:
            return "referenceCreated"
        return "referenceDeleted" if self.new is None else "referenceUpdated"

    @property
    def reference_type(self) -> str:
        return "branch" if self.full_name.startswith(HEADS) else "tag"

    @property
    def name(self) -> str:
        return self.full_name.removeprefix(HEADS).removeprefix(TAGS)


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> list[ReferenceChange]:
    """List what changed between two states of a repository's references, by full name."""
    return [
        ReferenceChange(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def publish_change(runtime: Runtime, repository: "Repository", change: ReferenceChange) -> None:
    """Publish one change to the repository's account and region; call with the lock held."""
    publish_event(
        runtime,
        repository.account_id,
        repository.region,
        SOURCE,
        DETAIL_TYPE,
        [repository.arn],
        change_detail(repository, change),
    )


def change_detail(repository: "Repository", change: ReferenceChange) -> dict[str, str]:
    """Return the event's `detail`: ids that there are none of are left out, as AWS does."""
    detail = {
        "callerUserArn": f"arn:aws:iam::{repository.account_id}:root",
        "commitId": change.new,
        "event": change.event,
        "oldCommitId": change.old,
        "referenceFullName": change.full_name,
        "referenceName": change.name,
        "referenceType": change.reference_type,
        "repositoryId": repository.repository_id,
        "repositoryName": repository.name,
    }
    return {key: value for key, value in detail.items() if value is not None}
