"""What CreateService, UpdateService and RunTask are refused for, and the defaults they get."""

from typing import Any

from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError, InvalidSubnetIdError

from emulator.control_plane import registration
from emulator.control_plane.base import NotEmulated
from emulator.control_plane.ecs.exceptions import ClientError, InvalidParameter
from emulator.control_plane.ecs.task_definitions import TaskDefinition

_FARGATE_PROVIDERS = {"FARGATE", "FARGATE_SPOT"}

_ROLLING = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "strategy": "ROLLING",
    "bakeTimeInMinutes": 0,
}

_CODEDEPLOYS = {
    "taskDefinition": "Unable to update task definition",
    "networkConfiguration": "Unable to update network parameters",
    "platformVersion": "Unable to update platform version",
    "loadBalancers": "Unable to update load balancers",
    "serviceRegistries": "Unable to update service registries",
    "capacityProviderStrategy": "Unable to update capacity provider strategy",
    "forceNewDeployment": "Cannot force a new deployment",
}
"""Members of UpdateService that are CodeDeploy's to change, and how ECS says so.

Source: ECS API, UpdateService; messages in hashicorp/terraform-provider-aws #8005 (network),
kayac/ecspresso #393 (load balancers), boto/boto3 #1936 (task definition). Those of the platform
version, the registries and the strategy are after their pattern. A member that is given counts,
even one that changes nothing.
"""


def deployment_configuration(
    given: dict[str, Any] | None, earlier: dict[str, Any] | None = None, *, is_rolling: bool = True
) -> dict[str, Any]:
    """Return a whole configuration. Source: ECS API, DeploymentConfiguration, defaults."""
    if not is_rolling:
        _refuse_circuit_breaker(given or {})
    base = earlier or {"maximumPercent": 200, "minimumHealthyPercent": 100}
    if is_rolling:
        base = {**_ROLLING, **base}
    full = {**base, **{key: value for key, value in (given or {}).items() if value is not None}}
    if full.get("strategy", "ROLLING") != "ROLLING":
        raise NotEmulated(f"ecs: the deployment strategy {full['strategy']} is not emulated.")
    if full["maximumPercent"] < full["minimumHealthyPercent"]:
        raise InvalidParameter(
            "maximumPercent must be greater than or equal to minimumHealthyPercent."
        )
    if full["maximumPercent"] <= 100 and full["minimumHealthyPercent"] >= 100:
        raise InvalidParameter(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
            "deployments."
        )
    return full


def launch_type(request: dict[str, Any], default_strategy: list[dict[str, Any]] | None) -> str:
    """Return EC2 or FARGATE, by launch type or capacity provider."""
    strategy = request.get("capacityProviderStrategy")
    if request.get("launchType") and strategy:
        raise InvalidParameter(
            "Specify either Launch Type or Capacity Provider Strategy, but not both."
        )
    if request.get("launchType"):
        return str(request["launchType"])
    providers = {entry["capacityProvider"] for entry in strategy or default_strategy or []}
    return "FARGATE" if providers and providers <= _FARGATE_PROVIDERS else "EC2"


def controller(request: dict[str, Any]) -> str:
    return str((request.get("deploymentController") or {}).get("type") or "ECS")


def refuse_kind(request: dict[str, Any]) -> None:
    """Name the deployment controller or the scheduling strategy that is not emulated."""
    kind = controller(request)
    if kind not in {"ECS", "CODE_DEPLOY"}:
        raise NotEmulated(
            f"ecs: the deployment controller {kind} is not emulated; use ECS or CODE_DEPLOY."
        )
    if request.get("schedulingStrategy", "REPLICA") != "REPLICA":
        raise NotEmulated(
            f"ecs: the scheduling strategy {request['schedulingStrategy']} is not emulated."
        )


def refuse_unless_fit_for_codedeploy(request: dict[str, Any]) -> None:
    """Check what a service with the CODE_DEPLOY controller needs: one target group.

    Source: ECS API, CreateService, loadBalancers; ECS developer guide, "Registering multiple
    target groups with a service". The wording of both refusals is ours.
    """
    balancers = request.get("loadBalancers") or []
    if not balancers:
        raise InvalidParameter(
            "Services with a CODE_DEPLOY deployment controller are required to use either an "
            "Application Load Balancer or a Network Load Balancer."
        )
    if len(balancers) > 1:
        raise InvalidParameter(
            "Multiple target groups are not supported on services with a CODE_DEPLOY deployment "
            "controller."
        )


def refuse_change(current: str, request: dict[str, Any]) -> None:
    """Check an UpdateService of a service whose deployment controller is `current`."""
    wanted = controller({"deploymentController": {"type": current}, **request})
    if wanted != current:
        raise NotEmulated(
            f"ecs: a change of the deployment controller from {current} to {wanted} is not "
            "emulated; create another service."
        )
    if current == "ECS":
        return
    for member, refusal in _CODEDEPLOYS.items():
        if request.get(member, False) is not False:
            raise InvalidParameter(
                f"{refusal} on services with a {current} deployment controller. "
                "Use AWS CodeDeploy to trigger a new deployment."
            )


def _refuse_circuit_breaker(given: dict[str, Any]) -> None:
    """Source: ECS API, DeploymentCircuitBreaker: for the rolling update only. Our wording."""
    if (given.get("deploymentCircuitBreaker") or {}).get("enable"):
        raise InvalidParameter(
            "The deployment circuit breaker is not supported on services with a CODE_DEPLOY "
            "deployment controller."
        )


def refuse_network(
    request: dict[str, Any], definition: TaskDefinition, kind: str, account: str, region: str
) -> None:
    """Check launch type, network mode, subnets and security groups against each other."""
    if kind == "FARGATE" and "FARGATE" not in definition.compatibilities:
        raise InvalidParameter("Task definition does not support launch_type FARGATE.")
    network = (request.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if definition.network_mode == "awsvpc" and not network:
        raise InvalidParameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    if definition.network_mode != "awsvpc" and network:
        raise InvalidParameter(
            "Network Configuration is not valid for the given networkMode of this task definition."
        )
    if network:
        _refuse_unknown_network(network, account, region)


def _refuse_unknown_network(network: dict[str, Any], account: str, region: str) -> None:
    if not network.get("subnets"):
        raise InvalidParameter("subnets can not be empty.")
    ec2 = registration.backend("ec2", account, region)
    for subnet in network["subnets"]:
        try:
            ec2.get_subnet(subnet)
        except InvalidSubnetIdError as error:
            raise InvalidParameter(
                f"Error retrieving subnet information for [{subnet}]: {error.message} "
                "(ErrorCode: InvalidSubnetID.NotFound)"
            ) from error
    groups = network.get("securityGroups") or []
    try:
        ec2.describe_security_groups(group_ids=groups or None)
    except InvalidSecurityGroupNotFoundError as error:
        raise InvalidParameter(
            f"Error retrieving security group information for [{', '.join(groups)}]: "
            f"{error.message} (ErrorCode: InvalidGroup.NotFound)"
        ) from error


def refuse_load_balancers(
    request: dict[str, Any],
    definition: TaskDefinition,
    account: str,
    region: str,
    is_task_set: bool = False,
) -> None:
    """Check that each target group exists behind a load balancer, and each container and port.

    A task set may have a group that no listener knows yet: CodeDeploy puts it behind the listener
    when it shifts traffic. Source: "Tutorial: Creating a service using a blue/green deployment" in
    the ECS developer guide, whose listener forwards to the first group only.
    """
    balancers = request.get("loadBalancers") or []
    if not balancers:
        if request.get("healthCheckGracePeriodSeconds"):
            raise InvalidParameter(
                "Health check grace period is only valid for services configured to use load "
                "balancers"
            )
        return
    for balancer in balancers:
        group = _existing_target_group(balancer, definition, account, region)
        if not group.load_balancer_arns and not is_task_set:
            raise InvalidParameter(
                f"The target group with targetGroupArn {group.arn} does not have an associated "
                "load balancer."
            )
        _refuse_container_port(balancer, definition)


def _existing_target_group(
    balancer: dict[str, Any], definition: TaskDefinition, account: str, region: str
) -> Any:
    arn = balancer.get("targetGroupArn")
    if not arn:
        raise NotEmulated("ecs: a service behind a Classic Load Balancer is not emulated.")
    group = registration.backend("elbv2", account, region).target_groups.get(arn)
    if group is None:
        raise InvalidParameter(f"The specified target group does not exist: {arn}")
    if definition.network_mode == "awsvpc" and group.target_type != "ip":
        raise InvalidParameter(
            f"The provided target group {arn} has target type {group.target_type}, which is "
            "incompatible with the awsvpc network mode specified in the task definition."
        )
    return group


def _refuse_container_port(balancer: dict[str, Any], definition: TaskDefinition) -> None:
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    containers = {entry["name"]: entry for entry in definition.container_definitions}
    if name not in containers:
        raise InvalidParameter(f"The container {name} does not exist in the task definition.")
    ports = {mapping.get("containerPort") for mapping in containers[name]["portMappings"]}
    if port not in ports:
        raise InvalidParameter(
            f"The container {name} did not have a container port {port} defined."
        )


def number_from(reference: str) -> tuple[str, int | None]:
    """Split `family:revision`, an ARN of it, or a family alone."""
    family, _, revision = reference.split("/")[-1].partition(":")
    if not revision:
        return family, None
    if not revision.isdigit():
        raise ClientError(f"Invalid revision number. Number: {revision}")
    return family, int(revision)
