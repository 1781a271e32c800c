import itertools

import pytest

from emulator.engines.deployment.model import DeploymentStatus, LifecycleStatus, Phase
from emulator.engines.deployment.transitions import (
    LIFECYCLE_TRANSITIONS,
    PHASE_TRANSITIONS,
    STATUS_TRANSITIONS,
    IllegalMove,
    Move,
    Step,
    after_lifecycle,
    after_phase,
    after_status,
)

TABLES = [
    (STATUS_TRANSITIONS, DeploymentStatus, Move, after_status),
    (LIFECYCLE_TRANSITIONS, LifecycleStatus, Move, after_lifecycle),
    (PHASE_TRANSITIONS, Phase, Step, after_phase),
]


@pytest.mark.parametrize(
    ("after", "state", "move", "expected"),
    [
        (after, state, move, table.get((state, move)))
        for table, states, moves, after in TABLES
        for state, move in itertools.product(states, moves)
    ],
)
def test_state_moves_as_its_table_says_and_in_no_other_way(after, state, move, expected):
    if expected is None:
        with pytest.raises(IllegalMove, match=str(move.name)):
            after(state, move)
    else:
        assert after(state, move) is expected


@pytest.mark.parametrize(("table", "states"), [(table, states) for table, states, *_ in TABLES])
def test_every_state_but_the_first_is_reached_by_some_move(table, states):
    first = next(iter(states))
    assert set(table.values()) | {first} == set(states)


def test_deployment_that_is_over_never_moves_again():
    assert not [status for status, _ in STATUS_TRANSITIONS if status.is_over]
    assert not [phase for phase, _ in PHASE_TRANSITIONS if phase is Phase.ENDED]
