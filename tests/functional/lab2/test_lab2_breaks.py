"""For every check of lab 2 one break, made through the AWS API or the code, that it alone notices.

A check that leans on a broken one ends as *could not look*: it neither passes nor accuses.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.functional.lab2.production import (
    APPLICATION,
    GROUP,
    PROD_CLUSTER,
    PROD_SERVICE,
    Production,
)
from tests.functional.participant import PIPELINE
from tests.functional.routing_breaks import requests_taken, weights_swapped
from tests.standing import Standing
from workshop.labs import checks_for

pytestmark = pytest.mark.slow


@contextmanager
def service_is_scaled_in(broken: Production) -> Iterator[None]:
    ecs = broken.aws("ecs")
    ecs.update_service(cluster=PROD_CLUSTER, service=PROD_SERVICE, desiredCount=2)
    yield
    ecs.update_service(cluster=PROD_CLUSTER, service=PROD_SERVICE, desiredCount=3)


def rule_sends_users_to_the_idle_slot(broken: Production) -> AbstractContextManager[None]:
    return weights_swapped(broken.aws("elbv2"), broken.rule())


def another_rule_takes_the_requests(broken: Production) -> AbstractContextManager[None]:
    return requests_taken(broken.aws("elbv2"), broken.listener_arn())


@contextmanager
def group_rolls_back_on_failures_alone(broken: Production) -> Iterator[None]:
    codedeploy = broken.aws("codedeploy")
    kept = codedeploy.get_deployment_group(applicationName=APPLICATION, deploymentGroupName=GROUP)[
        "deploymentGroupInfo"
    ]["autoRollbackConfiguration"]

    def set_to(configuration: dict[str, object]) -> None:
        codedeploy.update_deployment_group(
            applicationName=APPLICATION,
            currentDeploymentGroupName=GROUP,
            autoRollbackConfiguration=configuration,
        )

    set_to({"enabled": True, "events": ["DEPLOYMENT_FAILURE"]})
    yield
    set_to(kept)


@contextmanager
def newer_executions_overtake_older_ones(broken: Production) -> Iterator[None]:
    codepipeline = broken.aws("codepipeline")
    pipeline = codepipeline.get_pipeline(name=PIPELINE)["pipeline"]
    codepipeline.update_pipeline(pipeline={**pipeline, "executionMode": "SUPERSEDED"})
    yield
    codepipeline.update_pipeline(pipeline=pipeline)


@contextmanager
def appspec_loses_its_placeholder(broken: Production) -> Iterator[None]:
    sound = broken.head()
    commit = broken.release("appspec.yaml", "<TASK_DEFINITION>", "the newest")
    broken.wait_for_approval(commit)
    yield
    broken.approve(commit, "Rejected")
    broken.restore(sound)
    broken.bring_to_production(broken.commit_all("Bring the placeholder back"))


@contextmanager
def person_says_no(broken: Production) -> Iterator[None]:
    commit = broken.greet("Nein")
    broken.approve(commit, "Rejected")
    assert broken.wait_for_end(commit) == "Failed"
    yield
    broken.retry(commit, "Approve")
    broken.bring_to_production(commit)


@contextmanager
def deployment_is_stopped(broken: Production) -> Iterator[None]:
    before = broken.deployments()
    commit = broken.greet("Halt")
    broken.approve(commit)
    rollback = broken.stop(broken.wait_for_deployment(commit, before))
    assert broken.wait_for_end(commit) == "Failed"
    yield
    before = [rollback, *broken.deployments()]
    broken.retry(commit, "DeployProd")
    broken.end_termination_wait(broken.wait_for_deployment(commit, before))
    assert broken.wait_for_end(commit) == "Succeeded"


@contextmanager
def production_is_deployed_past_the_pipeline(broken: Production) -> Iterator[None]:
    newest, before = broken.deployments()[0], broken.deployments()[1:]
    good = next(
        one
        for one in before
        if broken.deployment(one)["status"] == "Succeeded"
        and broken.deployment(one)["creator"] != "codeDeployRollback"
        and broken.revision(one) != broken.revision(newest)
    )
    broken.deploy_again(good)
    yield
    broken.deploy_again(newest)


Break = Callable[[Production], AbstractContextManager[None]]

BREAKS: dict[str, Break] = {
    "production": service_is_scaled_in,
    "routing": rule_sends_users_to_the_idle_slot,
    "answer": another_rule_takes_the_requests,
    "group": group_rolls_back_on_failures_alone,
    "stages": newer_executions_overtake_older_ones,
    "configuration": appspec_loses_its_placeholder,
    "approval": person_says_no,
    "deployment": deployment_is_stopped,
    "version": production_is_deployed_past_the_pipeline,
}


@pytest.fixture(scope="module")
def broken(environment: object, standing: Standing) -> Production:
    made = Production(standing)
    for outcome in made.check("2", wait=True):
        assert outcome["ending"] == "passed", outcome
    return made


def test_every_check_has_its_break():
    assert list(BREAKS) == [check.name for check in checks_for("2")]


@pytest.mark.parametrize("name", BREAKS)
def test_break_makes_exactly_its_check_fail(name, broken):
    with BREAKS[name](broken):
        outcomes = broken.check("2")
    accused = [one["name"] for one in outcomes if one["ending"] in {"failed", "not yet"}]
    assert accused == [name], json.dumps(outcomes, indent=2)
    found = next(one for one in outcomes if one["name"] == name)
    assert found["observed"]
    assert found["remedy"] or found["ending"] == "not yet"
    assert all(one["ending"] == "passed" for one in broken.check("2", wait=True))
