"""The phases of a build: which follows which, and what they make of the build as a whole.

A build is a plain sequence. The runner carries one phase out at a time and reports how it ended;
`finish` says what comes next. Nothing here runs anything.

Source: CodeBuild User Guide, "Build phase transitions" and "Buildspec reference" (`on-failure`,
`finally`); aws/copilot-cli#2780 (artifacts are tried after a failed post_build). Inferred, not
observed: what follows a failed install or pre_build (the guide says so in a picture), that ABORT
leaves artifacts out, and that a build is FAILED although a phase was told to CONTINUE.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise


class Phase(StrEnum):
    """BuildPhaseType, in the order of a build in which nothing fails."""

    SUBMITTED = "SUBMITTED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE"
    INSTALL = "INSTALL"
    PRE_BUILD = "PRE_BUILD"
    BUILD = "BUILD"
    POST_BUILD = "POST_BUILD"
    UPLOAD_ARTIFACTS = "UPLOAD_ARTIFACTS"
    FINALIZING = "FINALIZING"
    COMPLETED = "COMPLETED"


class Status(StrEnum):
    """StatusType: of a phase, and of a build."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


class OnFailure(StrEnum):
    """What a buildspec's phase says under `on-failure`; without it the transitions hold."""

    ABORT = "ABORT"
    CONTINUE = "CONTINUE"


COMMAND_PHASES = (Phase.INSTALL, Phase.PRE_BUILD, Phase.BUILD, Phase.POST_BUILD)
"""The phases that a buildspec fills with commands."""

_ORDER = list(Phase)

_AFTER_SUCCESS = dict(pairwise(_ORDER))

_AFTER_FAILURE = {
    Phase.SUBMITTED: Phase.COMPLETED,
    Phase.QUEUED: Phase.COMPLETED,
    Phase.PROVISIONING: Phase.COMPLETED,
    Phase.DOWNLOAD_SOURCE: Phase.FINALIZING,
    Phase.INSTALL: Phase.FINALIZING,
    Phase.PRE_BUILD: Phase.FINALIZING,
    Phase.BUILD: Phase.POST_BUILD,
    Phase.POST_BUILD: Phase.UPLOAD_ARTIFACTS,
    Phase.UPLOAD_ARTIFACTS: Phase.FINALIZING,
    Phase.FINALIZING: Phase.COMPLETED,
}

TRANSITIONS: dict[tuple[Phase, Status], Phase] = {
    **{(phase, Status.SUCCEEDED): then for phase, then in _AFTER_SUCCESS.items()},
    **{(phase, Status.FAILED): then for phase, then in _AFTER_FAILURE.items()},
    **{
        (phase, status): Phase.COMPLETED
        for phase in _AFTER_SUCCESS
        for status in (Status.FAULT, Status.TIMED_OUT, Status.STOPPED)
    },
}
"""How a phase ended, to the phase that follows, where the buildspec does not say otherwise."""


class IllegalTransition(Exception):
    """A phase was reported as ended in a way that no build knows."""


@dataclass(frozen=True)
class Context:
    """PhaseContext: what went wrong, such as COMMAND_EXECUTION_ERROR and the command."""

    status_code: str
    message: str


@dataclass(frozen=True)
class PhaseRecord:
    """BuildPhase: one phase that began; `status` is None while it runs, and for COMPLETED."""

    phase: Phase
    started_at: datetime
    status: Status | None = None
    ended_at: datetime | None = None
    context: Context | None = None


@dataclass(frozen=True)
class Progress:
    """How far a build is: every phase that began, the current one last."""

    phases: tuple[PhaseRecord, ...]

    @property
    def current(self) -> Phase:
        return self.phases[-1].phase

    @property
    def is_complete(self) -> bool:
        return self.current is Phase.COMPLETED

    @property
    def is_succeeding(self) -> bool:
        """What CODEBUILD_BUILD_SUCCEEDING tells: no phase has failed so far."""
        return all(record.status in {None, Status.SUCCEEDED} for record in self.phases)

    @property
    def status(self) -> Status:
        """The build's status: IN_PROGRESS, or that of the first phase that did not succeed."""
        if not self.is_complete:
            return Status.IN_PROGRESS
        ended = [record.status for record in self.phases if record.status]
        return next((status for status in ended if status is not Status.SUCCEEDED), ended[-1])


def submit(now: datetime) -> Progress:
    """Return the progress of a build that was just accepted: SUBMITTED is over, it is QUEUED."""
    submitted = PhaseRecord(Phase.SUBMITTED, now, Status.SUCCEEDED, now)
    return Progress((submitted, PhaseRecord(Phase.QUEUED, now)))


def next_phase(phase: Phase, status: Status, on_failure: OnFailure | None = None) -> Phase:
    """Return the phase that follows `phase` when it ended as `status`.

    ABORT ends the build without its later phases; CONTINUE goes on as after a success, and the
    build is failed all the same.
    """
    if status is Status.FAILED and on_failure is OnFailure.ABORT:
        return Phase.FINALIZING
    if status is Status.FAILED and on_failure is OnFailure.CONTINUE:
        return _AFTER_SUCCESS[phase]
    try:
        return TRANSITIONS[phase, status]
    except KeyError:
        raise IllegalTransition(f"{phase} cannot end as {status}") from None


def finish(
    progress: Progress,
    status: Status,
    now: datetime,
    context: Context | None = None,
    on_failure: OnFailure | None = None,
) -> Progress:
    """Return the progress after the current phase ended as `status`, its successor begun."""
    running = progress.phases[-1]
    then = next_phase(running.phase, status, on_failure)
    ended = replace(running, status=status, ended_at=now, context=context)
    return Progress((*progress.phases[:-1], ended, PhaseRecord(then, now)))
