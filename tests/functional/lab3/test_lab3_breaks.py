"""For every check of lab 3 that looks at what stands, one break that it alone notices.

The checks that look at what happened (3.2 `validation` and `return`, 3.3 `canary` and `own_canary`,
3.4 `caught` and `linear`) cannot be broken afterwards: `test_lab3_reset.py` sees each of them pass
after the lab, and not pass before it is taken anew.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.functional.lab3.shifting import Shifting
from tests.functional.routing_breaks import requests_taken, weights_swapped
from tests.functional.waiting import wait_until
from tests.standing import Standing
from workshop.labs import checks_for

pytestmark = pytest.mark.slow


@contextmanager
def group_shows_versions_nowhere(broken: Shifting) -> Iterator[None]:
    kept = broken.group()["loadBalancerInfo"]
    (pair,) = kept["targetGroupPairInfoList"]
    without = {name: value for name, value in pair.items() if name != "testTrafficRoute"}
    broken.update_group(loadBalancerInfo={"targetGroupPairInfoList": [without]})
    yield
    broken.update_group(loadBalancerInfo=kept)


def rule_shows_the_idle_slot(broken: Shifting) -> AbstractContextManager[None]:
    return weights_swapped(broken.aws("elbv2"), broken.test_rule())


def another_rule_takes_the_test_ports_requests(broken: Shifting) -> AbstractContextManager[None]:
    return requests_taken(broken.aws("elbv2"), broken.test_listener())


@contextmanager
def group_moves_all_at_once(broken: Shifting) -> Iterator[None]:
    kept = broken.group()["deploymentConfigName"]
    broken.update_group(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
    yield
    broken.update_group(deploymentConfigName=kept)


@contextmanager
def group_stops_on_no_alarm(broken: Shifting) -> Iterator[None]:
    kept = broken.group()["alarmConfiguration"]
    broken.update_group(alarmConfiguration={**kept, "enabled": False})
    yield
    broken.update_group(alarmConfiguration=kept)


Break = Callable[[Shifting], AbstractContextManager[None]]

BREAKS: dict[str, tuple[Break, set[str]]] = {
    "test_listener": (group_shows_versions_nowhere, set()),
    "test_routing": (rule_shows_the_idle_slot, {"test_answer"}),
    "test_answer": (another_rule_takes_the_test_ports_requests, set()),
    "strategy": (group_moves_all_at_once, set()),
    "alarms": (group_stops_on_no_alarm, set()),
}
"""Check -> what breaks it, and which checks lean on it and cannot look then."""

HAPPENED = {"validation", "return", "canary", "own_canary", "caught", "linear"}


@pytest.fixture(scope="module")
def lab(environment: object, standing: Standing) -> Shifting:
    return Shifting(standing)


def test_every_check_is_broken_here_or_is_seen_before_its_step():
    assert {check.name for check in checks_for("3")} == BREAKS.keys() | HAPPENED


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_noticed_by_its_check_alone_and_mended(lab, name):
    make, leaning = BREAKS[name]
    with make(lab):
        endings = {one["name"]: one["ending"] for one in lab.check("3")}
        assert endings.pop(name) == "failed"
        others = {one: ending for one, ending in endings.items() if one not in leaning}
        assert set(others.values()) == {"passed"}, others
        assert {endings[one] for one in leaning} <= {"could not look", "not yet"}, endings
    wait_until(lambda: all(one["ending"] == "passed" for one in lab.check("3")))
