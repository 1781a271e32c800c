"""What one build changes of its project: the overrides of StartBuild.

Source: botocore's StartBuildInput; User Guide, "Run a build".
"""

from copy import deepcopy
from typing import Any

from emulator.control_plane.codebuild import validation
from emulator.control_plane.codebuild.exceptions import InvalidInputException
from emulator.control_plane.codebuild.projects import Project, complete

_WHOLE = {
    "secondarySourcesOverride": "secondarySources",
    "secondarySourcesVersionOverride": "secondarySourceVersions",
    "secondaryArtifactsOverride": "secondaryArtifacts",
    "cacheOverride": "cache",
    "serviceRoleOverride": "serviceRole",
    "timeoutInMinutesOverride": "timeoutInMinutes",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "encryptionKeyOverride": "encryptionKey",
    "artifactsOverride": "artifacts",
    "logsConfigOverride": "logsConfig",
}

_IN_SOURCE = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "sourceAuthOverride": "auth",
    "gitCloneDepthOverride": "gitCloneDepth",
    "gitSubmodulesConfigOverride": "gitSubmodulesConfig",
    "buildspecOverride": "buildspec",
    "insecureSslOverride": "insecureSsl",
    "reportBuildStatusOverride": "reportBuildStatus",
}

_IN_ENVIRONMENT = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "certificateOverride": "certificate",
    "privilegedModeOverride": "privilegedMode",
    "registryCredentialOverride": "registryCredential",
    "imagePullCredentialsTypeOverride": "imagePullCredentialsType",
}

_REFUSED = ("debugSessionEnabled", "fleetOverride", "hostKernelOverride")


def settings_of_build(project: Project, given: dict[str, Any]) -> dict[str, Any]:
    """Return the project's settings with `given`, StartBuild's input, applied."""
    for name in _REFUSED:
        if given.get(name):
            raise InvalidInputException(f"{name} is not emulated")
    settings = deepcopy(project.settings)
    for name, setting in _WHOLE.items():
        if given.get(name) is not None:
            settings[setting] = deepcopy(given[name])
    _apply(settings["source"], _IN_SOURCE, given)
    _apply(settings["environment"], _IN_ENVIRONMENT, given)
    overrides = given.get("environmentVariablesOverride") or []
    settings["environment"]["environmentVariables"] = merge_variables(
        settings["environment"]["environmentVariables"], overrides
    )
    validation.refuse_unusable(settings, project.account_id)
    return complete(settings, project.name, project.account_id)


def merge_variables(
    variables: list[dict[str, str]], overrides: list[dict[str, str]]
) -> list[dict[str, str]]:
    """Return the variables, those of the same name replaced, the new ones behind."""
    merged = {variable["name"]: variable for variable in variables}
    merged.update({variable["name"]: dict(variable) for variable in overrides})
    return list(merged.values())


def _apply(target: dict[str, Any], names: dict[str, str], given: dict[str, Any]) -> None:
    for name, member in names.items():
        if given.get(name) is not None:
            target[member] = deepcopy(given[name])
