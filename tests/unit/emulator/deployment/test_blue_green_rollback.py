"""Deployments of real tasks that are stopped or fail, and how production gets back."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engines.deployment import engine

READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}
FIVE_MINUTES = {"terminationWaitTimeInMinutes": 5}


@dataclass(frozen=True)
class Place:
    """Where a deployment stays until it is stopped, and what it has done by then."""

    group: dict[str, Any]
    variables: dict[str, str]
    event: str
    status: str
    weights: dict[str, int]
    primary: str


PLACES = {
    "Install": Place({}, {"SICK": "1"}, "Install", "InProgress", {"blue": 100, "green": 0}, "one"),
    "ready wait": Place(
        {"ready": READY_WAIT},
        {},
        "AfterAllowTestTraffic",
        "Succeeded",
        {"blue": 100, "green": 0},
        "one",
    ),
    "AllowTraffic": Place(
        {"config": "CodeDeployDefault.ECSCanary10Percent5Minutes"},
        {},
        "AllowTraffic",
        "InProgress",
        {"blue": 90, "green": 10},
        "one",
    ),
    "termination wait": Place(
        {"termination": FIVE_MINUTES},
        {},
        "AfterAllowTraffic",
        "Succeeded",
        {"blue": 0, "green": 100},
        "two",
    ),
}


@pytest.fixture(params=list(PLACES))
def stopped_at(request, production, clock):
    """Return a function that stops a deployment in a place: with or without a rollback."""
    clock.scale = 1
    place = PLACES[request.param]

    def stop(roll_back):
        prod = production()
        prod.make_group(**place.group)
        deployment = prod.release(prod.version("two", **place.variables))
        prod.wait_event(deployment, place.event, place.status)
        prod.world.wait_for(lambda: prod.weights == place.weights, "its weights")
        prod.world.wait_for(lambda: len(prod.task_sets) == 2, "its task sets")
        prod.stop(deployment, roll_back=roll_back)
        return prod, deployment, place

    return stop


def primary_of(prod):
    (found,) = [each["id"] for each in prod.task_sets if each["status"] == "PRIMARY"]
    return found


def test_stop_with_rollback_brings_production_back(stopped_at):
    prod, deployment, _ = stopped_at(roll_back=True)
    assert prod.wait_status(deployment, "Stopped")["errorInformation"]["code"] == "MANUAL_STOP"
    back = prod.wait_rolled_back(deployment)
    assert back["creator"] == "codeDeployRollback"
    assert back["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment
    assert prod.answers() == Counter(one=20)
    assert prod.weights == {"blue": 100, "green": 0}
    assert prod.is_steady
    assert prod.world.target_states(prod.blue) == ["healthy"]
    assert prod.world.target_states(prod.green) == []


def test_stop_without_rollback_leaves_weights_and_task_sets(stopped_at):
    prod, deployment, place = stopped_at(roll_back=False)
    info = prod.wait_status(deployment, "Stopped")
    assert "rollbackDeploymentId" not in info.get("rollbackInfo", {})
    assert prod.weights == place.weights
    assert len(prod.task_sets) == 2
    served = {"one": prod.blue, "two": prod.green}[place.primary]
    (primary,) = [each for each in prod.task_sets if each["status"] == "PRIMARY"]
    assert primary["loadBalancers"][0]["targetGroupArn"] == served


def test_next_deployment_names_the_task_set_that_a_stop_left(production, clock):
    clock.scale = 1
    prod = production()
    prod.make_group()
    first = prod.release(prod.version("two", SICK="1"))
    prod.world.wait_for(lambda: len(prod.task_sets) == 2, "the replacement")
    prod.stop(first, roll_back=False)
    (left,) = [each["id"] for each in prod.task_sets if each["status"] == "ACTIVE"]
    second = prod.release(prod.version("three"))
    error = prod.wait_status(second, "Failed")["errorInformation"]
    assert error["code"] == "INVALID_ECS_SERVICE"
    assert left in error["message"]
    assert prod.answers(5) == Counter(one=5)
    prod.world.ecs.delete_task_set(
        cluster=prod.world.cluster, service=prod.service, taskSet=left, force=True
    )
    prod.world.wait_for(lambda: len(prod.task_sets) == 1, "the task set to go")
    prod.wait_status(prod.release(prod.version("four")), "Succeeded")
    assert prod.answers(5) == Counter(four=5)


def test_unhealthy_replacement_fails_at_the_limit_and_is_taken_away(production, clock, monkeypatch):
    monkeypatch.setattr(engine, "LEAST_HEALTH_LIMIT_S", 3.0)
    clock.scale = 3600
    prod = production()
    prod.make_group()
    deployment = prod.release(prod.version("two", SICK="1"))
    error = prod.wait_status(deployment, "Failed")["errorInformation"]
    assert error["code"] == "TIMEOUT"
    assert error["message"].startswith("The deployment timed out while waiting")
    assert prod.lifecycle(deployment)["Install"] == "Failed"
    prod.wait_rolled_back(deployment)
    assert prod.answers() == Counter(one=20)
    assert len(prod.task_sets) == 1


def test_stop_is_refused_when_the_original_is_going(production):
    prod = production(delay_s=5)
    prod.make_group()
    deployment = prod.release(prod.version("two"))
    prod.world.wait_for(
        lambda: "DRAINING" in {each["status"] for each in prod.task_sets}, "the original to drain"
    )
    with pytest.raises(ClientError, match="DeploymentAlreadyCompletedException"):
        prod.stop(deployment, roll_back=True)
    prod.wait_status(deployment, "Succeeded")


def test_rule_that_is_deleted_on_the_way_fails_the_deployment(production, clock):
    clock.scale = 1
    prod = production()
    prod.make_group()
    deployment = prod.release(prod.version("two", SICK="1"))
    prod.world.wait_for(lambda: len(prod.task_sets) == 2, "the replacement")
    prod.aws("elbv2").delete_rule(RuleArn=prod.rule)
    error = prod.wait_status(deployment, "Failed")["errorInformation"]
    assert error["code"] == "ELASTIC_LOAD_BALANCING_INVALID"
    assert prod.world.listener in error["message"]


def test_service_that_is_deleted_on_the_way_fails_the_deployment(production, clock):
    clock.scale = 1
    prod = production()
    prod.make_group()
    deployment = prod.release(prod.version("two", SICK="1"))
    prod.world.wait_for(lambda: len(prod.task_sets) == 2, "the replacement")
    prod.world.ecs.delete_service(cluster=prod.world.cluster, service=prod.service, force=True)
    error = prod.wait_status(deployment, "Failed")["errorInformation"]
    assert error["code"] == "INVALID_ECS_SERVICE"
    assert prod.service in error["message"]
