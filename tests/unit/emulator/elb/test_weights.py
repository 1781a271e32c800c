"""How requests are shared between target groups."""

import itertools
from collections import Counter

import pytest

from emulator.control_plane.elbv2.routing import Condition, Forward, Route, WeightedGroup
from emulator.data_plane.load_balancer.shares import ONE, Shares, group_at

DRAWS = 2_000
POINT = 0.01
"""A percentage point: what the workshop promises of a measured share."""


def rule(path="/", **weights: int) -> Route:
    groups = tuple(WeightedGroup(arn, weight) for arn, weight in weights.items())
    return Route((Condition("path-pattern", (path,)),), Forward(groups))


def draw(shares, route, count=DRAWS):
    return [shares.next_group(route, route.action) for _ in range(count)]


def assert_shared(drawn, weights, tolerance=POINT / 2):
    found = Counter(drawn)
    for arn, weight in weights.items():
        share = weight / sum(weights.values())
        assert abs(found[arn] / len(drawn) - share) <= tolerance, arn


@pytest.mark.parametrize(
    "weights",
    [
        *({"blue": 100 - percent, "green": percent} for percent in range(0, 101, 10)),
        {"green": 20, "blue": 80},
        {"blue": 1, "green": 1},
        {"blue": 999, "green": 1},
        {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5},
    ],
)
def test_each_group_gets_its_share(weights):
    assert_shared(draw(Shares(), rule(**weights)), weights)


@pytest.mark.parametrize("percent", [10, 20, 50])
def test_share_is_right_wherever_the_counting_begins(percent):
    weights = {"blue": 100 - percent, "green": percent}
    drawn = draw(Shares(), rule(**weights), 4 * DRAWS)
    for start in range(0, 3 * DRAWS, 97):
        assert_shared(drawn[start : start + DRAWS], weights)


@pytest.mark.parametrize("clients", [2, 3, 5, 8])
def test_clients_that_take_turns_get_the_same_share_each(clients):
    weights = {"blue": 50, "green": 50}
    drawn = draw(Shares(), rule(**weights), clients * DRAWS)
    for number in range(clients):
        assert_shared(drawn[number::clients], weights)


def test_every_group_is_met_within_few_requests():
    drawn = draw(Shares(), rule(blue=90, green=10))
    longest = max(len(list(run)) for arn, run in itertools.groupby(drawn) if arn == "blue")
    assert longest <= 13


def test_changed_weights_hold_from_the_next_request_on():
    shares = Shares()
    for percent in range(10, 101, 10):
        weights = {"blue": 100 - percent, "green": percent}
        assert_shared(draw(shares, rule(**weights)), weights)
    assert set(draw(shares, rule(blue=100, green=0))) == {"blue"}


def test_requests_of_other_rules_do_not_count():
    weights = {"blue": 50, "green": 50}
    shares, alone = Shares(), Shares()
    first, second = rule("/a", **weights), rule("/b", **weights)
    drawn = [
        (shares.next_group(first, first.action), shares.next_group(second, second.action))[0]
        for _ in range(DRAWS)
    ]
    assert drawn == draw(alone, first)


def test_group_of_weight_0_gets_nothing():
    assert set(draw(Shares(), rule(blue=100, green=0))) == {"blue"}
    assert set(draw(Shares(), rule(blue=0, green=1))) == {"green"}


def test_with_every_weight_0_no_group_is_chosen():
    assert group_at(rule(blue=0, green=0).action, 0) is None
    assert group_at(rule(blue=0).action, ONE // 2) is None


def test_every_position_belongs_to_a_group():
    action = rule(blue=33, green=67).action
    assert group_at(action, 0) == "blue"
    assert group_at(action, ONE * 33 // 100 + 1) == "green"
    assert group_at(action, ONE - 1) == "green"
