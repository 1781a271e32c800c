"""What a deployment reads off its service and its routes: whether it can go on, and how far it is.

Wordings marked AWS's are as its documentation or public reports give them; the others are ours.
Source: "Troubleshoot Amazon ECS deployment issues" in the CodeDeploy user guide.
"""

from collections.abc import Iterable
from dataclasses import replace

from emulator.engines.deployment.events import ListenerSeen, Observed, TaskSetSeen
from emulator.engines.deployment.model import (
    Deployment,
    ErrorCode,
    ErrorInformation,
    Kind,
    Label,
    Phase,
    Plan,
    TaskSetState,
)

STEADY = "STEADY_STATE"


def broken(deployment: Deployment, seen: Observed) -> ErrorInformation | None:
    """Return why a deployment cannot go on with what is there now, or None."""
    plan = deployment.plan
    if seen.task_sets is None:
        return _error(
            ErrorCode.INVALID_ECS_SERVICE,
            f"The ECS service {plan.service} in the cluster {plan.cluster} does not exist or is "
            "not ACTIVE.",
        )
    if deployment.phase is Phase.TERMINATING:
        return None
    return _broken_routes(plan, seen) or _lost_task_set(deployment, seen.task_sets)


def _broken_routes(plan: Plan, seen: Observed) -> ErrorInformation | None:
    if seen.missing_groups:
        names = ", ".join(seen.missing_groups)
        return _elb_error(f"One or more target groups not found: {names}")
    if seen.missing_listeners:
        names = ", ".join(seen.missing_listeners)
        return _elb_error(f"One or more listeners not found: {names}")
    for listener in seen.listeners:
        if not listener.rules:
            pair = " nor to ".join(plan.target_groups)
            return _elb_error(f"The listener {listener.arn} forwards neither to {pair}")
    return None


def _lost_task_set(
    deployment: Deployment, task_sets: Iterable[TaskSetSeen]
) -> ErrorInformation | None:
    """Tell of the task set that traffic is to come to: it went away behind CodeDeploy's back."""
    incoming = deployment.incoming
    alive = {each.id for each in task_sets if each.status != "DRAINING"}
    if incoming is None or incoming.id in alive:
        return None
    what = "original" if deployment.plan.kind is Kind.ROLLBACK else "replacement"
    return _error(
        ErrorCode.ECS_UPDATE_ERROR,
        f"The {what} task set {incoming.id} of the ECS service {deployment.plan.service} does not "
        "exist any more.",
    )


def unfit(plan: Plan, seen: Observed) -> ErrorInformation | None:
    """Return why a deployment cannot begin, or None."""
    alive = _alive(seen)
    primary = _primary(seen)
    if primary is None:
        return _service_error(plan, "has no PRIMARY task set to deploy over.")
    others = [each.id for each in alive if each is not primary]
    if others:
        return _service_error(
            plan,
            f"has {len(alive)} task sets; a deployment needs the PRIMARY one ({primary.id}) to be "
            f"the only one. An earlier deployment left {', '.join(others)}: delete it with "
            "DeleteTaskSet.",
        )
    if primary.target_group not in plan.target_groups:
        return _service_error(
            plan,
            f"has its PRIMARY task set behind the target group {primary.target_group}, which is "
            f"not in the deployment group's pair: {', '.join(plan.target_groups)}.",
        )
    for listener in seen.listeners:
        if not all(rule.get(primary.target_group, 0) > 0 for rule in listener.rules):
            return _behind_no_listener(listener)
    return None


def original(seen: Observed) -> TaskSetState:
    """Return the task set that serves when a deployment begins; `unfit` has found it."""
    primary = _primary(seen)
    assert primary is not None and primary.target_group is not None, seen  # noqa: S101, PT018
    state = TaskSetState(primary.id, primary.target_group, 100, Label.BLUE)
    return _as_seen(state, {primary.id: primary})


def refreshed(deployment: Deployment, seen: Observed) -> Deployment:
    """Return the deployment with its task sets as they are now."""
    found = {each.id: each for each in seen.task_sets or ()}
    return replace(
        deployment,
        original=deployment.original and _as_seen(deployment.original, found),
        replacement=deployment.replacement and _as_seen(deployment.replacement, found),
    )


def _as_seen(state: TaskSetState, found: dict[str, TaskSetSeen]) -> TaskSetState:
    now = found.get(state.id)
    if now is None:
        return replace(state, is_gone=True, pending_count=0, running_count=0)
    return replace(
        state,
        status=now.status,
        stability=now.stability,
        desired_count=now.desired_count,
        pending_count=now.pending_count,
        running_count=now.running_count,
    )


def _alive(seen: Observed) -> list[TaskSetSeen]:
    return [each for each in seen.task_sets or () if each.status != "DRAINING"]


def _primary(seen: Observed) -> TaskSetSeen | None:
    return next((each for each in seen.task_sets or () if each.status == "PRIMARY"), None)


def _behind_no_listener(listener: ListenerSeen) -> ErrorInformation:
    """AWS's wording."""
    return _elb_error(f"Primary taskset target group must be behind listener {listener.arn}")


def _elb_error(what: str) -> ErrorInformation:
    """AWS's wording, but for what follows the colon."""
    return _error(
        ErrorCode.ELASTIC_LOAD_BALANCING_INVALID,
        f"The ELB could not be updated due to the following error: {what}",
    )


def _service_error(plan: Plan, what: str) -> ErrorInformation:
    return _error(
        ErrorCode.INVALID_ECS_SERVICE,
        f"The ECS service {plan.service} in the cluster {plan.cluster} {what}",
    )


def _error(code: ErrorCode, message: str) -> ErrorInformation:
    return ErrorInformation(code, message)
