"""What a deployment sees of its service, its routes and its alarms; hold the runtime's lock."""

from typing import Any

from emulator.control_plane import registration
from emulator.control_plane.base import AwsError
from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.task_sets import TaskSet
from emulator.engines.deployment.events import AlarmSeen, ListenerSeen, Observed, TaskSetSeen
from emulator.engines.deployment.model import Plan


def observe(plan: Plan, account_id: str, region: str) -> Observed:
    """Look at everything that a plan names."""
    elbv2 = registration.backend("elbv2", account_id, region)
    service = service_of(plan, account_id, region)
    arns = elbv2.group_arns_by_name()
    names = {arns[name]: name for name in plan.target_groups if name in arns}
    listeners = {
        arn: elbv2.forwarded_weights(arn, names)
        for arn in (*plan.production_listeners, *plan.test_listeners)
    }
    return Observed(
        task_sets=None if service is None else tuple(_seen(each) for each in service.task_sets),
        listeners=tuple(
            ListenerSeen(arn, _by_name(rules, names))
            for arn, rules in listeners.items()
            if rules is not None
        ),
        missing_groups=tuple(name for name in plan.target_groups if name not in arns),
        missing_listeners=tuple(arn for arn, rules in listeners.items() if rules is None),
        alarms=_alarms(plan, account_id, region),
    )


def _alarms(plan: Plan, account_id: str, region: str) -> tuple[AlarmSeen, ...]:
    if not plan.alarms:
        return ()
    known: dict[str, Any] = registration.backend("cloudwatch", account_id, region).alarms
    return tuple(
        AlarmSeen(name, str(known[name].state_value) if name in known else None)
        for name in plan.alarms
    )


def service_of(plan: Plan, account_id: str, region: str) -> Service | None:
    """Return a plan's service, or None if there is no ACTIVE one."""
    ecs: Any = registration.backend("ecs", account_id, region)
    try:
        service: Service = ecs.existing_service(plan.cluster, plan.service)
    except AwsError:
        return None
    return service if service.status == "ACTIVE" else None


def _seen(task_set: TaskSet) -> TaskSetSeen:
    return TaskSetSeen(
        id=task_set.id,
        status=str(task_set.status),
        stability=str(task_set.stability_status),
        target_group=_group_name(task_set.load_balancers),
        desired_count=task_set.computed_desired_count,
        pending_count=task_set.pending_count,
        running_count=task_set.running_count,
    )


def _group_name(load_balancers: list[dict[str, Any]]) -> str | None:
    """Read a target group's name off its ARN, which ends in `targetgroup/<name>/<id>`."""
    arns = [entry["targetGroupArn"] for entry in load_balancers if entry.get("targetGroupArn")]
    return arns[0].split("/")[1] if arns else None


def _by_name(rules: list[dict[str, int]], names: dict[str, str]) -> tuple[dict[str, int], ...]:
    return tuple({names[arn]: weight for arn, weight in rule.items()} for rule in rules)
