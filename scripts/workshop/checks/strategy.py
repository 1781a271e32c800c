"""How lab 3 has CodeDeploy deploy: the test listener, the way of shifting, the alarms."""

from typing import Any

from workshop.checks.model import Finding, failed, passed
from workshop.checks.view import PRODUCTION, View
from workshop.deployments import listeners_for_tests, ready_wait_min

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
"""AWS's configuration of step 3.3. Source: CodeDeploy user guide, "Predefined deployment
configurations for an Amazon ECS compute platform"."""

METRIC = "HTTPCode_Target_5XX_Count"

_OUTSIDE = "It was changed outside Terraform."
_WINDOW_STEPS = ("3.1", "3.2")


def look_at_test_listener(view: View) -> Finding:
    """Judge where the group shows new versions, and whether it waits there for a person."""
    group = view.deployment_group()
    if group is None:
        return _no_group(view)
    listener = view.canary.test_listener
    name = view.codedeploy.deployment_group
    shown = list(listeners_for_tests(group))
    if shown != [listener.listener_arn]:
        return _failed(f"`{name}` shows new versions {'elsewhere' if shown else 'nowhere'}", "3.1")
    wait_min = ready_wait_min(group)
    if view.environment.step in _WINDOW_STEPS and wait_min is None:
        return _failed(f"`{name}` waits for nobody before it sends traffic on", "3.1")
    window = "" if wait_min is None else f", and waits {wait_min} minutes for a person"
    return passed(f"`{name}` shows new versions on port {listener.port}{window}")


def look_at_strategy(view: View) -> Finding:
    """Judge how the group shifts traffic: by canary at step 3.3, in equal steps from 3.4 on."""
    group = view.deployment_group()
    if group is None:
        return _no_group(view)
    name, found = view.codedeploy.deployment_group, group["deploymentConfigName"]
    if ready_wait_min(group) is not None:
        return _failed(f"`{name}` waits for a person, so that no shift begins by itself", "3.3")
    expected = view.canary.configurations.get("linear", CANARY)
    if found != expected:
        return _failed(f"`{name}` deploys by {found}, not by {expected}", view.environment.step)
    return passed(f"`{name}` deploys by {found}, and waits for nobody")


def look_at_alarms(view: View) -> Finding:
    """Judge the alarms: one a slot, on that slot's own errors, and the group stops on each."""
    group = view.deployment_group()
    if group is None:
        return _no_group(view)
    expected = view.canary.alarms
    name = view.codedeploy.deployment_group
    watched = group.get("alarmConfiguration", {})
    names = {one["name"] for one in watched.get("alarms", [])} if watched.get("enabled") else set()
    unwatched = sorted(set(expected.values()) - names)
    if unwatched or not expected:
        return _failed(f"`{name}` does not stop on {', '.join(unwatched) or 'any alarm'}", "3.4")
    records = view.alarms()
    for slot, alarm in sorted(expected.items()):
        mistake = _mistake_in_alarm(view, slot, records.get(alarm))
        if mistake:
            return _failed(f"alarm `{alarm}` {mistake}", "3.4")
    states = ", ".join(f"{one} {records[one]['StateValue']}" for one in sorted(records))
    return passed(f"`{name}` stops on 5xx of either slot ({states})")


def _mistake_in_alarm(view: View, slot: str, alarm: dict[str, Any] | None) -> str:
    """Return what is wrong with a slot's alarm, or ''."""
    if alarm is None:
        return "is gone"
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions", [])}
    group = view.service(PRODUCTION).target_groups[slot].rpartition(":")[2]
    if dimensions.get("TargetGroup") != group:
        return f"looks at {dimensions.get('TargetGroup') or 'no target group'}, not at {group}"
    if alarm.get("MetricName") != METRIC:
        return f"looks at {alarm.get('MetricName')}, not at {METRIC}"
    return ""


def _no_group(view: View) -> Finding:
    return failed(
        f"there is no deployment group `{view.codedeploy.deployment_group}`",
        cause="It was deleted outside Terraform.",
        remedy="Run `workshop check 2.2`, which says how to bring it back.",
    )


def _failed(observed: str, step: str) -> Finding:
    remedy = f"Run `workshop lab 3 --to {step}`, which puts it right."
    return failed(observed, cause=_OUTSIDE, remedy=remedy)
