"""The CodeBuild action: a build of a project, fed with the pipeline's artifacts.

Source: "AWS CodeBuild build and test action reference" in the CodePipeline user guide; failure
wording as reported publicly.
"""

import json
from typing import Any

from moto.core.exceptions import ServiceException

from emulator.control_plane import registration
from emulator.control_plane.codebuild.artifacts import InputArtifact, OutputArtifact
from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure, Outcome
from emulator.engines.pipeline.model import External

POLL_S = 0.3


def execute(context: ActionContext) -> Outcome:
    """Start a build and wait until it is complete; its exported variables are the action's."""
    build_id = _start(context)
    external = External(build_id, _build_url(context, build_id))
    context.report_progress(external)
    build = _wait_until_complete(context, build_id)
    if build["buildStatus"] != "SUCCEEDED":
        message = _failure(build)
        raise ActionFailure("JobFailed", message, External(summary=message))
    exported = build.get("exportedEnvironmentVariables", [])
    return Outcome(
        external=external,
        output_variables={variable["name"]: variable["value"] for variable in exported},
    )


def _start(context: ActionContext) -> str:
    start = context.start
    project = context.configuration["ProjectName"]
    primary = _primary_source(context)
    revision = start.input_revisions.get(primary)
    overrides = _environment_variables(context)
    try:
        with context.runtime.lock:
            backend = registration.backend("codebuild", context.account_id, context.region)
            build_id: str = backend.start_pipeline_build(
                project_name=project,
                input_artifacts=[InputArtifact(a.name, a.bucket, a.key) for a in start.inputs],
                output_artifacts=[OutputArtifact(a.name, a.bucket, a.key) for a in start.outputs],
                primary_source=primary,
                environment_overrides=overrides,
                initiator=f"codepipeline/{start.pipeline_name}",
                source_version=revision.revision_id if revision else "",
            )
    except ServiceException as error:
        raise ActionFailure(
            "JobFailed",
            f"Error calling startBuild: {error.message} (Service: AWSCodeBuild; Status Code: 400; "
            f"Error Code: {error.code})",
        ) from error
    return build_id


def _primary_source(context: ActionContext) -> str:
    names = [artifact.name for artifact in context.start.inputs]
    primary = context.configuration.get("PrimarySource")
    if primary is None and len(names) == 1:
        return names[0]
    if primary not in names:
        raise ActionFailure(
            "ConfigurationError",
            f"The action {context.start.action.name} has {len(names)} input artifacts "
            f"({', '.join(names)}); PrimarySource must name one of them, and is {primary}.",
        )
    return primary


def _environment_variables(context: ActionContext) -> list[dict[str, str]]:
    """Read the configuration's JSON list of variables, which the project's ones yield to."""
    raw = context.configuration.get("EnvironmentVariables", "[]")
    try:
        return [
            {"name": v["name"], "value": v["value"], "type": v.get("type", "PLAINTEXT")}
            for v in json.loads(raw)
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ActionFailure(
            "ConfigurationError",
            f"EnvironmentVariables of the action {context.start.action.name} is not a JSON list of "
            f'objects with "name", "value" and "type": {raw}',
        ) from error


def _wait_until_complete(context: ActionContext, build_id: str) -> dict[str, Any]:
    while True:
        found = context.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
        if not found:
            raise ActionFailure("JobFailed", f"The build {build_id} does not exist any more.")
        build: dict[str, Any] = found[0]
        if build["buildComplete"]:
            return build
        context.wait(POLL_S)


def _failure(build: dict[str, Any]) -> str:
    """Return AWS's sentence about the phase that failed.

    Shape: `Build terminated with state: FAILED. Phase: PRE_BUILD, Code: COMMAND_EXECUTION_ERROR,
    Message: Error while executing command: …. Reason: exit status 1`.
    """
    sentence = f"Build terminated with state: {build['buildStatus']}"
    for phase in build.get("phases", []):
        contexts = phase.get("contexts") or []
        if phase.get("phaseStatus", "SUCCEEDED") != "SUCCEEDED" and contexts:
            return (
                f"{sentence}. Phase: {phase['phaseType']}, "
                f"Code: {contexts[0].get('statusCode', '')}, "
                f"Message: {contexts[0].get('message', '')}"
            )
    return sentence


def _build_url(context: ActionContext, build_id: str) -> str:
    return (
        f"https://console.aws.amazon.com/codebuild/home?region={context.region}"
        f"#/builds/{build_id}/view/new"
    )
