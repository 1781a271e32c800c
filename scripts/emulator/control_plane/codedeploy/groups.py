"""Deployment groups: which service, target groups and listeners, and how a deployment behaves.

Source: botocore's model of CreateDeploymentGroup. Messages that begin "For ECS deployment" are
AWS's, as callers of it published them.
"""

from dataclasses import dataclass, field
from typing import Any

from emulator import ids
from emulator.control_plane.base import NotEmulated
from emulator.control_plane.codedeploy import alarms
from emulator.control_plane.codedeploy.exceptions import (
    InvalidAutoRollbackConfigException,
    InvalidAutoScalingGroupException,
    InvalidBlueGreenDeploymentConfigurationException,
    InvalidDeploymentStyleException,
    InvalidEC2TagException,
    InvalidECSServiceException,
    InvalidInputException,
    InvalidLoadBalancerInfoException,
    InvalidRoleException,
    InvalidTagException,
    InvalidTargetGroupPairException,
    RoleRequiredException,
)
from emulator.control_plane.codedeploy.neighbours import Neighbours
from emulator.engines.deployment.model import ReadyAction, RollbackEvent, TerminationAction

Json = dict[str, Any]

_LONGEST_WAIT_MIN = 2880
_KEPT = (
    "alarmConfiguration",
    "autoRollbackConfiguration",
    "blueGreenDeploymentConfiguration",
    "deploymentConfigName",
    "deploymentStyle",
    "ecsServices",
    "loadBalancerInfo",
    "outdatedInstancesStrategy",
    "serviceRoleArn",
    "terminationHookEnabled",
)
_NOT_FOR_ECS = {
    "autoScalingGroups": InvalidAutoScalingGroupException,
    "ec2TagFilters": InvalidEC2TagException,
    "ec2TagSet": InvalidEC2TagException,
    "onPremisesInstanceTagFilters": InvalidTagException,
    "onPremisesTagSet": InvalidTagException,
}


@dataclass
class DeploymentGroup:
    """One group; `settings` holds what it was given, in the shapes of CreateDeploymentGroup."""

    application_name: str
    name: str
    settings: Json
    id: str = field(default_factory=ids.new_uuid)

    @property
    def service(self) -> tuple[str, str]:
        """Return the names of the cluster and the service."""
        return _service(self.settings)

    @property
    def target_groups(self) -> tuple[str, str]:
        """Return the pair's names, in the order given."""
        first, second = self.pair["targetGroups"]
        return first["name"], second["name"]

    @property
    def pair(self) -> Json:
        """Source: botocore shape TargetGroupPairInfo."""
        found: Json = self.settings["loadBalancerInfo"]["targetGroupPairInfoList"][0]
        return found

    @property
    def config_name(self) -> str:
        return str(self.settings["deploymentConfigName"])


def settings_of(request: Json, kept: Json | None = None) -> Json:
    """Return what a group is set to after a request, with `kept` where it says nothing.

    Raises: NotEmulated for what nobody has written, AWS's error for what ECS has no use for.
    """
    _refuse_not_emulated(request)
    _refuse_of_other_platforms(request)
    given = {name: request[name] for name in _KEPT if request.get(name) is not None}
    return {"outdatedInstancesStrategy": "UPDATE", **(kept or {}), **given}


def refuse_invalid(settings: Json, neighbours: Neighbours) -> None:
    """Raise AWS's error if a group for ECS may not be set so."""
    _refuse_role(settings.get("serviceRoleArn"), neighbours)
    _refuse_style(settings.get("deploymentStyle"))
    refuse_auto_rollback(settings.get("autoRollbackConfiguration"))
    alarms.refuse_invalid(settings.get("alarmConfiguration"))
    _refuse_blue_green(settings.get("blueGreenDeploymentConfiguration"))
    _refuse_load_balancer(settings.get("loadBalancerInfo"), neighbours)
    _refuse_service(settings.get("ecsServices"), neighbours)
    if settings["outdatedInstancesStrategy"] not in {"UPDATE", "IGNORE"}:
        raise InvalidInputException(
            "outdatedInstancesStrategy is UPDATE or IGNORE; got "
            f"`{settings['outdatedInstancesStrategy']}`."
        )


def refuse_auto_rollback(configuration: Json | None) -> None:
    if not configuration:
        return
    events = configuration.get("events") or []
    unknown = [event for event in events if event not in list(RollbackEvent)]
    if unknown:
        raise InvalidAutoRollbackConfigException(
            f"The event `{unknown[0]}` is none of {', '.join(RollbackEvent)}."
        )
    if configuration.get("enabled") and not events:
        raise InvalidAutoRollbackConfigException(
            "Automatic rollback is enabled, but no events are specified."
        )


def _refuse_not_emulated(request: Json) -> None:
    if request.get("triggerConfigurations"):
        raise NotEmulated(
            "Triggers of a deployment group (triggerConfigurations) are not emulated."
        )


def _refuse_of_other_platforms(request: Json) -> None:
    for name, error in _NOT_FOR_ECS.items():
        if request.get(name):
            raise error(f"For ECS deployment group, {name} can not be specified")
    if request.get("terminationHookEnabled"):
        raise InvalidInputException(
            "For ECS deployment group, terminationHookEnabled can not be specified"
        )


def _refuse_role(arn: str | None, neighbours: Neighbours) -> None:
    if not arn:
        raise RoleRequiredException("A service role ARN is required.")
    if not neighbours.may_assume(arn):
        raise InvalidRoleException(
            f"AWS CodeDeploy does not have the permissions required to assume the role {arn}."
        )


def _refuse_style(style: Json | None) -> None:
    if style != {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}:
        raise InvalidDeploymentStyleException(
            "For ECS deployment, the deployment type must be BLUE_GREEN, and deployment option "
            "must be WITH_TRAFFIC_CONTROL."
        )


def _refuse_blue_green(configuration: Json | None) -> None:
    if not configuration:
        raise InvalidBlueGreenDeploymentConfigurationException(
            "For ECS deployment group, blueGreenDeploymentConfiguration must be specified"
        )
    if configuration.get("greenFleetProvisioningOption"):
        raise InvalidBlueGreenDeploymentConfigurationException(
            "For ECS deployment group, greenFleetProvisioningOption can not be specified"
        )
    _refuse_option(
        configuration,
        ("deploymentReadyOption", "actionOnTimeout", "waitTimeInMinutes"),
        list(ReadyAction),
    )
    _refuse_timeout_of_nothing(configuration["deploymentReadyOption"])
    _refuse_option(
        configuration,
        ("terminateBlueInstancesOnDeploymentSuccess", "action", "terminationWaitTimeInMinutes"),
        list(TerminationAction),
    )


def _refuse_timeout_of_nothing(ready: Json) -> None:
    """AWS's wording, as reported in hashicorp/terraform-provider-aws #9653."""
    if ready["actionOnTimeout"] == ReadyAction.CONTINUE_DEPLOYMENT and ready.get(
        "waitTimeInMinutes"
    ):
        raise InvalidBlueGreenDeploymentConfigurationException(
            "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is "
            "specified"
        )


def _refuse_option(configuration: Json, names: tuple[str, str, str], actions: list[str]) -> None:
    member, action, minutes = names
    option = configuration.get(member)
    if not option:
        raise InvalidBlueGreenDeploymentConfigurationException(
            f"For ECS deployment group, {member} must be specified"
        )
    if option.get(action) not in actions:
        raise InvalidBlueGreenDeploymentConfigurationException(
            f"{member}.{action} must be {' or '.join(actions)}; got `{option.get(action)}`."
        )
    if not 0 <= (option.get(minutes) or 0) <= _LONGEST_WAIT_MIN:
        raise InvalidBlueGreenDeploymentConfigurationException(
            f"{member}.{minutes} must be between 0 and {_LONGEST_WAIT_MIN}; got {option[minutes]}."
        )


def _refuse_load_balancer(info: Json | None, neighbours: Neighbours) -> None:
    if not info:
        raise InvalidLoadBalancerInfoException(
            "For ECS deployment group, loadBalancerInfo must be specified"
        )
    for other in ("elbInfo", "targetGroupInfo"):
        if info.get(f"{other}List"):
            raise InvalidLoadBalancerInfoException(
                f"For ECS deployment group, loadBalancerInfo must not contain {other} list"
            )
    pairs = info.get("targetGroupPairInfoList") or []
    if len(pairs) != 1:
        raise InvalidTargetGroupPairException(
            f"For ECS deployment group, one target group pair is required; got {len(pairs)}."
        )
    _refuse_groups(pairs[0].get("targetGroups") or [], neighbours)
    _refuse_route("prodTrafficRoute", pairs[0].get("prodTrafficRoute"), neighbours)
    if pairs[0].get("testTrafficRoute"):
        _refuse_route("testTrafficRoute", pairs[0]["testTrafficRoute"], neighbours)
        _refuse_same_listener(pairs[0])


def _refuse_groups(groups: list[Json], neighbours: Neighbours) -> None:
    names = [group.get("name") for group in groups]
    if len(set(names)) != 2 or len(names) != 2:
        raise InvalidTargetGroupPairException(
            "A target group pair has exactly two target groups, which differ; got "
            f"{', '.join(map(str, names)) or 'none'}."
        )
    for name in names:
        if name not in neighbours.target_group_names():
            raise InvalidTargetGroupPairException(f"The target group `{name}` does not exist.")


def _refuse_route(name: str, route: Json | None, neighbours: Neighbours) -> None:
    arns = (route or {}).get("listenerArns") or []
    if len(arns) != 1:
        raise InvalidTargetGroupPairException(
            f"{name} must name exactly one listener in listenerArns; got {len(arns)}."
        )
    if arns[0] not in neighbours.listener_arns():
        raise InvalidTargetGroupPairException(f"The listener `{arns[0]}` of {name} does not exist.")


def _refuse_same_listener(pair: Json) -> None:
    if pair["testTrafficRoute"]["listenerArns"] == pair["prodTrafficRoute"]["listenerArns"]:
        raise InvalidTargetGroupPairException(
            "prodTrafficRoute and testTrafficRoute must name different listeners."
        )


def _service(settings: Json) -> tuple[str, str]:
    given = settings["ecsServices"][0]
    cluster = (given.get("clusterName") or "default").rpartition("/")[2]
    return cluster, given["serviceName"].rpartition("/")[2]


def _refuse_service(services: list[Json] | None, neighbours: Neighbours) -> None:
    if len(services or []) != 1 or not (services or [{}])[0].get("serviceName"):
        raise InvalidECSServiceException(
            "For ECS deployment group, exactly one ECS service must be specified"
        )
    cluster, name = _service({"ecsServices": services})
    found = neighbours.ecs_service(cluster, name)
    if found is None:
        raise InvalidECSServiceException(
            f"Could not load ECS service information for cluster: {cluster}, service: {name}. "
            "Cause: the service does not exist or is not ACTIVE."
        )
    controller = (found.settings.get("deploymentController") or {}).get("type")
    if controller != "CODE_DEPLOY":
        raise InvalidECSServiceException(
            "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment "
            "controller."
        )
