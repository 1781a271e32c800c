"""Look at the group's running deployment again and again, to its end."""

from dataclasses import dataclass
from datetime import UTC, datetime

from workshop.checks.view import View
from workshop.deployments import Deployment


@dataclass(frozen=True)
class Look:
    """What AWS told of a deployment, between two moments of this machine's clock."""

    began: datetime
    ended: datetime
    deployment: Deployment

    @property
    def is_ready(self) -> bool:
        """Tell whether the deployment waited to be continued."""
        return self.deployment.status == "Ready"


class Follower:
    """Keeps every look at the deployments that ran meanwhile, each to its end."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.looks: list[Look] = []

    @property
    def newest(self) -> Look | None:
        return self.looks[-1] if self.looks else None

    def look(self) -> Look | None:
        """Look at what runs; return the newest look, None where nothing has run yet.

        A deployment that ran at the last look and does no more is looked at once more, for how it
        ended. Raises: AWS's errors, having kept nothing that it did not see.
        """
        began = datetime.now(UTC)
        running = self._view.running_deployment()
        ended = datetime.now(UTC)
        last = self.newest
        if last is not None and last.deployment.is_running and not _is_same(last, running):
            self._look_at_end_of(last.deployment)
        if running is not None:
            self.looks.append(Look(began, ended, running))
        return self.newest

    def _look_at_end_of(self, deployment: Deployment) -> None:
        began = datetime.now(UTC)
        found = self._view.deployment_by_id(deployment.id)
        self.looks.append(Look(began, datetime.now(UTC), found))


def _is_same(last: Look, running: Deployment | None) -> bool:
    return running is not None and running.id == last.deployment.id
