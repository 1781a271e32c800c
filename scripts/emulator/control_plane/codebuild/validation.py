"""What CodeBuild refuses in a project or a build, beyond the shapes that botocore knows.

Source: botocore's codebuild model (enums, ranges); messages as CodeBuild words them where they are
on record (cloudposse/terraform-aws-codebuild#23, moto's codebuild).
"""

import re
from typing import Any

from botocore.model import Shape

from emulator.control_plane.codebuild.exceptions import InvalidInputException
from emulator.control_plane.shapes import enum_refusal, leaves

SOURCES = ("CODECOMMIT", "CODEPIPELINE", "NO_SOURCE", "S3")
"""The source types that are emulated."""


def refuse_outside_model(params: Any, shape: Shape) -> None:
    """Refuse values outside their enum or range, which botocore's own validator lets pass."""
    for path, value, leaf in leaves(params, shape):
        refusal = enum_refusal(path, value, leaf)
        if refusal is not None:
            raise InvalidInputException(refusal)
        if leaf.type_name in {"integer", "long"}:
            _refuse_outside_range(path, value, leaf)


def _refuse_outside_range(path: str, value: int, shape: Shape) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        raise InvalidInputException(f"Invalid {path}: {value} is not between {low} and {high}")


def refuse_project_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-_]{1,149}", name):
        raise InvalidInputException(
            "Project name is invalid: Only alphanumeric characters, dash, and underscore are "
            f"supported; got `{name}`"
        )


def refuse_service_role(role: str, account_id: str) -> None:
    if role.startswith("arn:") and f":iam::{account_id}:role/" not in role:
        raise InvalidInputException(
            "Invalid service role: Service role account ID does not match caller's account"
        )


def refuse_source(source: dict[str, Any]) -> None:
    """Refuse a source that is not emulated, or lacks what its type needs."""
    kind = source["type"]
    if kind not in SOURCES:
        raise InvalidInputException(
            f"Source type {kind} is not emulated; use one of {', '.join(SOURCES)}"
        )
    if kind in {"CODECOMMIT", "S3"} and not source.get("location"):
        raise InvalidInputException("Project source location is required")
    if kind == "NO_SOURCE" and not source.get("buildspec"):
        raise InvalidInputException(
            "Invalid project source: buildspec is required when source type is NO_SOURCE"
        )


def refuse_artifacts(source: dict[str, Any], artifacts: dict[str, Any]) -> None:
    """Refuse artifacts that do not fit the source, or have no bucket to go to."""
    kinds = {source["type"], artifacts["type"]}
    if "CODEPIPELINE" in kinds and len(kinds) > 1:
        raise InvalidInputException(
            "Invalid input: when using CodePipeline both sourceType, and artifactType must be set "
            "to: CODEPIPELINE"
        )
    if artifacts["type"] == "S3" and not artifacts.get("location"):
        raise InvalidInputException("Invalid artifacts: location is required for type S3")


def refuse_environment(environment: dict[str, Any]) -> None:
    """Refuse machines and variables that a build here cannot have."""
    kind = environment["type"]
    if not kind.startswith(("LINUX_", "ARM_")):
        raise InvalidInputException(
            f"Environment type {kind} is not emulated: builds run on this machine, in its shell"
        )
    for variable in environment.get("environmentVariables") or []:
        name, store = variable["name"], variable.get("type", "PLAINTEXT")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise InvalidInputException(f"Invalid environment variable name: {name}")
        if name.startswith("CODEBUILD_"):
            raise InvalidInputException(
                f"Environment variable names must not start with CODEBUILD_: {name}"
            )
        if store == "SECRETS_MANAGER":
            raise InvalidInputException(
                f"Environment variable `{name}`: type {store} is not emulated"
            )


def refuse_logs(logs: dict[str, Any]) -> None:
    """Refuse logs in S3: a build's output goes to CloudWatch Logs."""
    if (logs.get("s3Logs") or {}).get("status") == "ENABLED":
        raise InvalidInputException("logsConfig.s3Logs is not emulated; use cloudWatchLogs")


def refuse_unusable(settings: dict[str, Any], account_id: str) -> None:
    """Refuse settings, of a project or of a build, that no build could run with."""
    refuse_source(settings["source"])
    refuse_artifacts(settings["source"], settings["artifacts"])
    refuse_environment(settings["environment"])
    refuse_service_role(settings["serviceRole"], account_id)
    refuse_logs(settings.get("logsConfig") or {})
