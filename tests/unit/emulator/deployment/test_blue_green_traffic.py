"""Production under load while deployments come and go: nobody may notice."""

from loads import assert_unnoticed

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
LINEAR = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"
READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}


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


def test_no_request_fails_through_a_canary(production, under_load, hand_clock):
    prod = production(delay_s=2, count=3)
    prod.make_group(config=CANARY)
    load = under_load(prod.url)
    deployment = prod.release(prod.version("two"))
    prod.world.wait_for(lambda: prod.weights["green"] == 10, "the canary")
    prod.world.wait_for(lambda: prod.ask() == "two", "the new version")
    hand_clock.pass_minutes(5)
    prod.wait_status(deployment, "Succeeded")
    assert_unnoticed(load.stop(), "one", "two")


def test_no_request_fails_through_a_linear_shift(production, under_load, hand_clock):
    prod = production(delay_s=2, count=3)
    prod.make_group(config=LINEAR)
    load = under_load(prod.url)
    deployment = prod.release(prod.version("two"))
    for green in range(10, 101, 10):
        prod.world.wait_for(lambda green=green: prod.weights["green"] == green, f"{green} %")
        prod.world.wait_for(lambda: prod.ask() == "two", "the new version")
        hand_clock.pass_minutes(1)
    prod.wait_status(deployment, "Succeeded")
    assert_unnoticed(load.stop(), "one", "two")


def test_no_request_fails_through_a_ready_wait_that_goes_on(production, under_load):
    prod = production(delay_s=2, count=3)
    prod.make_group(ready=READY_WAIT)
    load = under_load(prod.url)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    assert prod.answers() == {"one": 20}
    prod.go_on(deployment)
    prod.wait_status(deployment, "Succeeded")
    assert_unnoticed(load.stop(), "one", "two")


def test_nobody_meets_a_version_that_is_stopped_in_the_ready_wait(production, under_load):
    prod = production(delay_s=2, count=3)
    prod.make_group(ready=READY_WAIT)
    load = under_load(prod.url)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert_unnoticed(load.stop(), "one")


def test_alarm_in_the_shift_leaves_no_failures_but_the_bad_versions_own(
    production, under_load, hand_clock, alarm
):
    """The bad version passes its health check and answers everything else with 500."""
    prod = production(delay_s=2, count=3)
    prod.make_group(config=LINEAR, alarms=alarm.watched())
    load = under_load(prod.url)
    deployment = prod.release(prod.version("bad", BROKEN="1"))
    for green in (10, 20):
        prod.world.wait_for(lambda green=green: prod.weights["green"] == green, f"{green} %")
        prod.world.wait_for(lambda: prod.status() == 500, "the bad version")
        hand_clock.pass_minutes(1 if green == 10 else 0)
    alarm.set("ALARM")
    prod.wait_status(deployment, "Stopped")
    prod.wait_rolled_back(deployment)
    assert prod.answers() == {"one": 20}
    report = load.stop()
    assert set(report.failures) == {"status 500"}, report.examples
    assert report.failed == report.versions["bad"].count
    assert report.failed <= 0.2 * report.sent + 1
