"""What a reset of lab 2 takes away and what it leaves, from every state that lab 2 can be in.

The end of the environment, from step 2.4, is the fixture's: it proves that nothing is left.
"""

import json

import pytest

from tests.functional.lab2.production import Production
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
    for outcome in production.check("1", "--wait"):
        assert outcome["ending"] == "passed", outcome
    production.plan()
    tag = production.git("tag", "--list", "before-reset-*", "--points-at", head)
    assert tag in done.stderr
    assert not (production.clone / "appspec.yaml").exists()
    buildspec = PROJECT / "app" / "hello-server" / "buildspec.yml"
    assert (production.clone / "buildspec.yml").read_text() == buildspec.read_text()


def test_reset_of_production_on_green_leaves_lab_1_and_nothing_of_lab_2(production):
    if production.serving_slot() != "green":
        production.deploy_again(production.deployments()[0])
    assert production.serving_slot() == "green"
    made = what_lab_2_makes(production)
    assert all(made.values()), made
    reset_and_assert_lab_1_stands_alone(production)


def test_plan_of_lab_2_changes_the_pipeline_in_place_and_replaces_nothing(production):
    done = production.workshop("lab", "2", "--plan")
    assert done.returncode == 0, done.stderr
    changes = [line.split() for line in done.stdout.splitlines()]
    actions = {action for action, _ in changes}
    assert actions == {"create", "update"}, done.stdout
    assert ["update", "module.pipeline[0].aws_codepipeline.this"] in changes


def test_reset_while_an_unhealthy_green_is_installed_and_an_approval_waits_leaves_lab_1(
    production,
):
    done = production.workshop("lab", "2", "--to", "2.3")
    assert done.returncode == 0, done.stderr
    commit = production.break_health_check()
    production.approve(commit)
    deployment = production.wait_for_deployment(commit, [])
    production.wait_for_approval(production.greet("Dahinter"))
    wait_until(lambda: production.events(deployment)["Install"] == "InProgress")
    reset_and_assert_lab_1_stands_alone(production)


def test_lab_2_passes_again_after_every_reset(production):
    done = production.workshop("lab", "2")
    assert done.returncode == 0, done.stderr
    assert "every check passed" in done.stderr
    for outcome in (*production.check("1"), *production.check("2")):
        assert outcome["ending"] == "passed", outcome
