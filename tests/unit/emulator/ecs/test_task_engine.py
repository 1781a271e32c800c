"""Every row of the table of a task's life, and every pair that is not in it."""

import itertools

import pytest

from emulator.engines.task import (
    TRANSITIONS,
    IllegalTransition,
    TaskEvent,
    TaskStatus,
    advance,
)

ILLEGAL = [pair for pair in itertools.product(TaskStatus, TaskEvent) if pair not in TRANSITIONS]


@pytest.mark.parametrize(("status", "event"), sorted(TRANSITIONS))
def test_a_legal_event_moves_the_task(status: TaskStatus, event: TaskEvent) -> None:
    assert advance(status, event) is TRANSITIONS[status, event]


@pytest.mark.parametrize(("status", "event"), ILLEGAL)
def test_an_illegal_event_is_refused(status: TaskStatus, event: TaskEvent) -> None:
    with pytest.raises(IllegalTransition):
        advance(status, event)


def test_every_status_leads_to_stopped() -> None:
    for status in TaskStatus:
        seen = {status}
        while TaskStatus.STOPPED not in seen:
            reached = {after for (before, _), after in TRANSITIONS.items() if before in seen}
            assert reached - seen
            seen |= reached
