"""The checks of steps 2.1 to 2.3: production, its routing, the deployment group, the stages."""

from typing import Any

from workshop.checks.diagnosis import why_tasks_stop
from workshop.checks.model import Ending, Finding, could_not_look, failed, not_yet, passed
from workshop.checks.routing import look_at_routing
from workshop.checks.view import PRODUCTION, View

ROLLBACK_EVENTS = {
    "DEPLOYMENT_FAILURE",
    "DEPLOYMENT_STOP_ON_ALARM",
    "DEPLOYMENT_STOP_ON_REQUEST",
}
DEPLOY_STAGE = "DeployProd"

_MENDED = "which puts it right"
_OUTSIDE = "It was changed outside Terraform."
_GOING_AWAY = {"draining"}


def look_at_production(view: View) -> Finding:
    """Judge the service at rest: the live slot full and healthy, the idle one empty."""
    service = view.service(PRODUCTION)
    record = view.service_record(PRODUCTION)
    if record is None:
        return failed(
            f"cluster `{service.cluster}` has no active service `{service.name}`",
            cause="It was deleted outside Terraform.",
            remedy="Run `workshop lab 2 --to 2.1`.",
        )
    controller = record.get("deploymentController", {}).get("type", "ECS")
    if controller != "CODE_DEPLOY":
        return failed(
            f"the deployments of `{service.name}` belong to {controller}, not to CodeDeploy",
            cause="The service was made anew by hand; a controller cannot be changed.",
            remedy="Delete the service, then run `workshop lab 2 --to 2.1`.",
        )
    if record["desiredCount"] < service.desired_count:
        return failed(
            f"{record['desiredCount']} tasks are desired, not {service.desired_count}",
            cause="The service was scaled in by hand.",
            remedy=f"Run `aws ecs update-service --cluster {service.cluster} --service "
            f"{service.name} --desired-count {service.desired_count}`.",
        )
    primary = view.primary_task_set(record)
    if primary is None:
        return not_yet("the service has no task set yet")
    running = view.running_deployment()
    if running is not None:
        return not_yet(
            f"deployment {running.id} is under way", remedy="Follow it with `workshop check 2.4`."
        )
    return _at_rest(view, record, primary)


def _at_rest(view: View, record: dict[str, Any], primary: dict[str, Any]) -> Finding:
    desired = record["desiredCount"]
    live = view.slot_of(primary)
    idle = next(slot for slot in view.service(PRODUCTION).target_groups if slot != live)
    healthy = view.target_states(PRODUCTION, live).count("healthy") if live else 0
    left = view.target_states(PRODUCTION, idle)
    counts = (
        f"{primary['runningCount']} of {desired} tasks run, "
        f"{healthy} targets of slot `{live}` are healthy"
    )
    if left and any(one["status"] == "DRAINING" for one in record["taskSets"]):
        return not_yet(f"{counts}; the tasks of slot `{idle}` are about to go")
    stray = next((one for one in record["taskSets"] if one["status"] == "ACTIVE"), None)
    if stray is not None:
        service = view.service(PRODUCTION)
        return failed(
            f"{counts}, but slot `{idle}` still has task set {stray['id']}",
            cause="A deployment ended without a rollback and left it; CodeDeploy refuses another.",
            remedy=f"Run `aws ecs delete-task-set --force --cluster {service.cluster} --service "
            f"{service.name} --task-set {stray['id']}`.",
        )
    if any(state not in _GOING_AWAY for state in left):
        return failed(
            f"{counts}, but the idle slot `{idle}` has {len(left)} targets",
            cause="They were registered by hand.",
            remedy="Take them out with `aws elbv2 deregister-targets`.",
        )
    if left:
        return not_yet(f"{counts}; {len(left)} targets of slot `{idle}` drain")
    is_steady = primary["stabilityStatus"] == "STEADY_STATE"
    if not is_steady or not desired <= primary["runningCount"] or healthy < desired:
        return not_yet(counts, details=why_tasks_stop(view, PRODUCTION, primary["createdAt"]))
    return passed(f"{counts}, slot `{idle}` is empty")


def look_at_answer(view: View) -> Finding:
    """Ask production as its users do."""
    answer = view.hello(PRODUCTION)
    url = view.urls[PRODUCTION]
    if answer.status == 200:
        if answer.task_id not in view.running_tasks(PRODUCTION):
            return not_yet(f"task {answer.task_id} answered, which ECS does not list as running")
        return passed(f"task {answer.task_id} answers: {answer.text.strip()}")
    for name, look in (("production", look_at_production), ("routing", look_at_routing)):
        if look(view).ending is not Ending.PASSED:
            return could_not_look(f"{url} answers {answer.status}; see the check `{name}`")
    said = f"{url}/hello/workshop answers {answer.status}: {answer.text.strip()[:80]}"
    rule = view.production_rule()
    before = view.rules_before(rule) if rule else []
    if before:
        return failed(
            f"{said}; the listener tries rule {before[0]['Priority']} first",
            cause="Another rule takes the requests before the rule of `/hello/*`.",
            remedy=f"Run `aws elbv2 delete-rule --rule-arn {before[0]['RuleArn']}`.",
        )
    return failed(
        said,
        cause="The application itself answers so.",
        remedy="Read `workshop logs production`, mend it, and push.",
        details=why_tasks_stop(view, PRODUCTION),
    )


def look_at_deployment_group(view: View) -> Finding:
    """Judge how CodeDeploy deploys: what, where, and when it takes everything back."""
    group = view.deployment_group()
    name = view.codedeploy.deployment_group
    remedy = f"Run `workshop lab 2 --to 2.2`, {_MENDED}."
    if group is None:
        return failed(
            f"there is no deployment group `{name}`",
            cause="It was deleted outside Terraform.",
            remedy=remedy,
        )
    mistake = next(filter(None, _mistakes_in_group(view, group)), "")
    if mistake:
        return failed(f"`{name}` {mistake}", cause=_OUTSIDE, remedy=remedy)
    wait = group["blueGreenDeploymentConfiguration"]["terminateBlueInstancesOnDeploymentSuccess"]
    return passed(
        f"`{name}` deploys `{view.service(PRODUCTION).name}`, rolls back on all three events, and "
        f"keeps the old tasks {wait['terminationWaitTimeInMinutes']} minutes"
    )


def _mistakes_in_group(view: View, group: dict[str, Any]) -> list[str]:
    """Return what is wrong, '' for what is right."""
    service = view.service(PRODUCTION)
    wired = [(one["clusterName"], one["serviceName"]) for one in group.get("ecsServices", [])]
    pair: dict[str, Any] = next(
        iter(group.get("loadBalancerInfo", {}).get("targetGroupPairInfoList", [])), {}
    )
    groups = {one["name"] for one in pair.get("targetGroups", [])}
    expected = {_name_of(arn) for arn in service.target_groups.values()}
    listeners = pair.get("prodTrafficRoute", {}).get("listenerArns", [])
    rollback = group.get("autoRollbackConfiguration", {})
    events = set(rollback.get("events", [])) if rollback.get("enabled") else set()
    terminate = group.get("blueGreenDeploymentConfiguration", {}).get(
        "terminateBlueInstancesOnDeploymentSuccess", {}
    )
    missing = ", ".join(sorted(ROLLBACK_EVENTS - events))
    return [
        "" if wired == [(service.cluster, service.name)] else f"deploys {wired or 'no service'}",
        "" if groups == expected else f"exchanges {', '.join(sorted(groups)) or 'no groups'}",
        "" if listeners == [view.production.listener_arn] else "moves another listener's traffic",
        f"does not roll back on {missing}" if missing else "",
        ""
        if terminate.get("action") == "TERMINATE"
        and terminate.get("terminationWaitTimeInMinutes", 0) > 0
        else "has no termination wait",
    ]


def _name_of(target_group_arn: str) -> str:
    """Return the name of a target group. Source: ELB ARNs, `targetgroup/<name>/<id>`."""
    return target_group_arn.split("/")[1]


def look_at_stages(view: View) -> Finding:
    """Judge the pipeline's end: approval, then deployment, none overtaken."""
    pipeline = view.pipeline_definition()
    remedy = f"Run `workshop lab 2 --to 2.3`, {_MENDED}."
    names = [stage["name"] for stage in pipeline["stages"]]
    expected = ["Deploy", view.approval.stage, DEPLOY_STAGE]
    start = names.index("Deploy") if "Deploy" in names else 0
    if names[start : start + 3] != expected:
        return failed(
            f"the stages are {', '.join(names)}; not {', '.join(expected)} at the end",
            cause=_OUTSIDE,
            remedy=remedy,
        )
    approve, deploy = (stage["actions"][0] for stage in pipeline["stages"][start + 1 : start + 3])
    built = [
        artifact["name"]
        for stage in pipeline["stages"][:start]
        for action in stage["actions"]
        if action["actionTypeId"]["category"] == "Build"
        for artifact in action.get("outputArtifacts", [])
    ]
    mistake = _mistake_in_approval(view, approve) or _mistake_in_deploy(view, deploy, built)
    if not mistake and pipeline.get("executionMode") != "QUEUED":
        mistake = f"the execution mode is {pipeline.get('executionMode', 'SUPERSEDED')}, not QUEUED"
    if mistake:
        return failed(mistake, cause=_OUTSIDE, remedy=remedy)
    return passed(f"`{view.pipeline.name}` goes on with {', '.join(expected[1:])}, QUEUED")


def _mistake_in_approval(view: View, action: dict[str, Any]) -> str:
    if action["actionTypeId"]["provider"] != "Manual":
        return f"action `{action['name']}` is no manual approval"
    topic = action.get("configuration", {}).get("NotificationArn")
    if topic != view.approval.topic_arn:
        return f"action `{action['name']}` notifies {topic or 'no topic'}"
    return ""


def _mistake_in_deploy(view: View, action: dict[str, Any], built: list[str]) -> str:
    if action["actionTypeId"]["provider"] != "CodeDeployToECS":
        return f"action `{action['name']}` is not CodeDeployToECS"
    found = action.get("configuration", {})
    expected = {
        "ApplicationName": [view.codedeploy.application],
        "DeploymentGroupName": [view.codedeploy.deployment_group],
        "TaskDefinitionTemplateArtifact": built,
        "AppSpecTemplateArtifact": built,
        "Image1ArtifactName": built,
        "Image1ContainerName": ["IMAGE1_NAME"],
    }
    for name, values in expected.items():
        if found.get(name) not in values:
            return f"`{name}` of action `{action['name']}` is `{found.get(name, '')}`"
    return ""
