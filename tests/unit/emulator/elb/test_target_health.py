"""The engine: states, events, and how many checks in a row it takes."""

import itertools

import pytest

from emulator.engines.target_health import (
    NO_ANSWER,
    PASSED,
    TIMED_OUT,
    TRANSITIONS,
    Event,
    Progress,
    State,
    TargetHealth,
    Thresholds,
    advance,
    observe,
    wrong_code,
)

TWO = Thresholds(healthy=2, unhealthy=2)


def in_state(state: State) -> Progress:
    return Progress(TargetHealth(state, "reason", "description"))


def after(*checks, progress: Progress | None = None) -> Progress:
    progress = progress or Progress()
    for check in checks:
        progress = observe(progress, check, TWO)
    return progress


@pytest.mark.parametrize(("start", "event"), TRANSITIONS)
def test_each_transition_ends_in_its_state(start, event):
    assert advance(in_state(start), event).state is TRANSITIONS[start, event]


@pytest.mark.parametrize(
    ("start", "event"),
    [pair for pair in itertools.product(State, Event) if pair not in TRANSITIONS],
)
def test_what_is_not_in_the_table_is_refused(start, event):
    with pytest.raises(ValueError, match=f"is {start} cannot be told"):
        advance(in_state(start), event)


def test_new_target_is_initial_with_registration_in_progress():
    assert Progress().health == TargetHealth(
        "initial", "Elb.RegistrationInProgress", "Target registration is in progress"
    )


def test_one_passed_check_makes_an_initial_target_healthy():
    assert after(PASSED).health == TargetHealth("healthy", None, None)


def test_first_failed_check_leaves_a_target_initial():
    assert after(NO_ANSWER).health == TargetHealth(
        "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"
    )


def test_initial_target_that_answers_at_the_second_check_is_healthy():
    assert after(NO_ANSWER, PASSED).state is State.HEALTHY


@pytest.mark.parametrize(
    ("check", "reason", "description"),
    [
        (NO_ANSWER, "Target.FailedHealthChecks", "Health checks failed"),
        (TIMED_OUT, "Target.Timeout", "Request timed out"),
        (
            wrong_code(502),
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [502]",
        ),
    ],
)
def test_unhealthy_target_carries_the_reason_of_its_last_check(check, reason, description):
    failed = after(PASSED, NO_ANSWER, check)
    assert failed.health == TargetHealth("unhealthy", reason, description)


def test_reason_follows_the_newest_failed_check():
    assert after(NO_ANSWER, NO_ANSWER, TIMED_OUT).health.reason == "Target.Timeout"


def test_passed_check_in_between_starts_the_count_of_failures_anew():
    assert after(PASSED, NO_ANSWER, PASSED, NO_ANSWER).state is State.HEALTHY


def test_unhealthy_target_needs_the_healthy_threshold_to_come_back():
    unhealthy = after(NO_ANSWER, NO_ANSWER)
    assert after(PASSED, progress=unhealthy).state is State.UNHEALTHY
    assert after(PASSED, PASSED, progress=unhealthy).state is State.HEALTHY


@pytest.mark.parametrize("state", [State.DRAINING, State.UNUSED])
def test_checks_leave_a_target_that_is_draining_or_unused_alone(state):
    still = in_state(state)
    assert after(PASSED, NO_ANSWER, NO_ANSWER, progress=still) == still
