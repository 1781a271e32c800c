"""What ECS refuses of task sets, and of the services that have them."""

from collections.abc import Callable
from typing import Any

import pytest
from code_deploy_services import CODE_DEPLOY, add, blue_green, delete, task_sets
from tests.unit.emulator.refusals import refusal

PERCENT = {"value": 100.0, "unit": "PERCENT"}
NOT_OURS = (
    "Amazon ECS only supports task set management on services configured to use external "
    "deployment controllers."
)
INVALID = "InvalidParameterException"


def idle(world: Any) -> tuple[str, str, str]:
    """Create a service that runs nothing; return its name, its definition and the green group."""
    definition = world.define("x")
    name, _, green = blue_green(world, definition=definition, desiredCount=0)
    return name, definition, green


# CreateService


def test_service_of_codedeploy_needs_a_load_balancer(world: Any) -> None:
    code, message = refusal(
        lambda: world.serve(world.define("x"), deploymentController=CODE_DEPLOY)
    )
    assert code == INVALID
    assert "required to use either an Application Load Balancer" in message


def test_service_of_codedeploy_has_one_target_group(world: Any) -> None:
    balancers = [
        {"targetGroupArn": world.target_group(), "containerName": "app", "containerPort": 80}
        for _ in range(2)
    ]
    code, message = refusal(
        lambda: world.ecs.create_service(
            cluster=world.cluster,
            serviceName="two-groups",
            taskDefinition=world.define("x"),
            launchType="FARGATE",
            networkConfiguration=world.network,
            loadBalancers=balancers,
            deploymentController=CODE_DEPLOY,
        )
    )
    assert code == INVALID
    assert message.startswith("Multiple target groups are not supported")


def test_service_of_codedeploy_has_no_circuit_breaker(world: Any) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    code, message = refusal(
        lambda: blue_green(world, definition=world.define("x"), deploymentConfiguration=breaker)
    )
    assert code == INVALID
    assert message.startswith("The deployment circuit breaker is not supported")


# UpdateService


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"taskDefinition": "family:1"}, "Unable to update task definition"),
        ({"loadBalancers": []}, "Unable to update load balancers"),
        ({"serviceRegistries": []}, "Unable to update service registries"),
        ({"platformVersion": "LATEST"}, "Unable to update platform version"),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
            "Unable to update network parameters",
        ),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
            "Unable to update capacity provider strategy",
        ),
        ({"forceNewDeployment": True}, "Cannot force a new deployment"),
        (
            {"taskDefinition": "family:1", "forceNewDeployment": True},
            "Unable to update task definition",
        ),
    ],
)
def test_what_codedeploy_changes_is_refused(world: Any, change: dict[str, Any], says: str) -> None:
    name, _, _ = idle(world)
    assert refusal(
        lambda: world.ecs.update_service(cluster=world.cluster, service=name, **change)
    ) == (
        INVALID,
        (
            f"{says} on services with a CODE_DEPLOY deployment controller. "
            "Use AWS CodeDeploy to trigger a new deployment."
        ),
    )


def test_what_codedeploy_leaves_alone_is_changed(world: Any) -> None:
    name, _, _ = idle(world)
    (before,) = task_sets(world, name)
    changed = world.ecs.update_service(
        cluster=world.cluster,
        service=name,
        deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50},
        healthCheckGracePeriodSeconds=30,
        propagateTags="SERVICE",
        enableECSManagedTags=True,
        forceNewDeployment=False,
        deploymentController=CODE_DEPLOY,
    )["service"]
    assert changed["deploymentConfiguration"] == {
        "maximumPercent": 150,
        "minimumHealthyPercent": 50,
    }
    assert (changed["healthCheckGracePeriodSeconds"], changed["propagateTags"]) == (30, "SERVICE")
    assert [found["id"] for found in changed["taskSets"]] == [before["id"]]
    assert changed["deployments"] == []


@pytest.mark.parametrize(("first", "second"), [("ECS", "CODE_DEPLOY"), ("CODE_DEPLOY", "ECS")])
def test_deployment_controller_stays(world: Any, first: str, second: str) -> None:
    name = world.serve(
        world.define("x"),
        world.target_group(),
        desiredCount=0,
        deploymentController={"type": first},
    )
    assert refusal(
        lambda: world.ecs.update_service(
            cluster=world.cluster, service=name, deploymentController={"type": second}
        )
    ) == (
        "NotImplementedException",
        (
            f"ecs: a change of the deployment controller from {first} to {second} is not emulated; "
            "create another service."
        ),
    )


# DeleteService


def test_service_that_is_scaled_above_0_is_deleted_by_force_only(world: Any) -> None:
    name, _, _ = blue_green(world, definition=world.define("x"))
    assert refusal(lambda: world.ecs.delete_service(cluster=world.cluster, service=name)) == (
        INVALID,
        "The service cannot be stopped while it is scaled above 0.",
    )
    world.ecs.delete_service(cluster=world.cluster, service=name, force=True)


def test_service_with_a_deployment_under_way_is_deleted_by_force_only(world: Any) -> None:
    name, definition, green = idle(world)
    add(world, name, definition, green)
    assert refusal(lambda: world.ecs.delete_service(cluster=world.cluster, service=name)) == (
        INVALID,
        "The service cannot be stopped while deployments are active.",
    )


# Task sets


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"service": "none"}, "ServiceNotFoundException", "Service not found."),
        ({"cluster": "none"}, "ClusterNotFoundException", "Cluster not found."),
        ({"taskDefinition": "none:1"}, "ClientException", "TaskDefinition not found."),
        (
            {"loadBalancers": [{"targetGroupArn": "arn:none", "containerName": "app"}]},
            INVALID,
            "The specified target group does not exist: arn:none",
        ),
        (
            {"networkConfiguration": None},
            INVALID,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            {"scale": {"value": 101.0, "unit": "PERCENT"}},
            INVALID,
            "Scale value must be between 0 and 100; got 101.",
        ),
        (
            {"scale": {"value": 1.0, "unit": "COUNT"}},
            INVALID,
            "Scale unit must be PERCENT; got COUNT.",
        ),
    ],
)
def test_task_set_is_refused(world: Any, changes: dict[str, Any], code: str, message: str) -> None:
    name, definition, _ = idle(world)
    request = {
        "cluster": world.cluster,
        "service": name,
        "taskDefinition": definition,
        "launchType": "FARGATE",
        "networkConfiguration": world.network,
        **changes,
    }
    given = {key: value for key, value in request.items() if value is not None}
    assert refusal(lambda: world.ecs.create_task_set(**given)) == (code, message)
    assert len(task_sets(world, name)) == 1


@pytest.mark.parametrize(
    ("container", "port", "message"),
    [
        ("other", 80, "The container other does not exist in the task definition."),
        ("app", 81, "The container app did not have a container port 81 defined."),
    ],
)
def test_task_set_with_a_wrong_container_or_port_is_refused(
    world: Any, container: str, port: int, message: str
) -> None:
    name, definition, green = idle(world)
    balancer = {"targetGroupArn": green, "containerName": container, "containerPort": port}
    assert refusal(lambda: add(world, name, definition, "", loadBalancers=[balancer])) == (
        INVALID,
        message,
    )


def test_sixth_task_set_is_refused(world: Any) -> None:
    name, definition, green = idle(world)
    for _ in range(4):
        add(world, name, definition, green)
    assert refusal(lambda: add(world, name, definition, green)) == (
        INVALID,
        (
            "5 deployments exist on the service. Unable to create new TaskSet since this exceeds "
            "the maximum limit."
        ),
    )


def test_same_client_token_makes_one_task_set(world: Any) -> None:
    name, definition, green = idle(world)
    first = add(world, name, definition, green, clientToken="token")
    second = add(world, name, definition, green, clientToken="token")
    assert first["id"] == second["id"]
    assert len(task_sets(world, name)) == 2


def test_rolling_service_has_no_task_sets(world: Any) -> None:
    name = world.serve(world.define("x"), desiredCount=0)
    assert "taskSets" not in world.service(name)
    definition = world.define("x")
    assert refusal(lambda: add(world, name, definition, world.target_group())) == (
        INVALID,
        NOT_OURS,
    )


def test_unknown_task_set_is_not_found(world: Any) -> None:
    name, _, _ = idle(world)
    place = {"cluster": world.cluster, "service": name}
    calls: list[Callable[[], Any]] = [
        lambda: world.ecs.update_task_set(**place, taskSet="ecs-svc/1", scale=PERCENT),
        lambda: world.ecs.update_service_primary_task_set(**place, primaryTaskSet="ecs-svc/1"),
        lambda: delete(world, name, "ecs-svc/1"),
    ]
    for call in calls:
        assert refusal(call)[0] == "TaskSetNotFoundException"


def test_task_sets_are_described_by_id_and_arn(world: Any) -> None:
    name, _, _ = idle(world)
    (task_set,) = task_sets(world, name)
    answer = world.ecs.describe_task_sets(
        cluster=world.cluster,
        service=name,
        taskSets=[task_set["id"], task_set["taskSetArn"], "ecs-svc/1"],
    )
    assert [found["id"] for found in answer["taskSets"]] == [task_set["id"]] * 2
    (failure,) = answer["failures"]
    assert failure["reason"] == "MISSING"
    assert failure["arn"].endswith(f":task-set/{world.cluster}/{name}/ecs-svc/1")
    code, _ = refusal(lambda: world.ecs.describe_task_sets(cluster=world.cluster, service=name))
    assert code == INVALID


def test_primary_task_set_is_deleted_by_force_only(world: Any) -> None:
    name, _, _ = blue_green(world, definition=world.define("x"))
    (primary,) = task_sets(world, name)
    assert refusal(lambda: delete(world, name, primary["id"])) == (
        INVALID,
        "Primary TaskSet cannot be deleted",
    )
    assert delete(world, name, primary["id"], force=True)["status"] == "DRAINING"


def test_task_set_that_is_scaled_above_0_is_deleted_by_force_only(world: Any) -> None:
    name, definition, green = idle(world)
    world.ecs.update_service(cluster=world.cluster, service=name, desiredCount=1)
    new = add(world, name, definition, green)
    code, message = refusal(lambda: delete(world, name, new["id"]))
    assert (code, message) == (
        INVALID,
        "The task set cannot be deleted while it is scaled above 0.",
    )


def test_tags_of_a_task_set_are_shown_when_asked_for(world: Any) -> None:
    name, definition, green = idle(world)
    tags = [{"key": "who", "value": "ana"}]
    new = add(world, name, definition, green, tags=tags)
    assert world.ecs.list_tags_for_resource(resourceArn=new["taskSetArn"])["tags"] == tags
    place = {"cluster": world.cluster, "service": name, "taskSets": [new["id"]]}
    assert world.ecs.describe_task_sets(**place)["taskSets"][0]["tags"] == []
    assert world.ecs.describe_task_sets(**place, include=["TAGS"])["taskSets"][0]["tags"] == tags
