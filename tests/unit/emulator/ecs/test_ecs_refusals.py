"""What ECS refuses, in AWS's words."""

from typing import Any

import pytest
from tests.unit.emulator.refusals import refusal


def register(world: Any, **changes: Any) -> Any:
    request = {
        "family": "refused",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/x",
        "containerDefinitions": [{"name": "app", "image": "x"}],
        **changes,
    }
    return world.ecs.register_task_definition(
        **{key: value for key, value in request.items() if value is not None}
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"cpu": "300"},
            (
                "No Fargate configuration exists for given values: 300 CPU, 512 memory. "
                "See the Amazon ECS documentation for the valid values."
            ),
        ),
        (
            {"memory": "4096"},
            (
                "No Fargate configuration exists for given values: 256 CPU, 4096 memory. "
                "See the Amazon ECS documentation for the valid values."
            ),
        ),
        ({"networkMode": "bridge"}, "Fargate only supports network mode 'awsvpc'."),
        ({"cpu": None}, "Fargate requires that 'cpu' be defined at the task level."),
        ({"containerDefinitions": []}, "Container list cannot be empty."),
        (
            {"containerDefinitions": [{"name": "app"}]},
            "Container.image should not be null or empty.",
        ),
        (
            {
                "executionRoleArn": None,
                "containerDefinitions": [
                    {"name": "a", "image": "x", "logConfiguration": {"logDriver": "awslogs"}}
                ],
            },
            (
                "Fargate requires task definition to have execution role ARN to support log driver "
                "awslogs."
            ),
        ),
    ],
)
def test_task_definition_is_refused(world: Any, changes: dict[str, Any], message: str) -> None:
    assert refusal(lambda: register(world, **changes)) == ("ClientException", message)


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "2048"), ("512", "4096"), ("1024", "8192"), ("1 vCPU", "2 GB"), (".5 vCPU", "1GB")],
)
def test_fargate_sizes_are_taken(world: Any, cpu: str, memory: str) -> None:
    assert register(world, cpu=cpu, memory=memory)["taskDefinition"]["revision"]


def test_task_definition_has_the_defaults_of_aws(world: Any) -> None:
    family = world.unique()
    containers = [
        {"name": "a", "image": "x", "portMappings": [{"containerPort": 80}]},
        {"name": "b", "image": "y", "essential": False},
    ]
    register(world, family=family, containerDefinitions=containers)
    found = world.ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    first, second = found["containerDefinitions"]
    assert first["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    for container in (first, second):
        assert container["cpu"] == 0
        assert container["environment"] == []
        assert container["systemControls"] == []
    assert second["essential"] is False
    assert found["compatibilities"] == ["EC2", "FARGATE"]


def test_revision_numbers_are_never_reused(world: Any) -> None:
    family = world.unique()
    first = register(world, family=family)["taskDefinition"]["taskDefinitionArn"]
    world.ecs.deregister_task_definition(taskDefinition=first)
    assert refusal(lambda: world.ecs.describe_task_definition(taskDefinition=family)) == (
        "ClientException",
        "Unable to describe task definition.",
    )
    answer = world.ecs.describe_task_definition(taskDefinition=first)
    assert answer["taskDefinition"]["status"] == "INACTIVE"
    deleted = world.ecs.delete_task_definitions(taskDefinitions=[first])
    assert deleted["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"
    assert register(world, family=family)["taskDefinition"]["revision"] == 2


def create(world: Any, **changes: Any) -> Any:
    request = {
        "cluster": world.cluster,
        "serviceName": "refused",
        "launchType": "FARGATE",
        "desiredCount": 1,
        "networkConfiguration": world.network,
        **changes,
    }
    return world.ecs.create_service(
        **{key: value for key, value in request.items() if value is not None}
    )


def lone_group(world: Any) -> str:
    """Make a target group that no listener refers to."""
    answer = world.aws("elbv2").create_target_group(
        Name=world.unique(), Protocol="HTTP", Port=80, VpcId=world.vpc, TargetType="ip"
    )
    return str(answer["TargetGroups"][0]["TargetGroupArn"])


def balanced(arn: str, name: str = "app", port: int = 80) -> dict[str, Any]:
    return {
        "loadBalancers": [{"targetGroupArn": arn, "containerName": name, "containerPort": port}]
    }


def test_target_group_without_a_load_balancer_is_refused(world: Any) -> None:
    definition, group = world.define("x"), lone_group(world)
    assert refusal(lambda: create(world, taskDefinition=definition, **balanced(group))) == (
        "InvalidParameterException",
        f"The target group with targetGroupArn {group} does not have an associated load balancer.",
    )


@pytest.mark.parametrize(
    ("name", "port", "message"),
    [
        ("none", 80, "The container none does not exist in the task definition."),
        ("app", 81, "The container app did not have a container port 81 defined."),
    ],
)
def test_load_balancer_needs_container_and_port(
    world: Any, name: str, port: int, message: str
) -> None:
    definition, group = world.define("x"), world.target_group()
    settings = balanced(group, name, port)
    assert refusal(lambda: create(world, taskDefinition=definition, **settings)) == (
        "InvalidParameterException",
        message,
    )


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"cluster": "none"}, "ClusterNotFoundException", "Cluster not found."),
        ({"taskDefinition": "none:1"}, "ClientException", "TaskDefinition not found."),
        (
            {"networkConfiguration": None},
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            {"healthCheckGracePeriodSeconds": 5},
            "InvalidParameterException",
            "Health check grace period is only valid for services configured to use load balancers",
        ),
        (
            {"deploymentController": {"type": "EXTERNAL"}},
            "NotImplementedException",
            ("ecs: the deployment controller EXTERNAL is not emulated; use ECS or CODE_DEPLOY."),
        ),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-none"]}}},
            "InvalidParameterException",
            (
                "Error retrieving subnet information for [subnet-none]: The subnet ID "
                "'subnet-none' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
            ),
        ),
    ],
)
def test_service_is_refused(world: Any, changes: dict[str, Any], code: str, message: str) -> None:
    settings = {"taskDefinition": world.define("x"), **changes}
    assert refusal(lambda: create(world, **settings)) == (code, message)


def test_missing_service_is_a_failure_or_an_error(world: Any) -> None:
    answer = world.ecs.describe_services(cluster=world.cluster, services=["none"])
    assert answer["services"] == []
    assert [failure["reason"] for failure in answer["failures"]] == ["MISSING"]
    for call in (world.ecs.update_service, world.ecs.delete_service):
        assert refusal(lambda call=call: call(cluster=world.cluster, service="none")) == (
            "ServiceNotFoundException",
            "Service not found.",
        )


def test_service_above_zero_is_deleted_by_force_only(world: Any) -> None:
    name = world.serve(world.define("x"))
    assert refusal(lambda: world.ecs.delete_service(cluster=world.cluster, service=name)) == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    world.ecs.delete_service(cluster=world.cluster, service=name, force=True)
    code, _ = refusal(
        lambda: world.ecs.update_service(cluster=world.cluster, service=name, desiredCount=1)
    )
    assert code == "ServiceNotActiveException"


def test_cluster_with_services_stays(world: Any) -> None:
    world.serve(world.define("x"))
    assert refusal(lambda: world.ecs.delete_cluster(cluster=world.cluster)) == (
        "ClusterContainsServicesException",
        "The Cluster cannot be deleted while Services are active.",
    )


def test_deleted_cluster_is_inactive(world: Any) -> None:
    name = world.unique()
    world.ecs.create_cluster(clusterName=name)
    assert world.ecs.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"
    (found,) = world.ecs.describe_clusters(clusters=[name])["clusters"]
    assert found["status"] == "INACTIVE"
    assert found["clusterArn"] not in world.ecs.list_clusters()["clusterArns"]


def test_service_without_instances_cannot_place_a_task(world: Any) -> None:
    definition = world.ecs.register_task_definition(
        family=world.unique(),
        containerDefinitions=[{"name": "app", "image": "x", "memory": 64}],
    )["taskDefinition"]["taskDefinitionArn"]
    name = f"s-{world.unique()}"
    world.ecs.create_service(
        cluster=world.cluster, serviceName=name, taskDefinition=definition, desiredCount=1
    )
    (message,) = world.wait_for(lambda: world.messages(name), "an event")
    assert message.startswith(f"(service {name}) was unable to place a task")
