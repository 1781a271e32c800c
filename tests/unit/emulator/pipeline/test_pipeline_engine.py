"""How executions go through a pipeline: stages, actions, modes, transitions."""

from dataclasses import replace

import pytest

from emulator.engines.pipeline import Refused
from emulator.engines.pipeline.declaration import ExecutionMode, Stage, Structure
from emulator.engines.pipeline.events import (
    ActionProgressed,
    ActionSucceeded,
    PipelineDeleted,
    PipelineUpdated,
    TransitionDisabled,
    TransitionEnabled,
)
from emulator.engines.pipeline.model import (
    External,
    SourceOverride,
)


def test_execution_goes_through_every_stage_and_succeeds(begin):
    course = begin()
    course.request("one")
    for name in ("Source", "Build", "Deploy"):
        assert course.status("one") == "InProgress"
        course.succeed("one", name)
        assert course.stage_status("one", name) == "Succeeded"
    assert course.status("one") == "Succeeded"
    assert course.started() == [("one", "Source"), ("one", "Build"), ("one", "Deploy")]


def test_every_change_is_announced_in_order(begin, make_action):
    course = begin(Stage("Source", (make_action("Source"),)))
    course.request("one")
    course.succeed("one", "Source")
    assert course.announced("one") == [
        "Pipeline STARTED",
        "Stage STARTED",
        "Action STARTED",
        "Action SUCCEEDED",
        "Stage SUCCEEDED",
        "Pipeline SUCCEEDED",
    ]


def test_advance_leaves_the_pipeline_it_was_given_as_it_was(begin):
    course = begin()
    before = course.pipeline
    course.request("one")
    assert before.executions == {}
    assert before is not course.pipeline


def test_failed_action_fails_its_stage_and_the_execution(begin):
    course = begin()
    course.request("one")
    course.fail("one", "Source")
    assert course.stage_status("one", "Source") == "Failed"
    assert course.status("one") == "Failed"
    run = next(iter(course["one"].action_runs.values()))
    assert (run.error.code, run.error.message) == ("JobFailed", "it broke")


def test_same_run_order_runs_side_by_side_and_the_next_one_after(begin, make_action):
    stage = Stage("S", (make_action("later", 2), make_action("a", 1), make_action("b", 1)))
    course = begin(stage)
    course.request("one")
    assert course.started() == [("one", "a"), ("one", "b")]
    course.succeed("one", "a")
    assert len(course.started()) == 2
    course.succeed("one", "b")
    assert course.started()[-1] == ("one", "later")


def test_neighbours_of_a_failed_action_finish_before_the_stage_fails(begin, make_action):
    course = begin(Stage("S", (make_action("a"), make_action("b"), make_action("later", 2))))
    course.request("one")
    course.fail("one", "a")
    assert course.stage_status("one", "S") == "InProgress"
    course.succeed("one", "b")
    assert course.stage_status("one", "S") == "Failed"
    assert ("one", "later") not in course.started()


def test_artifacts_are_written_where_later_actions_read_them(begin):
    course = begin()
    course.request("one")
    (written,) = course.last_start().outputs
    course.succeed("one", "Source")
    assert course.last_start().inputs == (written,)
    assert written.bucket == "artifacts"
    assert written.key.startswith("pipe/SourceOutp/")
    assert len(written.key.rpartition("/")[2]) == 7


def test_revision_reaches_the_actions_that_read_its_artifact(begin, revision):
    course = begin()
    course.request("one")
    course.succeed("one", "Source", revision=revision)
    assert course.last_start().input_revisions == {"SourceOutput": revision}
    assert course["one"].revisions == {"Source": revision}


def test_source_override_reaches_only_its_action(begin):
    course = begin()
    override = SourceOverride("Source", "COMMIT_ID", "c0ffee")
    course.request("one", override)
    assert course.last_start().override == override
    course.succeed("one", "Source")
    assert course.last_start().override is None


def test_variables_of_all_three_kinds_are_resolved(begin, make_action):
    configured = {
        "A": "#{Src.CommitId}-#{variables.Note}",
        "B": "#{codepipeline.PipelineExecutionId}",
    }
    course = begin(
        Stage("Source", (make_action("Source", namespace="Src"),)),
        Stage("Build", (make_action("Build", configuration=configured),)),
    )
    course.request("one", Note="hi")
    course.succeed("one", "Source", output_variables={"CommitId": "c0ffee"})
    assert course.last_start().configuration == {"A": "c0ffee-hi", "B": "one"}


def test_unknown_variable_fails_the_action_without_starting_it(begin, make_action):
    course = begin(
        Stage("Source", (make_action("Source"),)),
        Stage("Build", (make_action("Build", configuration={"A": "#{Src.CommitId}"}),)),
    )
    course.request("one")
    course.succeed("one", "Source")
    assert course.status("one") == "Failed"
    assert course.started() == [("one", "Source")]
    assert "could not be resolved: Action name=[Build]" in _last_error(course)


def _last_error(course) -> str:
    return [run.error for run in course["one"].action_runs.values() if run.error][-1].message


def test_progress_is_kept_when_the_action_ends(begin):
    course = begin()
    course.request("one")
    run_id = course.running("one", "Source")
    course.take(ActionProgressed("one", run_id, External(id="build:1")))
    assert course["one"].action_runs[run_id].external.id == "build:1"
    course.succeed("one", "Source", external=External(summary="done"))
    assert course["one"].action_runs[run_id].external == External("build:1", None, "done")


def test_report_about_an_ended_action_changes_nothing(begin):
    course = begin()
    course.request("one")
    run_id = course.running("one", "Source")
    course.fail("one", "Source")
    before = course.pipeline
    assert course.take(ActionSucceeded("one", run_id)) == []
    assert course.pipeline == before


def test_report_about_an_unknown_execution_changes_nothing(begin):
    course = begin()
    assert course.take(ActionSucceeded("none", "none")) == []


# Executions that meet.


def test_stage_is_locked_while_an_execution_is_in_it(begin):
    course = begin()
    course.request("one")
    course.request("two")
    assert course.started() == [("one", "Source")]
    assert course["two"].waiting_for == "Source"


def test_waiting_execution_enters_when_the_stage_is_left(begin):
    course = begin()
    course.request("one")
    course.request("two")
    course.succeed("one", "Source")
    assert course.started() == [("one", "Source"), ("one", "Build"), ("two", "Source")]


def test_waiting_execution_enters_when_the_one_ahead_fails(begin):
    course = begin()
    course.request("one")
    course.request("two")
    course.fail("one", "Source")
    assert course.started()[-1] == ("two", "Source")


def test_newer_execution_supersedes_the_one_that_waits(begin):
    course = begin()
    for name in ("one", "two", "three"):
        course.request(name)
    assert course.statuses() == {"one": "InProgress", "two": "Superseded", "three": "InProgress"}
    assert "Pipeline SUPERSEDED" in course.announced("two")


def test_execution_between_later_stages_is_superseded_too(begin):
    course = begin()
    for name in ("one", "two", "three"):
        course.request(name)
        course.succeed(name, "Source")
        if name == "one":
            course.succeed("one", "Build")
        elif name == "two":
            course.succeed("two", "Build")
    assert course["two"].waiting_for == "Deploy"
    course.succeed("three", "Build")
    assert course.statuses() == {"one": "InProgress", "two": "Superseded", "three": "InProgress"}


def test_execution_in_a_stage_is_never_superseded(begin):
    course = begin()
    course.request("one")
    course.request("two")
    course.request("three")
    course.succeed("one", "Source")
    assert course.stage_status("one", "Build") == "InProgress"
    assert course.stage_status("three", "Source") == "InProgress"


def test_queued_executions_enter_in_the_order_of_their_requests(begin):
    course = begin(mode=ExecutionMode.QUEUED)
    for name in ("one", "two", "three"):
        course.request(name)
    assert set(course.statuses().values()) == {"InProgress"}
    course.succeed("one", "Source")
    assert course.started()[-1] == ("two", "Source")
    course.succeed("two", "Source")
    assert course.started()[-1] == ("three", "Source")


def test_parallel_executions_lock_no_stage(begin):
    course = begin(mode=ExecutionMode.PARALLEL)
    course.request("one")
    course.request("two")
    assert course.started() == [("one", "Source"), ("two", "Source")]


@pytest.mark.parametrize("mode", [ExecutionMode.QUEUED, ExecutionMode.PARALLEL])
def test_fifty_first_concurrent_execution_is_refused(begin, mode):
    course = begin(mode=mode)
    for number in range(50):
        course.request(str(number))
    with pytest.raises(Refused) as refusal:
        course.request("one too many")
    assert refusal.value.code == "ConcurrentPipelineExecutionsLimitExceededException"


# Transitions.


def test_disabled_transition_holds_executions_back_until_enabled(begin):
    course = begin()
    course.take(TransitionDisabled("Build", "not now", "me"))
    course.request("one")
    course.succeed("one", "Source")
    assert course["one"].waiting_for == "Build"
    assert course.status("one") == "InProgress"
    course.take(TransitionEnabled("Build", "me"))
    assert course.started()[-1] == ("one", "Build")


def test_of_those_held_back_only_the_newest_goes_on(begin):
    course = begin()
    course.take(TransitionDisabled("Build", "not now", "me"))
    for name in ("one", "two"):
        course.request(name)
        course.succeed(name, "Source")
    assert course.statuses() == {"one": "Superseded", "two": "InProgress"}


def test_transition_remembers_who_why_and_when(begin):
    course = begin()
    course.take(TransitionDisabled("Build", "not now", "me"))
    state = course.pipeline.stages["Build"]
    assert (state.enabled, state.disabled_reason, state.changed_by) == (False, "not now", "me")
    assert state.changed_at is not None
    course.take(TransitionEnabled("Build", "me"))
    assert course.pipeline.stages["Build"].disabled_reason is None


@pytest.mark.parametrize(
    "event", [TransitionDisabled("Nope", "x", "me"), TransitionEnabled("Nope", "me")]
)
def test_transition_of_an_unknown_stage_is_refused(begin, event):
    with pytest.raises(Refused) as refusal:
        begin().take(event)
    assert refusal.value.code == "StageNotFoundException"


# A new structure, and none any more.


def _updated(course, *stages: Stage) -> Structure:
    return replace(course.pipeline.structure, version=2, stages=stages)


def test_update_that_adds_a_stage_lets_an_execution_go_on_into_it(begin, stages, make_action):
    course = begin()
    course.request("one")
    course.take(PipelineUpdated(_updated(course, *stages, Stage("More", (make_action("More"),)))))
    for name in ("Source", "Build", "Deploy", "More"):
        course.succeed("one", name)
    assert course.status("one") == "Succeeded"


def test_update_of_the_stage_an_execution_is_in_cancels_it(begin, stages, make_action):
    course = begin()
    course.request("one")
    running = course.running("one", "Source")
    changed = Stage("Source", (make_action("Source"),))
    course.take(PipelineUpdated(_updated(course, changed, *stages[1:])))
    assert course.status("one") == "Cancelled"
    assert course.stage_status("one", "Source") == "Cancelled"
    assert course.abandoned() == [running]
    assert "Pipeline CANCELED" in course.announced("one")


def test_update_without_the_stage_an_execution_waits_for_cancels_it(begin, stages):
    course = begin()
    course.take(TransitionDisabled("Build", "not now", "me"))
    course.request("one")
    course.succeed("one", "Source")
    course.take(PipelineUpdated(_updated(course, stages[0], stages[2])))
    assert course.status("one") == "Cancelled"


def test_update_that_lifts_the_lock_lets_waiting_executions_in(begin, stages):
    course = begin()
    course.request("one")
    course.request("two")
    structure = replace(course.pipeline.structure, mode=ExecutionMode.PARALLEL)
    course.take(PipelineUpdated(structure))
    assert course.started()[-1] == ("two", "Source")


def test_transition_stays_disabled_through_an_update(begin, stages):
    course = begin()
    course.take(TransitionDisabled("Build", "not now", "me"))
    course.take(PipelineUpdated(_updated(course, *stages)))
    assert not course.pipeline.stages["Build"].enabled


def test_deletion_abandons_what_runs(begin):
    course = begin()
    course.request("one")
    running = course.running("one", "Source")
    course.take(PipelineDeleted())
    assert course.abandoned() == [running]
