"""One action of a declaration: refused where AWS would refuse it.

Source: "Action structure requirements in CodePipeline" and each provider's action reference in the
user guide; wording as observed in public reports of AWS's own errors, where there are any.
"""

from typing import Any

from emulator.control_plane.base import NotEmulated
from emulator.control_plane.codepipeline.action_types import EMULATED, ActionTypeSpec
from emulator.control_plane.codepipeline.exceptions import (
    InvalidActionDeclarationException,
    ValidationException,
)
from emulator.engines.pipeline.declaration import APPROVAL

Declaration = dict[str, Any]
"""Botocore shapes PipelineDeclaration, StageDeclaration, ActionDeclaration, by their members."""

LEAST_TIMEOUT_MIN = 5
LONGEST_TIMEOUT_MIN = 86_400


def refuse_invalid_action(stage: Declaration, action: Declaration) -> None:
    name = action["name"]
    if [other["name"] for other in stage["actions"]].count(name) > 1:
        raise InvalidActionDeclarationException(
            f"Action names must be unique in a stage; {name} occurs more than once in "
            f"{stage['name']}"
        )
    kind = action["actionTypeId"]
    if kind["version"] != "1":
        raise InvalidActionDeclarationException(
            f"ActionType (Category: '{kind['category']}', Provider: '{kind['provider']}', Owner: "
            f"'AWS', Version: '{kind['version']}') in action '{name}' is not available"
        )
    _refuse_invalid_timeout(action)
    spec = EMULATED[kind["category"], kind["provider"]]
    _refuse_invalid_configuration(name, action["configuration"], spec)
    _refuse_artifact_counts(action, spec)


def _refuse_invalid_timeout(action: Declaration) -> None:
    """Source: botocore shape ActionDeclaration; botocore's own check knows no maximum."""
    timeout = action.get("timeoutInMinutes")
    if timeout is None:
        return
    if action["actionTypeId"]["category"] != APPROVAL:
        raise InvalidActionDeclarationException(
            f"Action {action['name']} has timeoutInMinutes, which only manual approval actions may "
            "have"
        )
    for is_wrong, rule in (
        (timeout < LEAST_TIMEOUT_MIN, f"greater than or equal to {LEAST_TIMEOUT_MIN}"),
        (timeout > LONGEST_TIMEOUT_MIN, f"less than or equal to {LONGEST_TIMEOUT_MIN}"),
    ):
        if is_wrong:
            raise ValidationException(
                f"1 validation error detected: Value '{timeout}' at 'timeoutInMinutes' failed to "
                f"satisfy constraint: Member must have value {rule}"
            )


def _refuse_invalid_configuration(
    name: str, configuration: dict[str, str], spec: ActionTypeSpec
) -> None:
    for key in spec.required:
        if key not in configuration:
            raise InvalidActionDeclarationException(
                f"Action configuration for action '{name}' is missing required configuration "
                f"'{key}'"
            )
    for key in configuration:
        if key not in (*spec.required, *spec.optional):
            raise InvalidActionDeclarationException(
                f"Action configuration for action '{name}' contains unknown configuration '{key}'"
            )
    timeout = configuration.get("DeploymentTimeout")
    if timeout is not None and not (timeout.isdecimal() and 1 <= int(timeout) <= 60):
        raise InvalidActionDeclarationException(
            f"Action configuration for action '{name}': DeploymentTimeout must be a whole number "
            f"of minutes from 1 to 60; got '{timeout}'"
        )
    if configuration.get("OutputArtifactFormat", "CODE_ZIP") != "CODE_ZIP":
        raise NotEmulated(
            f"OutputArtifactFormat `{configuration['OutputArtifactFormat']}` of the action "
            f"`{name}` is not emulated; use CODE_ZIP."
        )


def _refuse_artifact_counts(action: Declaration, spec: ActionTypeSpec) -> None:
    for kind, found, (minimum, maximum) in (
        ("input", len(action["inputArtifacts"]), spec.inputs),
        ("output", len(action["outputArtifacts"]), spec.outputs),
    ):
        if found < minimum:
            raise InvalidActionDeclarationException(
                f"Action {action['name']} declares {found} {kind} artifacts which is less than "
                f"the minimum count ({minimum})"
            )
        if found > maximum:
            raise InvalidActionDeclarationException(
                f"Action {action['name']} declares {found} {kind} artifacts which is more than "
                f"the maximum count ({maximum})"
            )
