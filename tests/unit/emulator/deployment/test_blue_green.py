"""Deployments of real tasks through the API, with requests through the load balancer."""

from collections import Counter

EVENTS = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
]
FIVE_MINUTES = {"terminationWaitTimeInMinutes": 5}


def test_all_traffic_goes_to_the_new_version_at_once(production):
    prod = production()
    prod.make_group()
    assert prod.answers(3) == Counter(one=3)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Succeeded")
    assert prod.answers() == Counter(two=20)
    assert prod.weights == {"blue": 0, "green": 100}
    assert prod.lifecycle(deployment) == dict.fromkeys(EVENTS, "Succeeded")
    assert prod.traffic(deployment) == {"Blue": 0.0, "Green": 100.0}


def test_new_task_set_is_made_by_codedeploy_and_becomes_the_only_one(production):
    prod = production()
    prod.make_group()
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Succeeded")
    (task_set,) = prod.task_sets
    assert task_set["status"] == "PRIMARY"
    assert task_set["startedBy"] == "CODE_DEPLOY"
    assert task_set["externalId"] == deployment
    assert task_set["loadBalancers"][0]["targetGroupArn"] == prod.green
    assert task_set["networkConfiguration"] == prod.world.network
    assert prod.world.target_states(prod.green) == ["healthy"]
    assert prod.world.target_states(prod.blue) == []


def test_second_release_takes_traffic_back_to_blue(production):
    prod = production()
    prod.make_group()
    for version in ("two", "three"):
        prod.wait_status(prod.release(prod.version(version)), "Succeeded")
    assert prod.answers() == Counter(three=20)
    assert prod.weights == {"blue": 100, "green": 0}


def test_original_stays_through_the_termination_wait_until_it_is_continued(production):
    prod = production()
    prod.make_group(termination=FIVE_MINUTES)
    deployment = prod.release(prod.version("two"))
    prod.wait_event(deployment, "AfterAllowTraffic", "Succeeded")
    info = prod.deployment(deployment)
    assert (info["status"], info["instanceTerminationWaitTimeStarted"]) == ("InProgress", True)
    assert sorted(each["status"] for each in prod.task_sets) == ["ACTIVE", "PRIMARY"]
    assert prod.world.target_states(prod.blue) == ["healthy"]
    prod.deploy.continue_deployment(deploymentId=deployment, deploymentWaitType="TERMINATION_WAIT")
    prod.wait_status(deployment, "Succeeded")
    assert len(prod.task_sets) == 1


def test_canary_gives_its_share_and_then_everything(production, clock):
    clock.scale = 1
    prod = production()
    prod.make_group(config="CodeDeployDefault.ECSCanary10Percent5Minutes")
    deployment = prod.release(prod.version("two"))
    prod.wait_event(deployment, "AllowTraffic", "InProgress")
    prod.world.wait_for(lambda: prod.weights["green"], "the canary")
    assert prod.weights == {"blue": 90, "green": 10}
    assert prod.traffic(deployment) == {"Blue": 90.0, "Green": 10.0}
    answers = prod.answers(200)
    assert set(answers) == {"one", "two"}
    assert answers["two"] < answers["one"]
    clock.scale = 3600
    prod.wait_status(deployment, "Succeeded")
    assert prod.answers() == Counter(two=20)


def test_linear_goes_through_every_tenth(production, hand_clock):
    prod = production()
    prod.make_group(config="CodeDeployDefault.ECSLinear10PercentEvery1Minutes")
    deployment = prod.release(prod.version("two"))
    for green in range(10, 101, 10):
        prod.world.wait_for(lambda green=green: prod.weights["green"] == green, f"{green} %")
        hand_clock.pass_minutes(1)
    prod.wait_status(deployment, "Succeeded")


def test_ready_deployment_serves_the_old_version_until_it_is_continued(production):
    prod = production()
    prod.make_group(ready={"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5})
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    assert prod.answers(5) == Counter(one=5)
    prod.deploy.continue_deployment(deploymentId=deployment, deploymentWaitType="READY_WAIT")
    prod.wait_status(deployment, "Succeeded")
    assert prod.answers(5) == Counter(two=5)


def test_rule_that_points_elsewhere_fails_the_deployment_as_on_aws(production):
    prod = production()
    prod.make_group()
    prod.world.reroute(prod.rule, {prod.green: 100, prod.blue: 0})
    deployment = prod.release(prod.version("two"))
    error = prod.wait_status(deployment, "Failed")["errorInformation"]
    assert error["code"] == "ELASTIC_LOAD_BALANCING_INVALID"
    assert "Primary taskset target group must be behind listener" in error["message"]
    assert len(prod.task_sets) == 1


def test_rule_with_one_group_gets_the_other_one_added(production):
    prod = production()
    prod.make_group()
    prod.world.reroute(prod.rule, {prod.blue: 1})
    prod.wait_status(prod.release(prod.version("two")), "Succeeded")
    assert prod.weights == {"blue": 0, "green": 100}


def test_revision_that_cannot_be_run_fails_with_what_ecs_said(production):
    prod = production()
    prod.make_group()
    definition = prod.version("two")
    prod.world.ecs.deregister_task_definition(taskDefinition=definition)
    deployment = prod.release(definition)
    error = prod.wait_status(deployment, "Failed")["errorInformation"]
    assert error["code"] == "ECS_UPDATE_ERROR"
    assert "TaskDefinition is inactive" in error["message"]
    assert prod.answers(3) == Counter(one=3)
