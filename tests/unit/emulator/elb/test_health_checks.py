"""Single health checks, and how they are repeated."""

import asyncio
import itertools
from dataclasses import replace

import pytest
from elb_target import Target, response
from elb_world import free_ports

from emulator.control_plane.elbv2.routing import HealthCheck
from emulator.data_plane.load_balancer.checker import HealthChecker, Prober, matches
from emulator.engines.target_health import NO_ANSWER, PASSED, TIMED_OUT, wrong_code

CHECK = HealthCheck(
    group_arn="group",
    address=("10.0.0.1", 80),
    serial=1,
    port=80,
    path="/ping",
    interval_s=0.01,
    timeout_s=5,
    matcher="200-299",
)


@pytest.fixture
def target():
    running = Target()
    yield running
    running.stop()


def answering(made: bytes | None):
    async def answer(_request):
        return made

    return answer


async def never(_request):
    await asyncio.Event().wait()


def check_once(target: Target, check: HealthCheck = CHECK, **options):
    prober = Prober("127.0.0.1", lambda _ip, _port: target.port, **options)
    return asyncio.run(prober.check(check))


@pytest.mark.parametrize(
    ("matcher", "status", "met"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("200-299", 299, True),
        ("200-299", 300, False),
        ("200,302", 302, True),
        ("200,300-399", 350, True),
        ("200,300-399", 250, False),
    ],
)
def test_matchers(matcher, status, met):
    assert matches(matcher, status) is met


def test_answer_within_the_matcher_passes(target):
    assert check_once(target) == PASSED


def test_check_asks_as_the_elb_health_checker(target):
    check_once(target)
    (asked,) = target.checks
    assert (asked.method, asked.target) == ("GET", "/ping")
    assert asked.header("User-Agent") == "ELB-HealthChecker/2.0"
    assert asked.header("Host") == "10.0.0.1:80"


def test_answer_outside_the_matcher_is_named(target):
    target.check_answer = answering(response("no", "503 Service Unavailable"))
    assert check_once(target) == wrong_code(503)


def test_target_that_does_not_answer_times_out(target):
    target.check_answer = never
    assert check_once(target, replace(CHECK, timeout_s=0.05)) == TIMED_OUT


def test_target_that_closes_without_a_word_fails(target):
    target.check_answer = answering(None)
    assert check_once(target) == NO_ANSWER


def test_malformed_answer_fails(target):
    target.check_answer = answering(b"this is not HTTP\r\n\r\n")
    assert check_once(target) == NO_ANSWER


def test_refused_connection_fails():
    (nobody,) = free_ports(1)
    prober = Prober("127.0.0.1", lambda _ip, _port: nobody)
    assert asyncio.run(prober.check(CHECK)) == NO_ANSWER


def test_target_without_address_fails():
    prober = Prober("127.0.0.1", lambda _ip, _port: None)
    assert asyncio.run(prober.check(CHECK)) == NO_ANSWER


def test_timeout_that_our_own_stall_made_late_counts_for_nothing(target):
    """As after a suspended laptop: two minutes passed, none of them the target's fault."""
    target.check_answer = never
    jumping = itertools.count(0, 120).__next__
    late = check_once(target, replace(CHECK, timeout_s=0.05), monotonic=jumping)
    assert late is None


class ScriptedProber:
    """Answers with each result in turn, and says when there are none left."""

    def __init__(self, *results) -> None:
        self._results = list(results)
        self.finished = asyncio.Event()

    async def check(self, _check):
        if self._results:
            return self._results.pop(0)
        self.finished.set()
        return await asyncio.Event().wait()


def recorded(prober: ScriptedProber) -> list:
    """Return what a checker records until the prober has no more results."""
    results = []

    async def record(_check, result):
        results.append(result)

    async def run():
        checker = HealthChecker(prober, record)
        checker.follow([CHECK])
        await asyncio.wait_for(prober.finished.wait(), 10)
        await checker.stop()

    asyncio.run(run())
    return results


def test_checks_are_repeated_and_recorded_in_order():
    assert recorded(ScriptedProber(PASSED, TIMED_OUT, PASSED)) == [PASSED, TIMED_OUT, PASSED]


def test_check_that_was_not_taken_is_not_recorded():
    assert recorded(ScriptedProber(None, None, PASSED)) == [PASSED]


def test_target_that_is_not_followed_any_more_is_left_alone():
    async def run():
        prober = ScriptedProber()
        checker = HealthChecker(prober, None)
        checker.follow([CHECK])
        await asyncio.wait_for(prober.finished.wait(), 10)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        checker.follow([])
        await asyncio.wait(others, timeout=10)
        return [task.cancelled() for task in others]

    assert asyncio.run(run()) == [True]
