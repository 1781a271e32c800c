"""What a request to start an execution carries, checked against the pipeline's declaration."""

from dataclasses import dataclass

from emulator.control_plane.codepipeline.declared_actions import Declaration
from emulator.control_plane.codepipeline.exceptions import ValidationException
from emulator.engines.pipeline.model import SourceOverride, Trigger


@dataclass(frozen=True)
class StartRequest:
    """What StartPipelineExecution may carry besides the name; the lists are botocore shapes."""

    trigger: Trigger
    variables: list[dict[str, str]] | None = None
    source_revisions: list[dict[str, str]] | None = None
    client_request_token: str | None = None


def resolved_variables(declaration: Declaration, given: list[dict[str, str]]) -> dict[str, str]:
    """Return every declared variable's value. Raises AWS's error for one unknown or unset."""
    declared = {v["name"]: v.get("defaultValue") for v in declaration.get("variables") or []}
    for variable in given:
        if variable["name"] not in declared:
            raise ValidationException(
                f"Variable {variable['name']} is not declared in the pipeline"
            )
    values = {**declared, **{v["name"]: v["value"] for v in given}}
    resolved = {name: value for name, value in values.items() if value is not None}
    for name in declared:
        if name not in resolved:
            raise ValidationException(
                f"Value for variable {name} must be provided: it has no default value"
            )
    return resolved


_REVISION_TYPES = {
    "CodeCommit": {"COMMIT_ID"},
    "S3": {"S3_OBJECT_VERSION_ID", "S3_OBJECT_KEY"},
}


def overrides_of(
    declaration: Declaration, given: list[dict[str, str]]
) -> tuple[SourceOverride, ...]:
    """Read `sourceRevisions`: each names a source action and a revision of a type it knows."""
    providers = {
        action["name"]: action["actionTypeId"]["provider"]
        for action in declaration["stages"][0]["actions"]
    }
    overrides = []
    for revision in given:
        name, kind = revision["actionName"], revision["revisionType"]
        if name not in providers:
            raise ValidationException(
                f"The source revision override names the action {name}, which is no source action "
                "of the pipeline"
            )
        if kind not in _REVISION_TYPES[providers[name]]:
            raise ValidationException(
                f"The revision type {kind} is not valid for the action {name}, whose provider is "
                f"{providers[name]}"
            )
        overrides.append(SourceOverride(name, kind, revision["revisionValue"]))
    return tuple(overrides)
