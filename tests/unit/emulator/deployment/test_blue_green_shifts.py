"""Production traffic in steps: what the rule has, what the target reports, what clients get."""

import http.client
from collections import Counter
from urllib.parse import urlsplit

import pytest
from tests.load.generator import PATIENT_S, run_load

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}
ON_BLUE, ON_GREEN = {"blue": 100, "green": 0}, {"blue": 0, "green": 100}
REQUESTS, RATE = 2_000, 100
POINT = 0.01


@pytest.mark.parametrize(
    ("kind", "percent", "steps"),
    [("TimeBasedLinear", 20, [20, 40, 60, 80, 100]), ("TimeBasedCanary", 20, [20, 100])],
)
def test_rule_and_target_go_through_the_steps_of_ones_own_configuration(
    production, hand_clock, kind, percent, steps
):
    prod = production()
    prod.make_group(config=prod.config(kind, percent, 2))
    deployment = prod.release(prod.version("two"))
    for green in steps:
        prod.world.wait_for(lambda green=green: prod.weights["green"] == green, f"{green} %")
        assert prod.weights == {"blue": 100 - green, "green": green}
        assert prod.traffic(deployment) == {"Blue": 100.0 - green, "Green": float(green)}
        hand_clock.pass_minutes(2)
    prod.wait_status(deployment, "Succeeded")


def test_deployment_takes_another_configuration_than_its_groups(production, clock):
    clock.scale = 1
    prod = production()
    prod.make_group()
    own = prod.config("TimeBasedCanary", 20, 2)
    deployment = prod.release(prod.version("two"), deploymentConfigName=own)
    prod.world.wait_for(lambda: prod.weights == {"blue": 80, "green": 20}, "the canary")
    assert prod.deployment(deployment)["deploymentConfigName"] == own
    assert prod.group()["deploymentConfigName"] == "CodeDeployDefault.ECSAllAtOnce"
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)


@pytest.fixture
def both_serving(production, clock):
    """Return a production whose two slots have a task each: a deployment stopped half-way."""
    clock.scale = 1
    prod = production()
    prod.make_group(config=CANARY)
    deployment = prod.release(prod.version("two"))
    prod.world.wait_for(lambda: prod.weights["green"] == 10, "the canary")
    prod.stop(deployment, roll_back=False)
    prod.wait_status(deployment, "Stopped")
    return prod


def reweigh(prod, green):
    prod.world.reroute(prod.rule, {prod.blue: 100 - green, prod.green: green})


@pytest.mark.parametrize("percent", [10, 60])
def test_share_that_clients_measure_is_the_rules(both_serving, percent):
    reweigh(both_serving, percent)
    report = run_load(both_serving.url, RATE, REQUESTS / RATE, late_s=PATIENT_S)
    assert report.statuses == {200: REQUESTS}, report.examples
    share = report.versions["two"].count / REQUESTS
    assert abs(share - percent / 100) <= POINT


def test_request_after_a_change_of_weights_follows_it_also_on_a_kept_connection(both_serving):
    prod = both_serving
    where = urlsplit(prod.url)
    connection = http.client.HTTPConnection(where.hostname, where.port)

    def ask():
        connection.request("GET", where.path)
        return connection.getresponse().read().decode()

    ask()
    kept = connection.sock
    for green, version in ((0, "one"), (100, "two")) * 3:
        reweigh(prod, green)
        assert {ask() for _ in range(10)} == {version}
    assert connection.sock is kept
    connection.close()


def test_kept_connection_sees_every_step_of_a_deployment(production, hand_clock):
    prod = production()
    prod.make_group(config=CANARY)
    where = urlsplit(prod.url)
    connection = http.client.HTTPConnection(where.hostname, where.port)

    def ask(times):
        answers = Counter()
        for _ in range(times):
            connection.request("GET", where.path)
            answers[connection.getresponse().read().decode()] += 1
        return answers

    assert ask(20) == Counter(one=20)
    kept = connection.sock
    deployment = prod.release(prod.version("two"))
    prod.world.wait_for(lambda: prod.weights["green"] == 10, "the canary")
    assert ask(100)["two"] in range(8, 13)
    hand_clock.pass_minutes(5)
    prod.wait_status(deployment, "Succeeded")
    assert ask(20) == Counter(two=20)
    assert connection.sock is kept
    connection.close()


# The ready wait.


@pytest.mark.parametrize("rollback", [True, False])
def test_ready_wait_that_runs_out_stops_and_rolls_back_if_the_group_says_so(
    production, hand_clock, rollback
):
    prod = production()
    prod.make_group(ready=READY_WAIT, rollback=rollback)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    hand_clock.pass_minutes(5)
    stopped = prod.wait_status(deployment, "Stopped")
    assert stopped["errorInformation"] == {
        "code": "TIMEOUT",
        "message": "The deployment timed out while waiting for a notification to continue. This "
        "time out period is 5 minutes.",
    }
    if rollback:
        prod.wait_rolled_back(deployment)
    assert len(prod.task_sets) == (1 if rollback else 2)
    assert prod.answers(5) == Counter(one=5)
