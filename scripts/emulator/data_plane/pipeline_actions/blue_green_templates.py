"""The two templates of a CodeDeployToECS action, read from its artifacts and filled in.

`<IMAGE1_NAME>`, or what `Image1ContainerName` says, in the task definition becomes the image that
`imageDetail.json` names; `<TASK_DEFINITION>` in the AppSpec file becomes the revision's ARN.

Source: "Amazon ECS and CodeDeploy blue-green deploy action reference" and "Image definitions file
reference" in the CodePipeline user guide.
"""

import json
import zipfile
from typing import Any

from emulator.data_plane.pipeline_actions import artifacts
from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure

IMAGE_DETAIL = "imageDetail.json"
DEFAULT_TASK_DEFINITION = "taskdef.json"
DEFAULT_APP_SPEC = "appspec.yaml"
TASK_DEFINITION_PLACEHOLDER = "<TASK_DEFINITION>"
MAX_IMAGES = 4
MAX_ARTIFACT_BYTES = 3 * 1024 * 1024

Json = dict[str, Any]


def task_definition(context: ActionContext) -> Json:
    """Return what to register: the template, with every image that the action names in it."""
    configuration = context.configuration
    name = configuration["TaskDefinitionTemplateArtifact"]
    path = configuration.get("TaskDefinitionTemplatePath", DEFAULT_TASK_DEFINITION)
    trouble = f"Exception while trying to read the task definition artifact file from: {name}."
    text = _read_text(context, name, path, trouble)
    for placeholder, image in _images(context).items():
        _refuse_without(text, placeholder, f"The task definition template {path}")
        text = text.replace(placeholder, image)
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _misconfigured(
            f"The task definition template {path} in the artifact {name} is not valid JSON: {error}"
        ) from error
    if not isinstance(found, dict):
        raise _misconfigured(
            f"The task definition template {path} in the artifact {name} is not a JSON object"
        )
    return found


def app_spec_template(context: ActionContext) -> str:
    """Return the AppSpec file with its placeholder; CodeDeploy judges what else is in it."""
    configuration = context.configuration
    name = configuration["AppSpecTemplateArtifact"]
    path = configuration.get("AppSpecTemplatePath", DEFAULT_APP_SPEC)
    trouble = f"Exception while trying to read the appspec artifact file from: {name}."
    text = _read_text(context, name, path, trouble)
    _refuse_without(text, TASK_DEFINITION_PLACEHOLDER, f"The AppSpec template {path}")
    return text


def app_spec(template: str, task_definition_arn: str) -> str:
    """Return the AppSpec file for a revision."""
    return template.replace(TASK_DEFINITION_PLACEHOLDER, task_definition_arn)


def _images(context: ActionContext) -> dict[str, str]:
    """Return the image for each placeholder that the action's configuration declares."""
    found = {}
    for number in range(1, MAX_IMAGES + 1):
        artifact = context.configuration.get(f"Image{number}ArtifactName")
        container = context.configuration.get(f"Image{number}ContainerName")
        if artifact and container:
            found[f"<{container}>"] = _image_in(context, artifact)
        elif artifact or container:
            given, missing = ("Artifact", "Container") if artifact else ("Container", "Artifact")
            raise _misconfigured(
                f"Image{number}{given}Name is set, and Image{number}{missing}Name is not: an image "
                "needs both"
            )
    return found


def _image_in(context: ActionContext, name: str) -> str:
    trouble = f"Exception while trying to read the image artifact file from the artifact: {name}."
    try:
        uri = json.loads(_read_text(context, name, IMAGE_DETAIL, trouble))["ImageURI"]
    except (ValueError, TypeError, KeyError) as error:
        raise _misconfigured(trouble) from error
    if not isinstance(uri, str) or not uri:
        raise _misconfigured(trouble)
    return uri


def _read_text(context: ActionContext, name: str, path: str, trouble: str) -> str:
    """Return a file of an input artifact; fails with `trouble` where that cannot be.

    AWS says the same of a file that is missing and of an artifact of more than 3 MB.
    """
    artifact = next((a for a in context.start.inputs if a.name == name), None)
    if artifact is None:
        raise _misconfigured(trouble)
    content = artifacts.read(context, artifact)
    if len(content) > MAX_ARTIFACT_BYTES:
        raise _misconfigured(trouble)
    try:
        found = artifacts.file_in(content, path)
        if found is None:
            raise _misconfigured(trouble)
        return found.decode()
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise _misconfigured(trouble) from error


def _refuse_without(text: str, placeholder: str, what: str) -> None:
    if placeholder not in text:
        raise _misconfigured(f"{what} does not contain the placeholder {placeholder}")


def _misconfigured(message: str) -> ActionFailure:
    return ActionFailure("ConfigurationError", message)
