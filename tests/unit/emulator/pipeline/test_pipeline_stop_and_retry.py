"""Stopping an execution, retrying a stage, and the tables that every status follows."""

import itertools

import pytest

from emulator.engines.pipeline import Refused
from emulator.engines.pipeline.declaration import ExecutionMode, Stage
from emulator.engines.pipeline.events import PipelineUpdated, RetryMode, TransitionDisabled
from emulator.engines.pipeline.model import (
    ActionStatus,
    ExecutionStatus,
    StageStatus,
)
from emulator.engines.pipeline.transitions import (
    ACTION_TRANSITIONS,
    EXECUTION_TRANSITIONS,
    STAGE_TRANSITIONS,
    IllegalMove,
    Move,
    after_action,
    after_execution,
    after_stage,
)

TABLES = [
    (EXECUTION_TRANSITIONS, ExecutionStatus, after_execution),
    (STAGE_TRANSITIONS, StageStatus, after_stage),
    (ACTION_TRANSITIONS, ActionStatus, after_action),
]


@pytest.mark.parametrize(
    ("after", "status", "move", "expected"),
    [
        (after, status, move, table.get((status, move)))
        for table, statuses, after in TABLES
        for status, move in itertools.product(statuses, Move)
    ],
)
def test_status_moves_as_its_table_says_and_in_no_other_way(after, status, move, expected):
    if expected is None:
        with pytest.raises(IllegalMove, match=str(move.name)):
            after(status, move)
    else:
        assert after(status, move) is expected


@pytest.mark.parametrize(("table", "statuses"), [(t, s) for t, s, _ in TABLES])
def test_every_status_but_the_first_is_reached_by_some_move(table, statuses):
    first = next(iter(statuses))
    assert set(table.values()) | {first} == set(statuses)


# Stop.


def test_stop_and_wait_lets_the_running_action_end(begin):
    course = begin()
    course.request("one")
    course.stop("one")
    assert course.status("one") == "Stopping"
    assert course.stage_status("one", "Source") == "Stopping"
    course.succeed("one", "Source")
    assert course.status("one") == "Stopped"
    assert course.stage_status("one", "Source") == "Stopped"
    assert course.started() == [("one", "Source")]


def test_stop_and_wait_starts_no_further_action_of_the_stage(begin, make_action):
    course = begin(Stage("S", (make_action("first", 1), make_action("second", 2))))
    course.request("one")
    course.stop("one")
    course.succeed("one", "first")
    assert course.status("one") == "Stopped"
    assert course.started() == [("one", "first")]


def test_action_that_fails_while_stopping_leaves_the_execution_stopped(begin):
    course = begin()
    course.request("one")
    course.stop("one")
    course.fail("one", "Source")
    assert course.status("one") == "Stopped"


def test_stop_and_abandon_ends_at_once(begin):
    course = begin()
    course.request("one")
    running = course.running("one", "Source")
    course.stop("one", abandon=True)
    assert course.status("one") == "Stopped"
    assert course["one"].action_runs[running].status is ActionStatus.ABANDONED
    assert course.abandoned() == [running]


def test_stop_and_wait_may_be_followed_by_abandon(begin):
    course = begin()
    course.request("one")
    course.stop("one")
    course.stop("one", abandon=True)
    assert course.status("one") == "Stopped"


def test_second_request_to_stop_and_wait_is_refused(begin):
    course = begin()
    course.request("one")
    course.stop("one")
    with pytest.raises(Refused) as refusal:
        course.stop("one")
    assert refusal.value.code == "DuplicatedStopRequestException"


def test_stop_of_an_ended_execution_is_refused(begin):
    course = begin()
    course.request("one")
    course.fail("one", "Source")
    with pytest.raises(Refused) as refusal:
        course.stop("one")
    assert refusal.value.code == "PipelineExecutionNotStoppableException"


def test_stop_of_an_unknown_execution_is_refused(begin):
    with pytest.raises(Refused) as refusal:
        begin().stop("none")
    assert refusal.value.code == "PipelineExecutionNotFoundException"


def test_stop_between_stages_ends_at_once(begin):
    course = begin()
    course.take(TransitionDisabled("Build", "not now", "me"))
    course.request("one")
    course.succeed("one", "Source")
    course.stop("one")
    assert course.status("one") == "Stopped"


def test_stopped_execution_frees_its_stage(begin):
    course = begin()
    course.request("one")
    course.request("two")
    course.stop("one", abandon=True)
    assert course.started()[-1] == ("two", "Source")


# Retry.


def test_retry_runs_the_failed_action_again_in_the_same_execution(begin):
    course = begin()
    course.request("one")
    course.fail("one", "Source")
    course.retry("one", "Source")
    assert course.status("one") == "InProgress"
    assert course["one"].attempt == 2
    assert course["one"].stage_runs["Source"].retries == 1
    assert "Pipeline RESUMED" in course.announced("one")
    course.succeed("one", "Source")
    assert course.started()[-1] == ("one", "Build")


@pytest.mark.parametrize(
    ("mode", "again"),
    [(RetryMode.FAILED_ACTIONS, ["bad"]), (RetryMode.ALL_ACTIONS, ["good", "bad"])],
)
def test_retry_mode_says_which_actions_run_again(begin, make_action, mode, again):
    course = begin(Stage("S", (make_action("good"), make_action("bad"))))
    course.request("one")
    course.succeed("one", "good")
    course.fail("one", "bad")
    course.retry("one", "S", mode)
    assert [name for _, name in course.started()[2:]] == again
    for name in again:
        course.succeed("one", name)
    assert course.status("one") == "Succeeded"


def test_retry_of_all_actions_begins_at_the_first_run_order(begin, make_action):
    course = begin(Stage("S", (make_action("first", 1), make_action("second", 2))))
    course.request("one")
    course.succeed("one", "first")
    course.fail("one", "second")
    course.retry("one", "S", RetryMode.ALL_ACTIONS)
    assert course.started()[2:] == [("one", "first")]


def test_retry_keeps_the_record_of_the_failed_action(begin):
    course = begin()
    course.request("one")
    course.fail("one", "Source")
    course.retry("one", "Source")
    assert [run.status.value for run in course["one"].action_runs.values()] == [
        "Failed",
        "InProgress",
    ]


def test_stopped_stage_can_be_retried(begin):
    course = begin()
    course.request("one")
    course.stop("one", abandon=True)
    course.retry("one", "Source")
    assert course.status("one") == "InProgress"
    assert course.started() == [("one", "Source"), ("one", "Source")]


def test_retry_is_refused_once_a_newer_execution_was_in_the_stage(begin):
    course = begin()
    course.request("one")
    course.fail("one", "Source")
    course.request("two")
    with pytest.raises(Refused) as refusal:
        course.retry("one", "Source")
    assert refusal.value.code == "NotLatestPipelineExecutionException"


def test_parallel_executions_are_retried_whatever_came_later(begin):
    course = begin(mode=ExecutionMode.PARALLEL)
    course.request("one")
    course.request("two")
    course.fail("one", "Source")
    course.retry("one", "Source")
    assert course.status("one") == "InProgress"


@pytest.mark.parametrize("stage", ["Source", "Build"])
def test_retry_of_a_stage_that_did_not_fail_is_refused(begin, stage):
    course = begin()
    course.request("one")
    with pytest.raises(Refused) as refusal:
        course.retry("one", stage)
    assert refusal.value.code == "StageNotRetryableException"


def test_retry_of_a_stage_declared_anew_is_refused(begin, stages, make_action):
    course = begin()
    course.request("one")
    course.fail("one", "Source")
    changed = Stage("Source", (make_action("Source"),))
    structure = begin(changed, *stages[1:], version=2).pipeline.structure
    course.take(PipelineUpdated(structure))
    with pytest.raises(Refused) as refusal:
        course.retry("one", "Source")
    assert refusal.value.code == "StageNotRetryableException"


def test_retry_of_an_unknown_stage_is_refused(begin):
    course = begin()
    course.request("one")
    with pytest.raises(Refused) as refusal:
        course.retry("one", "Nope")
    assert refusal.value.code == "StageNotFoundException"
