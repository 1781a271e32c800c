"""Build projects, as BatchGetProjects shows them.

Source: botocore's Project shape; defaults as CodeBuild returns them for a project that names none.
"""

from copy import deepcopy
from datetime import datetime
from typing import Any

from emulator.control_plane.codebuild import validation

_SETTINGS = (
    "description",
    "source",
    "secondarySources",
    "sourceVersion",
    "secondarySourceVersions",
    "artifacts",
    "secondaryArtifacts",
    "cache",
    "environment",
    "serviceRole",
    "timeoutInMinutes",
    "queuedTimeoutInMinutes",
    "encryptionKey",
    "tags",
    "vpcConfig",
    "logsConfig",
    "fileSystemLocations",
    "buildBatchConfig",
    "concurrentBuildLimit",
    "autoRetryLimit",
)

_CLEARED_BY_EMPTY = {"vpcConfig", "logsConfig", "buildBatchConfig"}


class Project:
    """One build project. `settings` are the members of botocore's Project that a caller sets."""

    def __init__(
        self, name: str, account_id: str, region: str, given: dict[str, Any], now: datetime
    ) -> None:
        self.name = name
        self.account_id = account_id
        self.region = region
        self.arn = f"arn:aws:codebuild:{region}:{account_id}:project/{name}"
        self.created = now
        self.builds_started = 0
        self.settings: dict[str, Any] = {
            "timeoutInMinutes": 60,
            "queuedTimeoutInMinutes": 480,
            "encryptionKey": f"arn:aws:kms:{region}:{account_id}:alias/aws/s3",
            "cache": {"type": "NO_CACHE"},
            "secondarySources": [],
            "secondarySourceVersions": [],
            "secondaryArtifacts": [],
            "tags": [],
        }
        self.badge_enabled = False
        self.update(given, now)

    def update(self, given: dict[str, Any], now: datetime) -> None:
        """Change the settings that are given and no others; nothing changes if one is refused."""
        settings = deepcopy(self.settings)
        for name in _SETTINGS:
            if given.get(name) is not None:
                settings[name] = deepcopy(given[name])
                if name in _CLEARED_BY_EMPTY and not given[name]:
                    del settings[name]
        if given.get("concurrentBuildLimit") == -1:  # how UpdateProject lifts the limit
            settings.pop("concurrentBuildLimit")
        validation.refuse_unusable(settings, self.account_id)
        self.settings = complete(settings, self.name, self.account_id)
        self.badge_enabled = given.get("badgeEnabled", self.badge_enabled)
        self.last_modified = now

    def to_dict(self) -> dict[str, Any]:
        """Return botocore's Project shape."""
        return {
            "name": self.name,
            "arn": self.arn,
            "created": self.created,
            "lastModified": self.last_modified,
            "badge": {"badgeEnabled": self.badge_enabled},
            "projectVisibility": "PRIVATE",
            **deepcopy(self.settings),
        }


def complete(settings: dict[str, Any], project: str, account_id: str) -> dict[str, Any]:
    """Return settings, of a project or of a build, with CodeBuild's defaults added."""
    role = settings["serviceRole"]
    if not role.startswith("arn:"):
        role = f"arn:aws:iam::{account_id}:role/service-role/{role}"
    completed = {
        **settings,
        "source": complete_source(settings["source"]),
        "artifacts": complete_artifacts(settings["artifacts"], project),
        "environment": complete_environment(settings["environment"]),
        "serviceRole": role,
    }
    if "logsConfig" in settings:
        completed["logsConfig"] = complete_logs(settings["logsConfig"])
    return completed


def complete_source(source: dict[str, Any]) -> dict[str, Any]:
    """Add the defaults of a ProjectSource; a location means nothing to a pipeline's project."""
    defaults: dict[str, Any] = {"insecureSsl": False}
    if source["type"] == "CODECOMMIT":
        defaults["gitCloneDepth"] = 0
    completed = {**defaults, **source}
    if source["type"] in {"CODEPIPELINE", "NO_SOURCE"}:
        completed.pop("location", None)
    return completed


def complete_artifacts(artifacts: dict[str, Any], project: str) -> dict[str, Any]:
    """Add the defaults of a ProjectArtifacts."""
    if artifacts["type"] == "NO_ARTIFACTS":
        return {"type": "NO_ARTIFACTS"}
    defaults = {"name": project, "packaging": "NONE", "encryptionDisabled": False}
    if artifacts["type"] == "S3":
        defaults["namespaceType"] = "NONE"
    return {**defaults, **artifacts}


def complete_environment(environment: dict[str, Any]) -> dict[str, Any]:
    """Add the defaults of a ProjectEnvironment, and the type of each variable."""
    variables = environment.get("environmentVariables") or []
    return {
        "imagePullCredentialsType": "CODEBUILD",
        "privilegedMode": False,
        **environment,
        "environmentVariables": [{"type": "PLAINTEXT", **variable} for variable in variables],
    }


def complete_logs(logs: dict[str, Any]) -> dict[str, Any]:
    """Add the defaults of a LogsConfig: CloudWatch Logs on, S3 off."""
    return {
        "cloudWatchLogs": {"status": "ENABLED"},
        **logs,
        "s3Logs": {"status": "DISABLED", "encryptionDisabled": False, **(logs.get("s3Logs") or {})},
    }
