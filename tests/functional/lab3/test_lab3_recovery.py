"""Runs of labs 2 and 3 that are cut short, in an environment of their own; each is run again.

Lab 3 goes on where lab 2 lost its emulator: so only one environment is made twice.

| What happens | Exit status | Next |
|---|---|---|
| Ctrl-C under Terraform, while an approval waits, around the switch | 130 | the same command |
| the emulator is killed while CodeDeploy waits to end the old tasks | 3 | the same command |
| Ctrl-C while a version waits on the test port, in a canary | 130 | the same command |
| the emulator is killed in a canary | 3 | the same command |
"""

import signal
from collections.abc import Iterator

import pytest

from tests.functional.cut_short import begun, ended, interrupted_at, kill_emulator, own_environment
from tests.functional.environments import processes_of
from tests.functional.lab2.production import ENDED, Production
from tests.functional.lab3.shifting import Shifting
from tests.functional.waiting import wait_until
from tests.standing import Completed, Standing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with own_environment(tmp_path_factory.mktemp("own")) as made:
        yield made


def assert_interrupted(run: Completed) -> None:
    assert run.returncode == 130, run.stderr
    assert "Run the same command again" in run.stderr


def assert_lost(run: Completed) -> None:
    assert run.returncode == 3, run.stderr
    assert "The emulator ended while it was at work" in run.stderr
    assert "Run the same command again" in run.stderr


def has_switched(production: Production) -> bool:
    """Tell whether a deployment is between its beginning and its end, with traffic moved."""
    newest = next(iter(production.deployments()), None)
    if newest is None or production.deployment(newest)["status"] in ENDED:
        return False
    return production.events(newest).get("AllowTraffic") == "Succeeded"


def is_shifting(lab: Shifting) -> bool:
    """Tell whether both slots have a share of production's traffic."""
    return 0 not in lab.rule_weights().values()


def test_lab_2_goes_on_after_each_interrupt_and_tells_that_its_emulator_was_lost(own):
    for words in ("aws_codedeploy_deployment_group", "Step 2.4"):
        assert_interrupted(interrupted_at(own, words, "lab", "2"))
    production = Production(own)
    with begun(own, "Step 2.4", "lab", "2") as run:
        wait_until(lambda: bool(production.deployments()), 300)
        run.send_signal(signal.SIGINT)
        assert_interrupted(ended(run))
    with begun(own, "Step 2.4", "lab", "2") as run:
        wait_until(lambda: has_switched(production), 300)
        kill_emulator(own)
        assert_lost(ended(run))


def test_lab_3_builds_lost_lab_2_anew_and_waits_on_the_test_port_after_an_interrupt(own):
    with begun(own, "the test port answers", "lab", "3") as run:
        run.send_signal(signal.SIGINT)
        interrupted = ended(run)
    assert_interrupted(interrupted)
    assert Shifting(own).deployment(Shifting(own).deployments()[0])["status"] == "Ready"


def test_lab_3_goes_on_after_an_interrupt_in_a_canary_and_tells_that_its_emulator_was_lost(own):
    lab = Shifting(own)
    with begun(own, "Step 3.3", "lab", "3") as run:
        wait_until(lambda: is_shifting(lab), 240)
        run.send_signal(signal.SIGINT)
        assert_interrupted(ended(run))
    for outcome in lab.check("3.2"):
        assert outcome["ending"] == "passed", outcome
    with begun(own, "Step 3.3", "lab", "3") as run:
        wait_until(lambda: is_shifting(lab), 240)
        kill_emulator(own)
        assert_lost(ended(run))


def test_lost_lab_3_is_told_by_a_check_and_by_the_run_that_builds_it_anew(own):
    look = own.workshop("check", "3.3")
    assert look.returncode == 2
    assert "It ended without being stopped" in look.stderr
    assert_interrupted(interrupted_at(own, "The emulator stopped while step 3.3 stood", "lab", "3"))
    assert own.workshop("destroy").returncode == 0
    assert processes_of(own) == []
