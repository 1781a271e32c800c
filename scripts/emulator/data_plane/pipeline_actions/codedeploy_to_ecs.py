"""The CodeDeployToECS action: registers the new revision and has CodeDeploy deploy it, blue/green.

The action goes on until the deployment ends, its wait before the original task set terminates
included. Stopping the execution leaves the deployment alone.

Source: "Amazon ECS and CodeDeploy blue-green deploy action reference" in the CodePipeline user
guide. `Exception while trying to read …` and the 3 MB are AWS's ("Troubleshooting CodePipeline"
there, and public reports); what AWS says of a template that is no JSON or lacks its placeholder is
not published.
"""

from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from emulator.data_plane.pipeline_actions.blue_green_templates import (
    app_spec,
    app_spec_template,
    task_definition,
)
from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure, Outcome
from emulator.engines.pipeline.model import External

POLL_S = 1.0

ENDED = {"Succeeded", "Failed", "Stopped"}
NOT_THERE = {"ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException"}

Json = dict[str, Any]


def execute(context: ActionContext) -> Outcome:
    """Register the task definition, start the deployment, and wait for its end."""
    definition = task_definition(context)
    template = app_spec_template(context)
    revision_arn = _register(context, definition)
    deployment_id = _create_deployment(context, app_spec(template, revision_arn))
    external = External(deployment_id, _deployment_url(context, deployment_id))
    context.report_progress(external)
    deployment = _wait_until_ended(context, deployment_id)
    if deployment["status"] != "Succeeded":
        summary = f"Deployment {deployment_id} {_ending(deployment)}"
        raise ActionFailure("JobFailed", _reason(deployment, summary), External(summary=summary))
    return Outcome(external=external.merged(External(summary="Deployment Succeeded")))


def _register(context: ActionContext, definition: Json) -> str:
    try:
        registered = context.client("ecs").register_task_definition(**definition)
    except ParamValidationError as error:
        raise ActionFailure("ConfigurationError", str(error)) from error
    except ClientError as error:
        raise _refused("AmazonECS", error, "ConfigurationError") from error
    return str(registered["taskDefinition"]["taskDefinitionArn"])


def _create_deployment(context: ActionContext, content: str) -> str:
    try:
        answer = context.client("codedeploy").create_deployment(
            applicationName=context.configuration["ApplicationName"],
            deploymentGroupName=context.configuration["DeploymentGroupName"],
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
        )
    except ClientError as error:
        is_missing = error.response["Error"]["Code"] in NOT_THERE
        code = "ConfigurationError" if is_missing else "JobFailed"
        raise _refused("AmazonCodeDeploy", error, code) from error
    return str(answer["deploymentId"])


def _refused(service: str, error: ClientError, code: str) -> ActionFailure:
    """Return the failure in the words of the service, as AWS's job workers pass them on."""
    said = error.response["Error"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return ActionFailure(
        code,
        f"{said['Message']} (Service: {service}; Status Code: {status}; Error Code: "
        f"{said['Code']})",
    )


def _wait_until_ended(context: ActionContext, deployment_id: str) -> Json:
    codedeploy = context.client("codedeploy")
    while True:
        answer = codedeploy.get_deployment(deploymentId=deployment_id)
        deployment: Json = answer["deploymentInfo"]
        if deployment["status"] in ENDED:
            return deployment
        context.wait(POLL_S)


def _ending(deployment: Json) -> str:
    return "was stopped" if deployment["status"] == "Stopped" else "failed"


def _reason(deployment: Json, otherwise: str) -> str:
    """Return what the deployment says about its failure, with its code."""
    error = deployment.get("errorInformation")
    if not error:
        return otherwise
    return f"{error['message']} (Error code: {error['code']})"


def _deployment_url(context: ActionContext, deployment_id: str) -> str:
    return (
        f"https://console.aws.amazon.com/codedeploy/home?region={context.region}"
        f"#/deployments/{deployment_id}"
    )
