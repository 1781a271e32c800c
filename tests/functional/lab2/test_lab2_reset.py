"""What a reset of lab 2 takes away and leaves, and the way up again, which is cut short.

| What happens | Exit status | Next |
|---|---|---|
| Ctrl-C under Terraform, while an approval waits, around the switch | 130 | the same command |
| the emulator is killed while CodeDeploy waits to end the old tasks | 3 | the same command |

The end of the environment is the fixture's: it proves that nothing is left.
"""

import json
import signal

import pytest

from tests.functional.cut_short import (
    assert_interrupted,
    assert_loss_is_told_afterwards,
    assert_lost,
    begun,
    ended,
    interrupted_at,
    kill_emulator,
)
from tests.functional.lab2.production import ENDED, Production
from tests.functional.waiting import wait_until
from tests.functional.what_stands import what_lab_2_makes
from tests.standing import PROJECT, Standing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def production(environment: object, standing: Standing) -> Production:
    return Production(standing)


def reset_and_assert_lab_1_stands_alone(production: Production) -> None:
    head = production.head()
    balancers = production.aws("elbv2").describe_load_balancers()["LoadBalancers"]

    done = production.workshop("reset", "2")

    assert done.returncode == 0, done.stderr
    left = what_lab_2_makes(production)
    assert not any(left.values()), left
    assert production.aws("elbv2").describe_load_balancers()["LoadBalancers"] == balancers
    status = json.loads(production.workshop("status", "--json").stdout)
    assert status["step"] == "1.4"
    for outcome in production.check("1", wait=True):
        assert outcome["ending"] == "passed", outcome
    production.plan()
    tag = production.git("tag", "--list", "before-reset-*", "--points-at", head)
    assert tag in done.stderr
    assert not (production.clone / "appspec.yaml").exists()
    buildspec = PROJECT / "app" / "hello-server" / "buildspec.yml"
    assert (production.clone / "buildspec.yml").read_text() == buildspec.read_text()


def test_reset_of_green_under_an_unhealthy_deployment_and_a_waiting_approval_leaves_lab_1(
    production,
):
    if production.serving_slot() != "green":
        production.deploy_again(production.deployments()[0])
    assert production.serving_slot() == "green"
    made, before = what_lab_2_makes(production), production.deployments()
    assert all(made.values()), made
    commit = production.break_health_check()
    production.approve(commit)
    deployment = production.wait_for_deployment(commit, before)
    production.wait_for_approval(production.greet("Dahinter"))
    wait_until(lambda: production.events(deployment)["Install"] == "InProgress")
    reset_and_assert_lab_1_stands_alone(production)


def test_plan_of_lab_2_changes_the_pipeline_in_place_and_replaces_nothing(production):
    done = production.workshop("lab", "2", "--plan")
    assert done.returncode == 0, done.stderr
    changes = [line.split() for line in done.stdout.splitlines()]
    actions = {action for action, _ in changes}
    assert actions == {"create", "update"}, done.stdout
    assert ["update", "module.pipeline[0].aws_codepipeline.this"] in changes


def test_lab_2_passes_again_after_a_reset_and_after_every_interrupt(production, standing):
    for words in ("aws_codedeploy_deployment_group", "Step 2.4"):
        assert_interrupted(interrupted_at(standing, words, "lab", "2"))
    with begun(standing, "Step 2.4", "lab", "2") as run:
        wait_until(lambda: bool(production.deployments()), 300)
        run.send_signal(signal.SIGINT)
        assert_interrupted(ended(run))
    done = production.workshop("lab", "2")
    assert done.returncode == 0, done.stderr
    assert "every check passed" in done.stderr
    for outcome in (*production.check("1"), *production.check("2")):
        assert outcome["ending"] == "passed", outcome


def test_emulator_that_is_lost_in_the_termination_wait_is_told(production, standing):
    before = production.deployments()
    production.greet("Verloren")
    with begun(standing, "Step 2.4", "lab", "2", "--from", "2.4") as run:
        wait_until(lambda: has_switched(production, before), 300)
        kill_emulator(standing)
        assert_lost(ended(run))
    assert_loss_is_told_afterwards(standing, "2.4", "2")


def has_switched(production: Production, before: list[str]) -> bool:
    """Tell whether a new deployment has moved traffic and has not ended."""
    newest = next(iter(production.deployments()), None)
    if newest is None or newest in before or production.deployment(newest)["status"] in ENDED:
        return False
    return production.events(newest).get("AllowTraffic") == "Succeeded"
