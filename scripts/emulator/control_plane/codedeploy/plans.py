"""The engine's plan of a deployment: the group's settings, its configuration and the AppSpec."""

from typing import Any

from emulator.control_plane.codedeploy import alarms
from emulator.control_plane.codedeploy.appspec import AppSpec
from emulator.control_plane.codedeploy.groups import DeploymentGroup
from emulator.engines.deployment.model import (
    Plan,
    ReadyAction,
    RollbackEvent,
    Strategy,
    TerminationAction,
)

Json = dict[str, Any]


def plan_of(
    group: DeploymentGroup,
    strategy: Strategy,
    appspec: AppSpec,
    auto_rollback: Json | None = None,
    alarm_configuration: Json | None = None,
) -> Plan:
    """Return what to do.

    Shape: `auto_rollback` and `alarm_configuration` as CreateDeployment has them, the deployment's
    own or its group's.
    """
    cluster, service = group.service
    blue_green = group.settings["blueGreenDeploymentConfiguration"]
    ready = blue_green["deploymentReadyOption"]
    termination = blue_green["terminateBlueInstancesOnDeploymentSuccess"]
    return Plan(
        cluster=cluster,
        service=service,
        target_groups=group.target_groups,
        production_listeners=_listeners(group.pair, "prodTrafficRoute"),
        test_listeners=_listeners(group.pair, "testTrafficRoute"),
        task_definition=appspec.task_definition,
        container_name=appspec.container_name,
        container_port=appspec.container_port,
        platform_version=appspec.platform_version,
        network_configuration=appspec.network_configuration,
        capacity_provider_strategy=appspec.capacity_provider_strategy,
        strategy=strategy,
        ready_action=ReadyAction(ready["actionOnTimeout"]),
        ready_wait_min=ready.get("waitTimeInMinutes") or 0,
        termination_action=TerminationAction(termination["action"]),
        termination_wait_min=termination.get("terminationWaitTimeInMinutes") or 0,
        rollback_events=_rollback_events(auto_rollback),
        alarms=alarms.watched(alarm_configuration),
        ignores_unknown_alarms=alarms.ignores_poll_failure(alarm_configuration),
    )


UNREADABLE = AppSpec("", "", 0)
"""Stands in the plan of a deployment whose AppSpec could not be read; it never begins."""


def _listeners(pair: Json, route: str) -> tuple[str, ...]:
    return tuple((pair.get(route) or {}).get("listenerArns") or ())


def _rollback_events(configuration: Json | None) -> frozenset[RollbackEvent]:
    if not configuration or not configuration.get("enabled"):
        return frozenset()
    return frozenset(RollbackEvent(event) for event in configuration.get("events") or ())
