"""How each effect of a deployment is carried out; hold the runtime's lock."""

from contextlib import suppress
from typing import Any

from moto.core.exceptions import ServiceException

from emulator.control_plane import registration
from emulator.control_plane.ecs.exceptions import TaskSetNotFound
from emulator.data_plane.deployment_runner.observing import service_of
from emulator.engines.deployment.events import (
    CreateTaskSet,
    DeleteTaskSet,
    EffectCarriedOut,
    EffectFailed,
    MakePrimary,
    SetTraffic,
)
from emulator.engines.deployment.model import Deployment, ErrorCode, Plan, Route

CODE_DEPLOY = "CODE_DEPLOY"

OF_THE_PRIMARY = (
    "capacityProviderStrategy",
    "launchType",
    "networkConfiguration",
    "platformVersion",
    "serviceRegistries",
)
"""What the replacement has like the primary task set, where the AppSpec says nothing of it.

Source: "AppSpec 'resources' section for Amazon ECS deployments" in the CodeDeploy user guide.
"""

Awaited = CreateTaskSet | SetTraffic | MakePrimary | DeleteTaskSet


class Effects:
    """What deployments change in one account and region."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def carry_out(self, deployment: Deployment, effect: Awaited) -> EffectCarriedOut | EffectFailed:
        """Change what the effect says, and report what became of it."""
        if isinstance(effect, SetTraffic):
            return self._set_traffic(deployment.plan, effect)
        try:
            return self._change_service(deployment, effect)
        except ServiceException as error:
            return EffectFailed(ErrorCode.ECS_UPDATE_ERROR, _update_error(error))

    def _change_service(
        self, deployment: Deployment, effect: CreateTaskSet | MakePrimary | DeleteTaskSet
    ) -> EffectCarriedOut:
        ecs = registration.backend("ecs", self._account_id, self._region)
        plan = deployment.plan
        if isinstance(effect, CreateTaskSet):
            made = ecs.create_task_set(self._request(deployment, effect), started_by=CODE_DEPLOY)
            return EffectCarriedOut(task_set_id=made.id)
        if isinstance(effect, MakePrimary):
            ecs.update_service_primary_task_set(plan.cluster, plan.service, effect.task_set_id)
            return EffectCarriedOut()
        with suppress(TaskSetNotFound):  # somebody else deleted it: it is as it should be
            ecs.delete_task_set(plan.cluster, plan.service, effect.task_set_id, force=True)
        return EffectCarriedOut()

    def _request(self, deployment: Deployment, effect: CreateTaskSet) -> dict[str, Any]:
        """Return the botocore shape CreateTaskSetRequest of a replacement."""
        plan = deployment.plan
        return {
            **self._settings(plan),
            "cluster": plan.cluster,
            "service": plan.service,
            "taskDefinition": plan.task_definition,
            "externalId": deployment.id,
            "clientToken": deployment.id,
            "scale": {"value": 100.0, "unit": "PERCENT"},
            "loadBalancers": [
                {
                    "targetGroupArn": self._group_arns()[effect.target_group],
                    "containerName": plan.container_name,
                    "containerPort": plan.container_port,
                }
            ],
        }

    def _settings(self, plan: Plan) -> dict[str, Any]:
        service = service_of(plan, self._account_id, self._region)
        primary = service and next((s for s in service.task_sets if s.status == "PRIMARY"), None)
        known = primary.settings if primary else {}
        settings = {name: known[name] for name in OF_THE_PRIMARY if known.get(name)}
        if plan.platform_version:
            settings["platformVersion"] = plan.platform_version
        if plan.network_configuration:
            settings["networkConfiguration"] = dict(plan.network_configuration)
        if plan.capacity_provider_strategy:
            settings["capacityProviderStrategy"] = [
                dict(p) for p in plan.capacity_provider_strategy
            ]
        if settings.get("capacityProviderStrategy"):
            settings.pop("launchType", None)  # AWS takes one of them
        return settings

    def _set_traffic(self, plan: Plan, effect: SetTraffic) -> EffectCarriedOut | EffectFailed:
        is_test = effect.route is Route.TEST
        listeners = plan.test_listeners if is_test else plan.production_listeners
        arns = self._group_arns()
        gone = [name for name in effect.weights if name not in arns]
        if gone:
            return _elb_failed(f"One or more target groups not found: {', '.join(gone)}")
        weights = {arns[name]: weight for name, weight in effect.weights.items()}
        elbv2 = registration.backend("elbv2", self._account_id, self._region)
        for listener in listeners:
            if not elbv2.forwarded_weights(listener, weights):
                pair = " nor to ".join(effect.weights)
                return _elb_failed(f"The listener {listener} forwards neither to {pair}")
        elbv2.set_weights(listeners, weights)
        return EffectCarriedOut()

    def _group_arns(self) -> dict[str, str]:
        elbv2 = registration.backend("elbv2", self._account_id, self._region)
        arns: dict[str, str] = elbv2.group_arns_by_name()
        return arns


def _update_error(error: ServiceException) -> str:
    """AWS's wording, as reported publicly."""
    return (
        f"The ECS service cannot be updated due to an unexpected error: {error.message} "
        f"(Service: AmazonECS; Status Code: 400; Error Code: {error.code})"
    )


def _elb_failed(what: str) -> EffectFailed:
    return EffectFailed(
        ErrorCode.ELASTIC_LOAD_BALANCING_INVALID,
        f"The ELB could not be updated due to the following error: {what}",
    )
