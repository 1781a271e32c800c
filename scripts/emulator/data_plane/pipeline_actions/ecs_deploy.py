"""The ECS standard deploy action: the service's own revision with new images, rolled out.

It does not look at the deployment circuit breaker: after a rollback it stays InProgress until its
own timeout.

Source: "Amazon Elastic Container Service deploy action reference" and "Image definitions file
reference" in the CodePipeline user guide. The wording about a missing file, about one that is no
JSON and about a missing container is AWS's as reported publicly; the rest follows it.
"""

import json
from typing import Any

from botocore.exceptions import ClientError

from emulator.awake import AwakeClock
from emulator.data_plane.pipeline_actions import artifacts
from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure, Outcome
from emulator.engines.pipeline.model import External

POLL_S = 0.5
DEFAULT_FILE_NAME = "imagedefinitions.json"
DEFAULT_TIMEOUT_MIN = 60
MAX_FILE_BYTES = 100_000

LEAST_TIMEOUT_S = 45.0
"""Real seconds that a timeout leaves a roll-out, if it is that long on AWS: health checks and
draining are not scaled by the clock, so a timeout scaled alone would fail a sound release."""

Json = dict[str, Any]


def execute(context: ActionContext) -> Outcome:
    """Register a revision with the new images, update the service, wait until it is steady."""
    images = _image_definitions(context)
    service = _service(context)
    definition, tags = _definition_with(context, service["taskDefinition"], images)
    ecs = context.client("ecs")
    registered = ecs.register_task_definition(**definition, **({"tags": tags} if tags else {}))
    revision = registered["taskDefinition"]["taskDefinitionArn"]
    updated = ecs.update_service(
        cluster=context.configuration["ClusterName"],
        service=context.configuration["ServiceName"],
        taskDefinition=revision,
    )["service"]
    external = External(_deployment_id(updated, revision), _service_url(context))
    context.report_progress(external)
    _wait_until_steady(context, revision)
    return Outcome(external=external)


def _image_definitions(context: ActionContext) -> dict[str, str]:
    """Return the image of each container that the definitions file names."""
    artifact = context.start.inputs[0]
    name = context.configuration.get("FileName", DEFAULT_FILE_NAME)
    content = artifacts.read_file(context, artifact, name)
    if content is None:
        raise ActionFailure(
            "ConfigurationError",
            f"Did not find the image definition file {name} in the input artifacts ZIP file. "
            "Verify the file is stored in your pipeline's Amazon S3 artifact bucket: "
            f"{artifact.bucket} key: {artifact.key}",
        )
    if len(content) > MAX_FILE_BYTES:
        raise ActionFailure(
            "ConfigurationError",
            f"The image definition file {name} is larger than the limit of 100 KB",
        )
    try:
        images = {entry["name"]: entry["imageUri"] for entry in json.loads(content)}
    except (ValueError, TypeError, KeyError) as error:
        raise ActionFailure(
            "ConfigurationError",
            f"The image definition file {name} contents invalid JSON format",
        ) from error
    if not images or not all(isinstance(x, str) for pair in images.items() for x in pair):
        raise ActionFailure(
            "ConfigurationError",
            f"The image definition file {name} contents invalid JSON format",
        )
    return images


def _service(context: ActionContext) -> Json:
    cluster = context.configuration["ClusterName"]
    name = context.configuration["ServiceName"]
    try:
        answer = context.client("ecs").describe_services(cluster=cluster, services=[name])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ClusterNotFoundException":
            raise
        raise ActionFailure(
            "ConfigurationError", f"The AWS ECS cluster {cluster} does not exist"
        ) from error
    active = [service for service in answer["services"] if service["status"] == "ACTIVE"]
    if not active:
        raise ActionFailure("ConfigurationError", f"The AWS ECS service {name} does not exist")
    service: Json = active[0]
    return service


def _definition_with(
    context: ActionContext, task_definition: str, images: dict[str, str]
) -> tuple[Json, list[Json]]:
    """Return what to register, and the tags: the revision in use, with only its images replaced."""
    ecs = context.client("ecs")
    found = ecs.describe_task_definition(taskDefinition=task_definition, include=["TAGS"])
    definition = found["taskDefinition"]
    containers = definition["containerDefinitions"]
    known = {container["name"] for container in containers}
    for name in images:
        if name not in known:
            raise ActionFailure(
                "ConfigurationError", f"The AWS ECS container {name} does not exist"
            )
    for container in containers:
        container["image"] = images.get(container["name"], container["image"])
    operation = ecs.meta.service_model.operation_model("RegisterTaskDefinition")
    accepted = operation.input_shape.members
    return {key: value for key, value in definition.items() if key in accepted}, found.get(
        "tags", []
    )


def _wait_until_steady(context: ActionContext, revision: str) -> None:
    """Wait until the service runs nothing but the revision, as many tasks as it wants.

    The timeout is counted in emulated minutes, at whatever scale the clock has meanwhile: nobody
    acts in it.
    """
    minutes = int(context.configuration.get("DeploymentTimeout", DEFAULT_TIMEOUT_MIN))
    least_s = min(LEAST_TIMEOUT_S, minutes * 60)
    awake = AwakeClock()
    emulated_s = 0.0
    while not _is_steady(_service(context), revision):
        if emulated_s >= minutes * 60 and awake.seconds >= least_s:
            raise ActionFailure(
                "JobFailed",
                f"The deployment to the AWS ECS service {context.configuration['ServiceName']} "
                f"timed out after {minutes} minute(s): it did not reach a steady state with "
                f"{revision.rpartition('/')[2]}",
            )
        context.wait(POLL_S)
        emulated_s += awake.advance() * context.runtime.clock.scale


def _is_steady(service: Json, revision: str) -> bool:
    """Tell whether a roll-out is over; where there are targets, they are healthy by then."""
    deployments = service["deployments"]
    return (
        len(deployments) == 1
        and deployments[0]["taskDefinition"] == revision
        and deployments[0]["runningCount"] == service["desiredCount"]
        and deployments[0].get("rolloutState", "COMPLETED") == "COMPLETED"
    )


def _deployment_id(service: Json, revision: str) -> str | None:
    found = [d["id"] for d in service["deployments"] if d["taskDefinition"] == revision]
    return found[0] if found else None


def _service_url(context: ActionContext) -> str:
    configuration = context.configuration
    return (
        f"https://{context.region}.console.aws.amazon.com/ecs/home?region={context.region}"
        f"#/clusters/{configuration['ClusterName']}/services/{configuration['ServiceName']}"
    )
