"""The table of phases: what follows what, and what becomes of the build."""

from datetime import UTC, datetime, timedelta

import pytest

from emulator.engines.build import (
    COMMAND_PHASES,
    TRANSITIONS,
    Context,
    IllegalTransition,
    OnFailure,
    Phase,
    Status,
    finish,
    next_phase,
    submit,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UP_TO_BUILD = [
    Phase.SUBMITTED,
    Phase.QUEUED,
    Phase.PROVISIONING,
    Phase.DOWNLOAD_SOURCE,
    Phase.INSTALL,
    Phase.PRE_BUILD,
    Phase.BUILD,
]


def walk(ends: dict[Phase, Status], on_failure: dict[Phase, OnFailure] | None = None):
    """Return the progress of a build whose phases end as `ends` says, and succeed otherwise."""
    progress = submit(NOW)
    while not progress.is_complete:
        phase = progress.current
        status = ends.get(phase, Status.SUCCEEDED)
        progress = finish(progress, status, NOW, on_failure=(on_failure or {}).get(phase))
    return progress


def test_a_build_in_which_nothing_fails_passes_every_phase():
    progress = walk({})
    assert [record.phase for record in progress.phases] == list(Phase)
    assert progress.status is Status.SUCCEEDED


FAILURES = {
    Phase.QUEUED: [],
    Phase.PROVISIONING: [],
    Phase.DOWNLOAD_SOURCE: [Phase.FINALIZING],
    Phase.INSTALL: [Phase.FINALIZING],
    Phase.PRE_BUILD: [Phase.FINALIZING],
    Phase.BUILD: [Phase.POST_BUILD, Phase.UPLOAD_ARTIFACTS, Phase.FINALIZING],
    Phase.POST_BUILD: [Phase.UPLOAD_ARTIFACTS, Phase.FINALIZING],
    Phase.UPLOAD_ARTIFACTS: [Phase.FINALIZING],
    Phase.FINALIZING: [],
}


@pytest.mark.parametrize("phase", FAILURES)
def test_after_a_failed_phase_come_only_those_that_aws_still_runs(phase: Phase):
    progress = walk({phase: Status.FAILED})
    then = [record.phase for record in progress.phases]
    assert then[then.index(phase) + 1 :] == [*FAILURES[phase], Phase.COMPLETED]
    assert progress.status is Status.FAILED


@pytest.mark.parametrize("status", [Status.STOPPED, Status.TIMED_OUT, Status.FAULT])
@pytest.mark.parametrize("phase", list(Phase)[1:-1])
def test_a_build_that_is_stopped_or_out_of_time_ends_where_it_is(phase: Phase, status: Status):
    progress = walk({phase: status})
    assert [record.phase for record in progress.phases][-2:] == [phase, Phase.COMPLETED]
    assert progress.status is status


@pytest.mark.parametrize("phase", COMMAND_PHASES)
def test_abort_ends_the_build_without_its_later_phases(phase: Phase):
    assert next_phase(phase, Status.FAILED, OnFailure.ABORT) is Phase.FINALIZING


@pytest.mark.parametrize("phase", COMMAND_PHASES)
def test_continue_goes_on_and_the_build_fails_all_the_same(phase: Phase):
    progress = walk({phase: Status.FAILED}, {phase: OnFailure.CONTINUE})
    assert [record.phase for record in progress.phases] == list(Phase)
    assert progress.status is Status.FAILED


@pytest.mark.parametrize("on_failure", OnFailure)
@pytest.mark.parametrize("phase", COMMAND_PHASES)
def test_on_failure_does_not_matter_after_a_success(phase: Phase, on_failure: OnFailure):
    assert next_phase(phase, Status.SUCCEEDED, on_failure) is TRANSITIONS[phase, Status.SUCCEEDED]


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("status", Status)
def test_every_pair_outside_the_table_is_illegal(phase: Phase, status: Status):
    if (phase, status) in TRANSITIONS:
        assert next_phase(phase, status) in list(Phase)
    else:
        with pytest.raises(IllegalTransition):
            next_phase(phase, status)


def test_a_build_is_succeeding_until_a_phase_fails():
    progress = submit(NOW)
    for phase in UP_TO_BUILD[1:]:
        assert progress.current is phase
        assert progress.is_succeeding
        status = Status.FAILED if phase is Phase.BUILD else Status.SUCCEEDED
        progress = finish(progress, status, NOW)
    assert progress.current is Phase.POST_BUILD
    assert not progress.is_succeeding
    assert progress.status is Status.IN_PROGRESS


def test_a_phase_keeps_its_times_and_what_went_wrong():
    later = NOW + timedelta(seconds=3)
    context = Context("CLIENT_ERROR", "no capacity")
    ended = finish(submit(NOW), Status.FAILED, later, context).phases[1]
    assert (ended.started_at, ended.ended_at, ended.context) == (NOW, later, context)
