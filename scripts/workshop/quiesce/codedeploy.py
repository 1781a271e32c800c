"""CodeDeploy at rest: no deployment runs, and no rollback is about to."""

import time
from dataclasses import dataclass, field

from workshop.aws import Aws
from workshop.deployments import (
    Deployment,
    deployments,
    end_termination_wait,
    running_deployment,
    stop,
)
from workshop.environment import CodeDeploy
from workshop.progress import Note, Progress, Waiting
from workshop.waiting import wait_until

_REST_TIMEOUT_S = 600.0
_ROLLBACK_PATIENCE_S = 180.0
"""How long a rollback may take. One that must start tasks anew may hang as a deployment does."""

_QUIET_LOOKS = 5
"""How often a deployment that failed must be seen without a rollback before none is expected."""


def end_deployments(aws: Aws, codedeploy: CodeDeploy, progress: Progress) -> None:
    """End the group's deployment and the rollback that it leads to; return when none runs.

    One that hangs, since its new tasks never become healthy, is ended by nothing but a stop.
    """
    group = f"`{codedeploy.deployment_group}`"
    progress(Waiting(f"The deployments of {group} come to rest"))
    ending = _Ending(aws, codedeploy, progress)
    wait_until(
        ending.is_done,
        f"Deployment group {group} still has a deployment that runs",
        _REST_TIMEOUT_S,
    )


@dataclass
class _Ending:
    """What was done so far to bring one group to rest."""

    aws: Aws
    codedeploy: CodeDeploy
    progress: Progress
    stopped: set[str] = field(default_factory=set)
    continued: set[str] = field(default_factory=set)
    first_seen: dict[str, float] = field(default_factory=dict)
    quiet_looks: int = 0

    def is_done(self) -> bool:
        """Do what the running deployment needs to end; True if none runs or will."""
        running = running_deployment(self.aws, self.codedeploy)
        if running is None:
            return self._is_quiet()
        self.quiet_looks = 0
        self.first_seen.setdefault(running.id, time.monotonic())
        if running.is_waiting_to_terminate:
            self._go_on(running)
        elif running.is_rollback:
            self._bear_with(running)
        else:
            self._stop(running, rollback=True)
        return False

    def _is_quiet(self) -> bool:
        """Tell whether the newest deployment has had time to be rolled back, where it was to be.

        Between a deployment's end and its rollback's beginning nothing runs.
        """
        newest = next(iter(deployments(self.aws, self.codedeploy, limit=1)), None)
        if newest is None or newest.status == "Succeeded" or newest.is_rollback:
            return True
        self.quiet_looks += 1
        return self.quiet_looks >= _QUIET_LOOKS

    def _go_on(self, deployment: Deployment) -> None:
        """End the wait before the replaced tasks go, once: traffic is where it is to be already."""
        if deployment.id in self.continued:
            return
        if end_termination_wait(self.aws, deployment.id):
            self.continued.add(deployment.id)
            self.progress(Note(f"Ended the termination wait of deployment `{deployment.id}`."))

    def _bear_with(self, rollback: Deployment) -> None:
        """Let a rollback do its work, but not for ever."""
        if time.monotonic() - self.first_seen[rollback.id] > _ROLLBACK_PATIENCE_S:
            self._stop(rollback, rollback=False)

    def _stop(self, deployment: Deployment, rollback: bool) -> None:
        """Stop a deployment, once."""
        if deployment.id in self.stopped:
            return
        self.stopped.add(deployment.id)
        if stop(self.aws, deployment.id, rollback):
            then = ", with a rollback" if rollback else ""
            self.progress(Note(f"Stopped deployment `{deployment.id}`{then}."))
