"""Production under load while deployments come and go: nobody may notice."""

import threading

import pytest
from tests.load.generator import PATIENT_S, run_load

RATE = 40.0


class Load:
    """Requests to production in a thread, until it is told to stop."""

    def __init__(self, url):
        self._over = threading.Event()
        self._found = []
        self._thread = threading.Thread(target=self._run, args=(url,))
        self._thread.start()

    def _run(self, url):
        self._found.append(run_load(url, RATE, stop_event=self._over, late_s=PATIENT_S))

    def stop(self):
        self._over.set()
        self._thread.join()
        return self._found[0]


@pytest.fixture
def under_load():
    """Return a function that puts a URL under load, and stops it at the end in any case."""
    loads = []

    def start(url):
        loads.append(Load(url))
        return loads[-1]

    yield start
    for load in loads:
        load.stop()


def assert_unnoticed(report, *versions):
    assert report.failures == {}, report.examples
    assert set(report.versions) == set(versions)


def test_no_request_fails_through_two_deployments(production, under_load):
    prod = production(delay_s=2, count=3)
    prod.make_group()
    load = under_load(prod.url)
    for version in ("two", "three"):
        prod.wait_status(prod.release(prod.version(version)), "Succeeded")
    assert_unnoticed(load.stop(), "one", "two", "three")


def test_no_request_fails_through_a_rollback_in_the_termination_wait(production, under_load):
    prod = production(delay_s=2, count=3)
    prod.make_group(termination={"terminationWaitTimeInMinutes": 5})
    load = under_load(prod.url)
    deployment = prod.release(prod.version("two"))
    prod.wait_event(deployment, "AfterAllowTraffic", "Succeeded")
    prod.world.wait_for(lambda: prod.ask() == "two", "the new version")
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert_unnoticed(load.stop(), "one", "two")
    assert prod.ask() == "one"


def test_no_request_meets_an_unhealthy_replacement(production, under_load, clock):
    clock.scale = 1
    prod = production(delay_s=2, count=3)
    prod.make_group()
    load = under_load(prod.url)
    deployment = prod.release(prod.version("two", SICK="1"))
    prod.world.wait_for(lambda: "is unhealthy in" in str(prod.world.messages(prod.service)), "it")
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert_unnoticed(load.stop(), "one")
