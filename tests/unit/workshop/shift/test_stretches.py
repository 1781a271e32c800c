"""Shares measured by made-up requests while made-up weights were reported."""

import pytest
from tests.unit.workshop.shift.made_up import (
    BLUE_TASK,
    GREEN_TASK,
    SLOTS,
    VERSIONS,
    at,
    bad,
    look,
    looks,
    sample,
    shared,
)

from workshop.shift.stretches import Stretch, between, count_answers, find_stretches


def answers(green: int, count: int):
    return count_answers(shared(0, 1, green, count), SLOTS)


def stretch(weight: float, green: int, count: int) -> Stretch:
    weights = {"blue": 100 - weight, "green": weight}
    return Stretch(weights, at(0), at(1), answers(green, count))


# Counting


def test_answers_are_counted_by_slot_version_and_failure():
    found = count_answers(
        [
            sample(0),
            sample(1, GREEN_TASK),
            bad(2),
            bad(3, task="", status=502),
            sample(4, "a" * 32, version="other"),
        ],
        SLOTS,
    )
    assert found.requests == 5
    assert found.by_slot == {"blue": 1, "green": 2}
    assert found.failed == {"green": 1}
    assert found.versions == {VERSIONS[BLUE_TASK]: 1, VERSIONS[GREEN_TASK]: 1, "other": 1}
    assert found.failures == {"HTTP 500": 1, "HTTP 502": 1}


def test_share_is_of_the_answers_whose_slot_is_known():
    found = count_answers([sample(0), sample(1, GREEN_TASK), bad(2, ""), sample(3, "")], SLOTS)
    assert found.requests == 4
    assert found.placed == 2
    assert found.share_percent("green") == 50


def test_without_answers_there_is_no_share_and_no_tolerance():
    found = count_answers([bad(0, "")], SLOTS)
    assert found.share_percent("blue") is None
    assert found.tolerance_points(10) is None
    assert Stretch({"blue": 100.0}, at(0), at(1), found).is_within_tolerance("blue") is None


# The tolerance


@pytest.mark.parametrize(
    ("weight", "count", "points"),
    [(10, 100, 9.0), (10, 900, 3.0), (50, 100, 15.0), (20, 3600, 2.0), (0, 10, 0), (100, 10, 0)],
)
def test_tolerance_is_three_deviations_of_a_binomial_share(weight, count, points):
    assert answers(0, count).tolerance_points(weight) == pytest.approx(points)


@pytest.mark.parametrize(
    ("weight", "green", "is_within"),
    [
        (10, 100, True),
        (10, 128, True),
        (10, 129, False),
        (10, 71, False),
        (0, 0, True),
        (0, 1, False),
        (100, 1000, True),
        (100, 999, False),
    ],
)
def test_share_of_1000_answers_is_judged_by_it(weight, green, is_within):
    found = stretch(weight, green, 1000)
    assert found.is_within_tolerance("green") is is_within
    assert found.is_within_tolerance("blue") is is_within


# Stretches


def test_stretch_lies_within_the_second_and_the_last_but_one_look_at_its_weights():
    seen = [*looks(0, 10, 0), *looks(11, 20, 10), *looks(21, 24, 100)]
    samples = [sample(second / 2) for second in range(60)]
    found = find_stretches(seen, samples, SLOTS)
    assert [one.weights["green"] for one in found] == [0, 10, 100]
    assert [(one.began, one.ended) for one in found] == [
        (at(1), at(9.1)),
        (at(12), at(19.1)),
        (at(22), at(23.1)),
    ]
    assert [one.answers.requests for one in found] == [17, 15, 3]


def test_weights_that_were_seen_twice_only_make_no_stretch():
    assert find_stretches([look(0, 10), look(1, 10)], [sample(0.5)], SLOTS) == []


def test_deployment_that_has_not_started_has_no_stretch():
    assert find_stretches(looks(0, 9), [sample(5)], SLOTS) == []


def test_slot_that_is_reported_late_with_no_traffic_begins_no_stretch():
    early = looks(0, 4, weights={"blue": 100.0})
    (found,) = find_stretches([*early, *looks(5, 9, 0)], [sample(4.5)], SLOTS)
    assert found.weights == {"blue": 100.0, "green": 0.0}
    assert found.answers.requests == 1


def test_weights_that_return_are_a_stretch_of_their_own():
    seen = [*looks(0, 9, 0), *looks(10, 19, 10), *looks(20, 29, 0)]
    samples = [*shared(0, 10, 0, 100), *shared(10, 20, 10, 100), *shared(20, 30, 0, 100)]
    found = find_stretches(seen, samples, SLOTS)
    assert [one.weights["green"] for one in found] == [0, 10, 0]
    assert [one.is_within_tolerance("green") for one in found] == [True, True, True]


def test_request_that_is_answered_after_the_end_does_not_belong_to_it():
    late = sample(8.9, took_s=1.0)
    assert list(between([sample(0), sample(1), late, sample(9)], at(1), at(9))) == [sample(1)]
