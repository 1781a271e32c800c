"""Production by hand: push, approve, wait for the version, end a deployment or stop it."""

from typing import Any

from tests.bench.place import APPLICATION, Place, wait_until
from tests.bench.release_rows import ASKED_IN_A_ROW
from workshop.application.greeting import FILE, next_greeting, read_greeting, write_greeting
from workshop.checks.web import ask

GROUP = f"{APPLICATION}-prod"


def push_greeting(place: Place) -> str:
    write_greeting(place.clone, next_greeting(read_greeting((place.clone / FILE).read_text())))
    place.git("commit", "--quiet", "--all", "--message", "Change the greeting")
    place.git("push", "--quiet", "origin", "main")
    return place.git("rev-parse", "HEAD")


def approve(place: Place, commit: str) -> None:
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


def until_all_answers_are(place: Place, version: str) -> None:
    url = place.production_url
    wait_until(lambda: all(ask(url).version == version for _ in range(ASKED_IN_A_ROW)), 0.05)


def latest_deployment(place: Place) -> str:
    found = place.aws("codedeploy").list_deployments(
        applicationName=APPLICATION, deploymentGroupName=GROUP
    )
    return str(found["deployments"][0])


def finish(place: Place) -> None:
    """End the wait for going back, and let the deployment and its execution come to their end."""
    codedeploy, deployment = place.aws("codedeploy"), latest_deployment(place)
    wait_until(lambda: _waits_for_termination(codedeploy, deployment))
    codedeploy.continue_deployment(deploymentId=deployment, deploymentWaitType="TERMINATION_WAIT")
    wait_until(lambda: status(place, deployment) == "Succeeded")
    _until_pipeline_rests(place)


def _waits_for_termination(codedeploy: Any, deployment: str) -> bool:
    info = codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
    return bool(info.get("instanceTerminationWaitTimeStarted"))


def stop(place: Place, deployment: str) -> None:
    """Stop a deployment, and return when its rollback has ended."""
    codedeploy = place.aws("codedeploy")
    codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    rollback = wait_until(lambda: _rollback_of(codedeploy, deployment))
    wait_until(lambda: status(place, rollback) == "Succeeded")
    _until_pipeline_rests(place)


def _rollback_of(codedeploy: Any, deployment: str) -> str | None:
    info = codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
    found = info.get("rollbackInfo", {}).get("rollbackDeploymentId")
    return str(found) if found else None


def status(place: Place, deployment: str) -> str:
    found = place.aws("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
    return str(found["status"])


def _until_pipeline_rests(place: Place) -> None:
    codepipeline = place.aws("codepipeline")

    def rests() -> bool:
        found = codepipeline.list_pipeline_executions(pipelineName=APPLICATION)
        running = {"InProgress", "Stopping"}
        return all(one["status"] not in running for one in found["pipelineExecutionSummaries"])

    wait_until(rests)
