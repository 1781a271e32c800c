"""What may go wrong around a deployment, and what must not follow from it."""

from collections import Counter

import pytest
from botocore.exceptions import ClientError

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
LINEAR = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"
READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}
FIVE_MINUTES = {"terminationWaitTimeInMinutes": 5}


def delete_group(prod):
    prod.deploy.delete_deployment_group(
        applicationName=prod.application, deploymentGroupName="group"
    )


# The group changes on the way.


def test_changed_group_leaves_a_deployment_under_way_as_it_was(production, hand_clock):
    prod = production()
    prod.make_group(config=CANARY, ready=READY_WAIT)
    deployment = prod.release(prod.version("two"))
    before = prod.wait_status(deployment, "Ready")
    blue_green = before["blueGreenDeploymentConfiguration"]
    prod.deploy.update_deployment_group(
        applicationName=prod.application,
        currentDeploymentGroupName="group",
        deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
        blueGreenDeploymentConfiguration={
            **blue_green,
            "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
        },
        autoRollbackConfiguration={"enabled": False, "events": []},
    )
    assert prod.deployment(deployment) == before
    prod.go_on(deployment)
    prod.world.wait_for(lambda: prod.weights == {"blue": 90, "green": 10}, "the canary")
    hand_clock.pass_minutes(5)
    prod.wait_status(deployment, "Succeeded")
    following = prod.release(prod.version("three"))
    assert prod.wait_status(following, "Succeeded")["deploymentConfigName"] == (
        "CodeDeployDefault.ECSAllAtOnce"
    )


def test_deployment_whose_group_is_deleted_goes_on_to_its_end(production):
    prod = production()
    prod.make_group(ready=READY_WAIT)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    delete_group(prod)
    prod.go_on(deployment)
    prod.wait_status(deployment, "Succeeded")
    assert prod.answers(5) == Counter(two=5)


def test_deployment_whose_group_is_deleted_is_rolled_back_all_the_same(production):
    prod = production()
    prod.make_group(config=CANARY, termination=FIVE_MINUTES, ready=READY_WAIT)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    delete_group(prod)
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert prod.answers(5) == Counter(one=5)
    assert len(prod.task_sets) == 1


# Requests that come at the wrong time.


def refused(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["Error"]["Code"]


@pytest.mark.parametrize("wait_type", ["READY_WAIT", "TERMINATION_WAIT"])
def test_continue_is_refused_while_nothing_waits(production, hand_clock, wait_type):
    prod = production()
    prod.make_group(config=CANARY)
    deployment = prod.release(prod.version("two"))
    assert refused(prod.go_on, deployment, wait_type) == "DeploymentIsNotInReadyStateException"
    prod.world.wait_for(lambda: prod.weights["green"] == 10, "the canary")
    assert refused(prod.go_on, deployment, wait_type) == "DeploymentIsNotInReadyStateException"
    hand_clock.pass_minutes(5)
    prod.wait_status(deployment, "Succeeded")
    assert refused(prod.go_on, deployment, wait_type) == "DeploymentAlreadyCompletedException"
    assert refused(prod.stop, deployment, roll_back=True) == "DeploymentAlreadyCompletedException"


def test_each_wait_is_ended_by_its_own_type_only(production):
    prod = production()
    prod.make_group(ready=READY_WAIT, termination=FIVE_MINUTES)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    wrong = refused(prod.go_on, deployment, "TERMINATION_WAIT")
    assert wrong == "DeploymentIsNotInReadyStateException"
    prod.go_on(deployment)
    prod.wait_event(deployment, "AfterAllowTraffic", "Succeeded")
    assert refused(prod.go_on, deployment) == "DeploymentIsNotInReadyStateException"
    prod.go_on(deployment, "TERMINATION_WAIT")
    prod.wait_status(deployment, "Succeeded")


def test_rollback_is_not_rolled_back(production):
    prod = production(delay_s=3)
    prod.make_group(config=CANARY, ready=READY_WAIT)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    prod.stop(deployment, roll_back=True)
    back = prod.deployment(deployment)["rollbackInfo"]["rollbackDeploymentId"]
    prod.wait_event(back, "AfterAllowTraffic", "Succeeded")
    assert refused(prod.stop, back, roll_back=True) == "DeploymentAlreadyCompletedException"
    info = prod.wait_status(back, "Succeeded")
    assert "rollbackDeploymentId" not in info["rollbackInfo"]
    listed = prod.deploy.list_deployments(
        applicationName=prod.application, deploymentGroupName="group"
    )
    assert listed["deployments"] == [back, deployment]


# The new version becomes sick when it has traffic already.


@pytest.fixture
def sick_file(tmp_path):
    return tmp_path / "sick"


def test_version_that_gets_sick_in_the_shift_fails_its_share_and_no_more(
    production, hand_clock, sick_file
):
    """CodeDeploy looks at the health of the replacement in Install, and not after it."""
    prod = production()
    prod.make_group(config=LINEAR, termination=FIVE_MINUTES)
    deployment = prod.release(prod.version("two", SICK_FILE=str(sick_file)))
    prod.world.wait_for(lambda: prod.weights["green"] == 10, "the first step")
    sick_file.touch()
    prod.world.wait_for(
        lambda: prod.world.target_states(prod.green) != ["healthy"], "an unhealthy target"
    )
    answers = Counter(prod.status() for _ in range(100))
    assert set(answers) <= {200, 500, 502, 503}
    assert answers[200] in range(88, 93)
    for green in range(20, 101, 10):
        hand_clock.pass_minutes(1)
        prod.world.wait_for(lambda green=green: prod.weights["green"] == green, f"{green} %")
    assert prod.deployment(deployment)["status"] == "InProgress"
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert prod.answers() == Counter(one=20)
