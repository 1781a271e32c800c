"""How requests are shared between target groups."""

import math
from collections import Counter

import pytest

from emulator.control_plane.elbv2.routing import Forward, WeightedGroup
from emulator.data_plane.load_balancer.site import choose_group

DRAWS = 20_000
DEVIATIONS = 5
"""Five standard deviations: a right implementation fails about once in two million runs."""


def action(**weights: int) -> Forward:
    return Forward(tuple(WeightedGroup(arn, weight) for arn, weight in weights.items()))


@pytest.mark.parametrize(
    "weights",
    [
        {"blue": 90, "green": 10},
        {"blue": 1, "green": 1},
        {"blue": 999, "green": 1},
        {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5},
    ],
)
def test_each_group_gets_its_share(weights):
    drawn = Counter(choose_group(action(**weights)) for _ in range(DRAWS))
    for arn, weight in weights.items():
        share = weight / sum(weights.values())
        tolerance = DEVIATIONS * math.sqrt(DRAWS * share * (1 - share))
        assert abs(drawn[arn] - DRAWS * share) <= tolerance, arn


def test_group_of_weight_0_gets_nothing():
    drawn = {choose_group(action(blue=100, green=0)) for _ in range(DRAWS)}
    assert drawn == {"blue"}


def test_with_every_weight_0_no_group_is_chosen():
    assert choose_group(action(blue=0, green=0)) is None
    assert choose_group(action(blue=0)) is None
