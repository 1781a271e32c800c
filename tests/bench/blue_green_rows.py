"""Production: from an approval to the new version alone, and a load through deployments."""

import json
import time
from typing import Any

from tests.bench.load import RATE, failed_requests, under_load
from tests.bench.place import APPLICATION, PRODUCTION_CLUSTER, Place, say, wait_until
from tests.bench.release_rows import ASKED_IN_A_ROW
from tests.bench.rows import Row, ratio
from workshop.application.greeting import FILE, next_greeting, read_greeting, write_greeting
from workshop.checks.web import ask

SERVICE = "hello-server-prod"
GROUP = f"{APPLICATION}-prod"
TASK_DEFINITION = "taskdef.json"


def approval_row(place: Place) -> Row:
    """Compare the time to production with what the deployment itself has to wait for."""
    say("approving a release to production")
    commit = _push_greeting(place)
    _approve(place, commit)
    started = time.monotonic()
    _until_all_answers_are(place, commit)
    served_s = time.monotonic() - started
    _finish(place)
    return ratio(
        "approval to all production traffic on the new version",
        served_s,
        _asked_for_s(place),
        "what the deployment asks for: a container health check of each task",
        limit=1.3,
    )


def _asked_for_s(place: Place) -> float:
    """Return the seconds that a deployment waits by its own declaration.

    An ECS container's first health check comes an interval after its start. Shifting all at once
    waits for nothing, and the first check of a target comes at once.
    """
    template = json.loads((place.clone / TASK_DEFINITION).read_text(encoding="utf-8"))
    return max(float(one["healthCheck"]["interval"]) for one in template["containerDefinitions"])


def load_row(place: Place) -> Row:
    """Count failed requests through two deployments, one stopped, and one that is not healthy."""
    say(f"two blue/green deployments, a stop and an unhealthy green under {RATE} requests a second")
    with under_load(place.production_url) as report:
        for _ in range(2):
            commit = _push_greeting(place)
            _approve(place, commit)
            _until_all_answers_are(place, commit)
            _finish(place)
        _stop_after_the_switch(place)
        _stop_unhealthy_green(place)
    return failed_requests("two blue/green deployments, a rollback, an unhealthy green", report)


def _stop_after_the_switch(place: Place) -> None:
    """Approve a release, and roll it back while the old tasks still wait."""
    commit = _push_greeting(place)
    before = ask(place.production_url).version or "none"
    _approve(place, commit)
    _until_all_answers_are(place, commit)
    _stop(place, _latest_deployment(place))
    _until_all_answers_are(place, before)


def _stop_unhealthy_green(place: Place) -> None:
    """Deploy a revision whose tasks never get healthy, and stop it when the first one failed."""
    revision = _register_unhealthy(place)
    content = (place.clone / "appspec.yaml").read_text(encoding="utf-8")
    deployment = place.aws("codedeploy").create_deployment(
        applicationName=APPLICATION,
        deploymentGroupName=GROUP,
        revision={
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": content.replace("<TASK_DEFINITION>", revision)},
        },
    )["deploymentId"]
    wait_until(lambda: _has_failed_a_task(place, revision))
    _stop(place, deployment)


def _register_unhealthy(place: Place) -> str:
    """Return a copy of the live revision with another health check, which nothing passes."""
    ecs = place.aws("ecs")
    live = ecs.describe_services(cluster=PRODUCTION_CLUSTER, services=[SERVICE])["services"][0]
    found = ecs.describe_task_definition(taskDefinition=live["taskDefinition"])["taskDefinition"]
    accepted = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    copy = {name: value for name, value in found.items() if name in accepted}
    check = copy["containerDefinitions"][0]["healthCheck"]
    check.update({"command": ["CMD-SHELL", "exit 1"], "startPeriod": 0, "retries": 1})
    return str(ecs.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"])


def _has_failed_a_task(place: Place, revision: str) -> bool:
    ecs = place.aws("ecs")
    arns = ecs.list_tasks(cluster=PRODUCTION_CLUSTER, serviceName=SERVICE, desiredStatus="STOPPED")[
        "taskArns"
    ]
    tasks = ecs.describe_tasks(cluster=PRODUCTION_CLUSTER, tasks=arns)["tasks"] if arns else []
    return any(task["taskDefinitionArn"] == revision for task in tasks)


def _push_greeting(place: Place) -> str:
    write_greeting(place.clone, next_greeting(read_greeting((place.clone / FILE).read_text())))
    place.git("commit", "--quiet", "--all", "--message", "Change the greeting")
    place.git("push", "--quiet", "origin", "main")
    return place.git("rev-parse", "HEAD")


def _approve(place: Place, commit: str) -> None:
    """Wait until the commit's execution asks for it, and approve."""
    codepipeline = place.aws("codepipeline")
    token = wait_until(lambda: _token(codepipeline, commit))
    codepipeline.put_approval_result(
        pipelineName=APPLICATION,
        stageName="Approve",
        actionName="Approve",
        token=token,
        result={"summary": "By the benchmark", "status": "Approved"},
    )


def _token(codepipeline: Any, commit: str) -> str | None:
    stages = codepipeline.get_pipeline_state(name=APPLICATION)["stageStates"]
    stage = next(one for one in stages if one["stageName"] == "Approve")
    execution = stage.get("latestExecution", {}).get("pipelineExecutionId")
    if execution is None:
        return None
    revisions = codepipeline.get_pipeline_execution(
        pipelineName=APPLICATION, pipelineExecutionId=execution
    )["pipelineExecution"]["artifactRevisions"]
    if commit not in {one["revisionId"] for one in revisions}:
        return None
    latest = stage["actionStates"][0].get("latestExecution", {})
    return latest.get("token") if latest.get("status") == "InProgress" else None


def _until_all_answers_are(place: Place, version: str) -> None:
    url = place.production_url
    wait_until(lambda: all(ask(url).version == version for _ in range(ASKED_IN_A_ROW)), 0.05)


def _latest_deployment(place: Place) -> str:
    found = place.aws("codedeploy").list_deployments(
        applicationName=APPLICATION, deploymentGroupName=GROUP
    )
    return str(found["deployments"][0])


def _finish(place: Place) -> None:
    """End the wait for going back, and let the deployment and its execution come to their end."""
    codedeploy, deployment = place.aws("codedeploy"), _latest_deployment(place)
    wait_until(lambda: _waits_for_termination(codedeploy, deployment))
    codedeploy.continue_deployment(deploymentId=deployment, deploymentWaitType="TERMINATION_WAIT")
    wait_until(lambda: _status(place, deployment) == "Succeeded")
    _until_pipeline_rests(place)


def _waits_for_termination(codedeploy: Any, deployment: str) -> bool:
    info = codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
    return bool(info.get("instanceTerminationWaitTimeStarted"))


def _stop(place: Place, deployment: str) -> None:
    """Stop a deployment, and return when its rollback has ended."""
    codedeploy = place.aws("codedeploy")
    codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    rollback = wait_until(lambda: _rollback_of(codedeploy, deployment))
    wait_until(lambda: _status(place, rollback) == "Succeeded")
    _until_pipeline_rests(place)


def _rollback_of(codedeploy: Any, deployment: str) -> str | None:
    info = codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
    found = info.get("rollbackInfo", {}).get("rollbackDeploymentId")
    return str(found) if found else None


def _status(place: Place, deployment: str) -> str:
    found = place.aws("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
    return str(found["status"])


def _until_pipeline_rests(place: Place) -> None:
    codepipeline = place.aws("codepipeline")

    def rests() -> bool:
        found = codepipeline.list_pipeline_executions(pipelineName=APPLICATION)
        running = {"InProgress", "Stopping"}
        return all(one["status"] not in running for one in found["pipelineExecutionSummaries"])

    wait_until(rests)
