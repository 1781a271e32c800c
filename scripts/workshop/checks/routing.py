"""The rules that bring requests to production's slots: its users' port, and the test port.

Both must point at the slot of the primary task set when nothing is under way: CodeDeploy begins no
deployment otherwise.
"""

from typing import Any

from workshop.checks.model import Finding, could_not_look, failed, not_yet, passed
from workshop.checks.view import PRODUCTION, View

PATH = "/hello/*"


def look_at_routing(view: View) -> Finding:
    """Judge production's rule: all of `/hello/*` to the slot of the primary task set."""
    remedy = "Run `workshop lab 2 --to 2.1`, which puts it right."
    return _judge(view, view.production_rule(), view.production.rule_arn, remedy)


def look_at_test_routing(view: View) -> Finding:
    """Judge the test port's rule: as production's, unless a deployment shows a version there."""
    rule, running = view.test_rule(), view.running_deployment()
    shown = _only_slot(view, rule) if rule is not None and running is not None else ""
    if running is not None and shown:
        return passed(f"`{PATH}` goes to slot `{shown}` while {running.id} is under way")
    remedy = "Run `workshop lab 3 --to 3.1`, which puts it right."
    return _judge(view, view.test_rule(), view.canary.test_listener.rule_arn, remedy)


def _only_slot(view: View, rule: dict[str, Any]) -> str:
    """Return the slot that has all of a rule's traffic, or '' where there is no such one."""
    full = [slot for slot, weight in view.weights_of(rule).items() if weight == 100]
    return full[0] if len(full) == 1 and full[0] in view.service(PRODUCTION).target_groups else ""


def _judge(view: View, rule: dict[str, Any] | None, arn: str, remedy: str) -> Finding:
    """Judge a rule as it is now; `arn` is the one that Terraform made."""
    if rule is None:
        return failed(
            f"the listener has no rule for `{PATH}`",
            cause="It was deleted outside Terraform.",
            remedy=remedy,
        )
    paths = _paths(rule)
    if PATH not in paths:
        return failed(
            f"the rule is for {', '.join(paths) or 'no path'}, not for `{PATH}`",
            cause="It was changed outside Terraform.",
            remedy=remedy,
        )
    record = view.service_record(PRODUCTION)
    primary = view.primary_task_set(record) if record else None
    if primary is None:
        return could_not_look("production has no task set that traffic could belong to")
    return _weights(view, rule, arn, view.slot_of(primary))


def _paths(rule: dict[str, Any]) -> list[str]:
    return [
        path
        for condition in rule["Conditions"]
        if condition["Field"] == "path-pattern"
        for path in condition.get("PathPatternConfig", condition).get("Values", [])
    ]


def _weights(view: View, rule: dict[str, Any], arn: str, live: str) -> Finding:
    weights = view.weights_of(rule)
    shown = ", ".join(f"{slot} {weight}" for slot, weight in sorted(weights.items()))
    slots = set(view.service(PRODUCTION).target_groups)
    if weights.keys() == slots and weights[live] == 100 and sum(weights.values()) == 100:
        return passed(f"`{PATH}` goes to slot `{live}` ({shown})")
    running = view.running_deployment()
    if running is not None:
        return not_yet(f"deployment {running.id} moves the traffic ({shown})")
    groups = view.service(PRODUCTION).target_groups
    forward = ",".join(
        f"{{TargetGroupArn={group},Weight={100 if slot == live else 0}}}"
        for slot, group in sorted(groups.items())
    )
    return failed(
        f"`{PATH}` is forwarded by {shown or 'no weights'}; "
        f"slot `{live}` holds the primary task set",
        cause="The rule was changed past CodeDeploy, or a deployment ended without a rollback.",
        remedy=f"Run `aws elbv2 modify-rule --rule-arn {arn} --actions "
        f"'Type=forward,ForwardConfig={{TargetGroups=[{forward}]}}'`.",
    )
