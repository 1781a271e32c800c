"""How approvals wait in the engine: who answers them, what voids them, who waits behind them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from emulator.engines.pipeline import Refused
from emulator.engines.pipeline.declaration import ExecutionMode, Stage
from emulator.engines.pipeline.events import (
    ApprovalAnswered,
    PipelineUpdated,
    RequestApproval,
    TimePassed,
)
from emulator.engines.pipeline.model import ActionStatus

DAY_S = 24 * 60 * 60.0


def waiting(begin, stages, mode=ExecutionMode.SUPERSEDED):
    """Return a course whose execution `one` waits for approval."""
    course = begin(*stages, mode=mode)
    arrive(course, "one")
    return course


def arrive(course, name: str) -> None:
    """Bring an execution to the entrance of Approve, and in where it is open."""
    course.request(name)
    course.succeed(name, "Source")


def refusal(course, event) -> str:
    with pytest.raises(Refused) as caught:
        course.take(event)
    return caught.value.code


def requests(course) -> list[RequestApproval]:
    return [effect for effect in course.effects if isinstance(effect, RequestApproval)]


# The answer.


def test_approval_asks_and_starts_nothing(begin, approval):
    course = waiting(begin, approval())
    assert course.started() == [("one", "Source")]
    (asked,) = requests(course)
    assert (asked.stage_name, asked.action_name) == ("Approve", "Approve")
    assert asked.token == course.token("one")
    started = course.last_run("one", "Approve").started_at
    assert asked.expires - started == timedelta(days=7)


def test_approved_execution_goes_on(begin, approval):
    course = waiting(begin, approval())
    course.answer(course.token("one"), summary="ship it")
    run = course.last_run("one", "Approve")
    assert run.status is ActionStatus.SUCCEEDED
    assert run.external.summary == "ship it"
    assert run.approval.answered_by == "arn:me"
    assert course.started()[-1] == ("one", "DeployProd")
    assert "Action SUCCEEDED" in course.announced("one")


def test_rejected_approval_fails_stage_and_execution(begin, approval):
    course = waiting(begin, approval())
    course.answer(course.token("one"), approved=False, summary="not yet")
    run = course.last_run("one", "Approve")
    assert (run.status, run.external.summary) == (ActionStatus.FAILED, "not yet")
    assert course.stage_status("one", "Approve") == "Failed"
    assert course.status("one") == "Failed"
    assert course.announced("one")[-3:] == ["Action FAILED", "Stage FAILED", "Pipeline FAILED"]


def test_token_answers_once(begin, approval):
    course = waiting(begin, approval())
    token = course.token("one")
    course.answer(token)
    event = ApprovalAnswered("Approve", "Approve", token, False, "changed my mind", "arn:me")
    assert refusal(course, event) == "ApprovalAlreadyCompletedException"


def test_unknown_token_is_refused_and_changes_nothing(begin, approval):
    course = waiting(begin, approval())
    event = ApprovalAnswered("Approve", "Approve", "nobody's", True, "", "arn:me")
    assert refusal(course, event) == "InvalidApprovalTokenException"
    assert course.status("one") == "InProgress"


@pytest.mark.parametrize(
    ("stage", "action", "code"),
    [
        ("Nope", "Approve", "StageNotFoundException"),
        ("Approve", "Nope", "ActionNotFoundException"),
        ("DeployProd", "DeployProd", "InvalidApprovalTokenException"),
    ],
)
def test_answer_to_something_else_is_refused(begin, approval, stage, action, code):
    course = waiting(begin, approval())
    event = ApprovalAnswered(stage, action, course.token("one"), True, "", "arn:me")
    assert refusal(course, event) == code


def test_each_approval_has_a_token_of_its_own(begin, approval):
    course = waiting(begin, approval())
    first = course.token("one")
    arrive(course, "two")
    course.answer(first, approved=False)
    assert course.token("two") != first


# Time.


def test_unanswered_approval_fails_after_seven_days(begin, approval):
    course = waiting(begin, approval())
    course.take(TimePassed(7 * DAY_S - 1))
    assert course.status("one") == "InProgress"
    course.take(TimePassed(1))
    assert course.status("one") == "Failed"
    error = course.last_run("one", "Approve").error
    assert error.code == "JobFailed"
    assert "no response within 10080 minutes" in error.message


def test_timeout_is_what_the_action_says(begin, approval):
    course = waiting(begin, approval(timeout_min=5))
    asked = requests(course)[0]
    started = course.last_run("one", "Approve").started_at
    assert asked.expires - started == timedelta(minutes=5)
    course.take(TimePassed(300))
    assert course.status("one") == "Failed"


def test_expired_token_is_void(begin, approval):
    course = waiting(begin, approval(timeout_min=5))
    token = course.token("one")
    course.take(TimePassed(300))
    event = ApprovalAnswered("Approve", "Approve", token, True, "late", "arn:me")
    assert refusal(course, event) == "InvalidApprovalTokenException"


def test_waiting_changes_no_time_of_the_last_status_change(begin, approval):
    course = waiting(begin, approval())
    before = course.last_run("one", "Approve").updated_at
    course.take(TimePassed(60))
    assert course.last_run("one", "Approve").updated_at == before


def test_time_passes_by_what_is_no_approval(begin):
    course = begin()
    course.request("one")
    assert course.take(TimePassed(100 * DAY_S)) == []
    assert course.status("one") == "InProgress"


# Stop and retry.


def test_stop_and_wait_waits_for_the_answer(begin, approval):
    course = waiting(begin, approval())
    course.stop("one")
    assert course.status("one") == "Stopping"
    course.answer(course.token("one"))
    assert course.status("one") == "Stopped"
    assert course.started() == [("one", "Source")]


def test_rejection_of_a_stopping_execution_leaves_it_stopped(begin, approval):
    course = waiting(begin, approval())
    course.stop("one")
    course.answer(course.token("one"), approved=False)
    assert course.status("one") == "Stopped"


def test_approval_of_a_stopping_execution_still_expires(begin, approval):
    course = waiting(begin, approval(timeout_min=5))
    course.stop("one")
    course.take(TimePassed(300))
    assert course.status("one") == "Stopped"


def test_abandoned_approval_voids_its_token(begin, approval):
    course = waiting(begin, approval())
    token = course.token("one")
    course.stop("one", abandon=True)
    assert course.last_run("one", "Approve").status is ActionStatus.ABANDONED
    event = ApprovalAnswered("Approve", "Approve", token, True, "", "arn:me")
    assert refusal(course, event) == "InvalidApprovalTokenException"


def test_rejected_approval_can_be_retried_under_a_new_token(begin, approval):
    course = waiting(begin, approval())
    first = course.token("one")
    course.answer(first, approved=False)
    course.retry("one", "Approve")
    assert course.token("one") != first
    event = ApprovalAnswered("Approve", "Approve", first, True, "", "arn:me")
    assert refusal(course, event) == "ApprovalAlreadyCompletedException"
    course.answer(course.token("one"))
    assert course.started()[-1] == ("one", "DeployProd")


def test_retry_of_the_deployment_asks_for_no_second_approval(begin, approval):
    course = waiting(begin, approval())
    course.answer(course.token("one"))
    course.fail("one", "DeployProd")
    course.retry("one", "DeployProd")
    assert len(requests(course)) == 1
    assert course.started()[-2:] == [("one", "DeployProd"), ("one", "DeployProd")]


# Who waits behind an approval.


def test_of_those_behind_an_approval_only_the_newest_stays_when_superseded(begin, approval):
    course = waiting(begin, approval())
    arrive(course, "two")
    arrive(course, "three")
    assert course.statuses() == {"one": "InProgress", "two": "Superseded", "three": "InProgress"}
    assert [e.id for e in course.pipeline.waiting_for("Approve")] == ["three"]
    course.answer(course.token("one"))
    assert course["three"].is_in("Approve")


def test_those_behind_an_approval_enter_oldest_first_when_queued(begin, approval):
    course = waiting(begin, approval(), ExecutionMode.QUEUED)
    arrive(course, "two")
    arrive(course, "three")
    assert [e.id for e in course.pipeline.waiting_for("Approve")] == ["two", "three"]
    course.answer(course.token("one"), approved=False)
    assert course["two"].is_in("Approve")
    assert [e.id for e in course.pipeline.waiting_for("Approve")] == ["three"]
    course.answer(course.token("two"))
    assert course["three"].is_in("Approve")


def test_approved_execution_queues_behind_a_running_deployment(begin, approval):
    course = waiting(begin, approval(), ExecutionMode.QUEUED)
    course.answer(course.token("one"))
    arrive(course, "two")
    course.answer(course.token("two"))
    assert [e.id for e in course.pipeline.waiting_for("DeployProd")] == ["two"]
    course.succeed("one", "DeployProd")
    assert course.started()[-1] == ("two", "DeployProd")


def test_stopping_execution_keeps_the_stage_locked(begin, approval):
    course = waiting(begin, approval(), ExecutionMode.QUEUED)
    arrive(course, "two")
    course.stop("one")
    assert not course["two"].is_in("Approve")
    course.stop("one", abandon=True)
    assert course["two"].is_in("Approve")


def test_parallel_approvals_are_answered_each_by_its_own_token(begin, approval):
    course = waiting(begin, approval(), ExecutionMode.PARALLEL)
    arrive(course, "two")
    course.answer(course.token("two"), approved=False)
    assert course.statuses() == {"one": "InProgress", "two": "Failed"}


# UpdatePipeline meanwhile.


def update(course, *stages: Stage, **changes) -> None:
    structure = course.pipeline.structure
    changed = replace(structure, stages=stages, version=structure.version + 1, **changes)
    course.take(PipelineUpdated(changed))


def test_update_behind_a_waiting_approval_leaves_it_waiting(begin, approval, make_action):
    source, approve, deploy = approval()
    course = waiting(begin, (source, approve))
    token = course.token("one")
    update(course, source, approve, deploy)
    course.answer(token)
    assert course.started()[-1] == ("one", "DeployProd")


def test_update_without_the_stage_of_a_waiting_approval_voids_it(begin, approval):
    source, approve, deploy = approval()
    course = waiting(begin, (source, approve, deploy))
    token = course.token("one")
    update(course, source, deploy)
    assert course.status("one") == "Cancelled"
    assert course.last_run("one", "Approve").status is ActionStatus.ABANDONED
    event = ApprovalAnswered("Approve", "Approve", token, True, "", "arn:me")
    assert refusal(course, event) == "StageNotFoundException"


def test_update_without_the_stage_that_executions_wait_for_cancels_them(begin, approval):
    source, approve, deploy = approval()
    course = waiting(begin, (source, approve, deploy), ExecutionMode.QUEUED)
    arrive(course, "two")
    update(course, source, deploy)
    assert course.statuses() == {"one": "Cancelled", "two": "Cancelled"}


def test_switch_to_queued_keeps_who_waits_and_supersedes_nobody_after(begin, approval):
    stages = approval()
    course = waiting(begin, stages)
    arrive(course, "two")
    update(course, *stages, mode=ExecutionMode.QUEUED)
    arrive(course, "three")
    assert set(course.statuses().values()) == {"InProgress"}
    assert [e.id for e in course.pipeline.waiting_for("Approve")] == ["two", "three"]


def test_switch_to_superseded_keeps_only_the_newest_of_those_who_wait(begin, approval):
    stages = approval()
    course = waiting(begin, stages, ExecutionMode.QUEUED)
    arrive(course, "two")
    arrive(course, "three")
    update(course, *stages, mode=ExecutionMode.SUPERSEDED)
    assert course.statuses() == {"one": "InProgress", "two": "Superseded", "three": "InProgress"}
