"""Deployment configurations: how production traffic moves.

Source: "Working with deployment configurations in CodeDeploy" and "CodeDeploy quotas" in the user
guide: a canary or linear deployment may take 2,880 minutes, an account may have 25 configurations
of its own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator import ids
from emulator.control_plane.base import NotEmulated
from emulator.control_plane.codedeploy.exceptions import (
    InvalidComputePlatformException,
    InvalidMinimumHealthyHostValueException,
    InvalidTrafficRoutingConfigurationException,
    InvalidZonalDeploymentConfigurationException,
)
from emulator.engines.deployment.model import Strategy, StrategyType

Json = dict[str, Any]

CUSTOM_LIMIT = 25
PLATFORMS = ("Server", "Lambda", "ECS")
_LONGEST_MIN = 2880
_PREFIX = "CodeDeployDefault."
_FOR_SERVER = ("AllAtOnce", "HalfAtATime", "OneAtATime")
_MEMBERS = {
    StrategyType.CANARY: ("timeBasedCanary", "canaryPercentage", "canaryInterval"),
    StrategyType.LINEAR: ("timeBasedLinear", "linearPercentage", "linearInterval"),
}


@dataclass(frozen=True)
class DeploymentConfig:
    name: str
    strategy: Strategy
    id: str
    created_at: datetime

    @property
    def is_predefined(self) -> bool:
        return self.name.startswith(_PREFIX)

    def describe(self) -> Json:
        """Source: botocore shape DeploymentConfigInfo."""
        return {
            "deploymentConfigId": self.id,
            "deploymentConfigName": self.name,
            "createTime": self.created_at,
            "computePlatform": "ECS",
            "trafficRoutingConfig": _routing(self.strategy),
        }


def predefined() -> dict[str, DeploymentConfig]:
    """Return AWS's own configurations for ECS by name."""
    strategies = {
        "ECSAllAtOnce": Strategy(),
        "ECSCanary10Percent5Minutes": Strategy(StrategyType.CANARY, 10, 5),
        "ECSCanary10Percent15Minutes": Strategy(StrategyType.CANARY, 10, 15),
        "ECSLinear10PercentEvery1Minutes": Strategy(StrategyType.LINEAR, 10, 1),
        "ECSLinear10PercentEvery3Minutes": Strategy(StrategyType.LINEAR, 10, 3),
    }
    since = datetime(2020, 2, 6, tzinfo=UTC)  # when ECS's canary and linear shifting came
    return {
        _PREFIX + name: DeploymentConfig(
            _PREFIX + name, strategy, f"00000000-0000-0000-0000-{number:012d}", since
        )
        for number, (name, strategy) in enumerate(strategies.items(), start=1)
    }


def refuse_other_platforms(name: str) -> None:
    """Raise NotEmulated for a configuration of AWS's own that is not for ECS."""
    own = name.removeprefix(_PREFIX)
    if own != name and (own in _FOR_SERVER or own.startswith("Lambda")):
        raise NotEmulated(f"The deployment configuration {name} is not emulated: ECS only.")


DEFAULT = _PREFIX + "ECSAllAtOnce"


def new_config(name: str, request: Json, now: datetime) -> DeploymentConfig:
    """Read CreateDeploymentConfig. Raises AWS's error for what ECS does not allow."""
    platform = request.get("computePlatform") or "Server"
    if platform not in PLATFORMS:
        raise InvalidComputePlatformException(
            f"The compute platform `{platform}` is none of {', '.join(PLATFORMS)}."
        )
    if platform != "ECS":
        raise NotEmulated(f"Deployment configurations for {platform} are not emulated: ECS only.")
    if request.get("minimumHealthyHosts"):
        raise InvalidMinimumHealthyHostValueException(
            "For ECS deployment configuration, minimumHealthyHosts can not be specified"
        )
    if request.get("zonalConfig"):
        raise InvalidZonalDeploymentConfigurationException(
            "For ECS deployment configuration, zonalConfig can not be specified"
        )
    return DeploymentConfig(
        name, _strategy(request.get("trafficRoutingConfig")), ids.new_uuid(), now
    )


def _strategy(routing: Json | None) -> Strategy:
    if not routing:
        raise InvalidTrafficRoutingConfigurationException(
            "For ECS deployment configuration, trafficRoutingConfig must be specified"
        )
    kind = routing.get("type")
    if kind not in list(StrategyType):
        raise InvalidTrafficRoutingConfigurationException(
            f"The traffic routing type `{kind}` is none of {', '.join(StrategyType)}."
        )
    found = StrategyType(kind)
    _refuse_members_of_others(routing, found)
    if found is StrategyType.ALL_AT_ONCE:
        return Strategy()
    member, percentage, interval = _MEMBERS[found]
    given = routing.get(member) or {}
    strategy = Strategy(
        found,
        _within(given, percentage, 99),
        _within(given, interval, _LONGEST_MIN),
    )
    _refuse_too_long(strategy)
    return strategy


def _refuse_members_of_others(routing: Json, kind: StrategyType) -> None:
    for other, (member, _, _) in _MEMBERS.items():
        if other is not kind and routing.get(member):
            raise InvalidTrafficRoutingConfigurationException(
                f"A configuration of type {kind} can not specify {member}"
            )


def _within(given: Json, name: str, highest: int) -> int:
    value = given.get(name)
    if not isinstance(value, int) or not 1 <= value <= highest:
        raise InvalidTrafficRoutingConfigurationException(
            f"{name} must be between 1 and {highest}; got {value}."
        )
    return value


def _refuse_too_long(strategy: Strategy) -> None:
    total = (len(strategy.steps) - 1) * strategy.interval_min
    if total > _LONGEST_MIN:
        raise InvalidTrafficRoutingConfigurationException(
            f"From the first to the last shift the traffic would take {total} minutes; "
            f"at most {_LONGEST_MIN} are allowed."
        )


def _routing(strategy: Strategy) -> Json:
    if strategy.type is StrategyType.ALL_AT_ONCE:
        return {"type": strategy.type.value}
    member, percentage, interval = _MEMBERS[strategy.type]
    return {
        "type": strategy.type.value,
        member: {percentage: strategy.percent, interval: strategy.interval_min},
    }
