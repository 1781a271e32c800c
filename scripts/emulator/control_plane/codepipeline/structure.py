"""A pipeline's declaration: refused where AWS would refuse it, and read for the engine.

Source: "CodePipeline pipeline structure reference" in the user guide; wording as observed in public
reports of AWS's own errors, where there are any.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from emulator.control_plane.base import NotEmulated
from emulator.control_plane.codepipeline.action_types import EMULATED
from emulator.control_plane.codepipeline.declared_actions import (
    Declaration,
    refuse_invalid_action,
)
from emulator.control_plane.codepipeline.exceptions import (
    InvalidActionDeclarationException,
    InvalidStageDeclarationException,
    InvalidStructureException,
    ValidationException,
)
from emulator.engines.pipeline.declaration import (
    Action,
    ActionType,
    ExecutionMode,
    Stage,
    Structure,
)

_NAME = re.compile(r"[A-Za-z0-9.@\-_]{1,100}")


def with_defaults(declaration: Declaration) -> Declaration:
    """Return the declaration with what AWS fills in."""
    stages = [
        {
            **stage,
            "actions": [
                {
                    **action,
                    "runOrder": action.get("runOrder", 1),
                    "configuration": action.get("configuration") or {},
                    "outputArtifacts": action.get("outputArtifacts") or [],
                    "inputArtifacts": action.get("inputArtifacts") or [],
                }
                for action in stage["actions"]
            ],
        }
        for stage in declaration["stages"]
    ]
    return {"executionMode": "SUPERSEDED", "pipelineType": "V1", **declaration, "stages": stages}


def read_structure(declaration: Declaration, region: str) -> Structure:
    """Return what the engine needs of a declaration that was found valid."""
    return Structure(
        name=declaration["name"],
        version=declaration["version"],
        stages=tuple(
            Stage(stage["name"], tuple(_read_action(action) for action in stage["actions"]))
            for stage in declaration["stages"]
        ),
        artifact_bucket=artifact_bucket(declaration, region),
        mode=ExecutionMode(declaration["executionMode"]),
    )


def _read_action(action: Declaration) -> Action:
    kind = action["actionTypeId"]
    return Action(
        name=action["name"],
        type=ActionType(kind["category"], kind["owner"], kind["provider"], kind["version"]),
        run_order=action["runOrder"],
        configuration=action["configuration"],
        inputs=tuple(artifact["name"] for artifact in action["inputArtifacts"]),
        outputs=tuple(artifact["name"] for artifact in action["outputArtifacts"]),
        namespace=action.get("namespace"),
        role_arn=action.get("roleArn"),
        timeout_min=action.get("timeoutInMinutes"),
    )


def artifact_bucket(declaration: Declaration, region: str) -> str:
    store = declaration.get("artifactStore") or (declaration.get("artifactStores") or {}).get(
        region
    )
    if not store:
        raise InvalidStructureException(
            f"Pipeline {declaration['name']} has no artifact store for the region {region}"
        )
    return str(store["location"])


def refuse_invalid(declaration: Declaration, region: str) -> None:
    """Raise the error that AWS answers an invalid declaration with; `with_defaults` came first."""
    _refuse_invalid_members(declaration)
    _refuse_not_emulated(declaration, region)
    artifact_bucket(declaration, region)
    _refuse_invalid_stages(declaration)
    for stage, action in _actions(declaration):
        refuse_invalid_action(stage, action)
    _refuse_repeated_namespaces(declaration)
    _refuse_invalid_artifacts(declaration)
    _refuse_v2_in_v1(declaration)


def _actions(declaration: Declaration) -> Iterator[tuple[Declaration, Declaration]]:
    for stage in declaration["stages"]:
        for action in stage["actions"]:
            yield stage, action


def refuse_unknown_value(member: str, value: str, known: Iterable[str]) -> None:
    """Raise the error for a value that is none of an enumeration's, which botocore lets through."""
    allowed = list(known)
    if value not in allowed:
        raise ValidationException(
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
        )


def _refuse_invalid_members(declaration: Declaration) -> None:
    refuse_unknown_value("executionMode", declaration["executionMode"], ExecutionMode)
    refuse_unknown_value("pipelineType", declaration["pipelineType"], ["V1", "V2"])
    named = [declaration, *declaration["stages"], *(a for _, a in _actions(declaration))]
    for thing in named:
        if not _NAME.fullmatch(thing["name"]):
            raise ValidationException(
                f"1 validation error detected: Value '{thing['name']}' at 'name' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+"
            )


def _refuse_not_emulated(declaration: Declaration, region: str) -> None:
    if declaration.get("triggers"):
        raise NotEmulated("Triggers of a pipeline are not emulated; use an EventBridge rule.")
    for stage in declaration["stages"]:
        for condition in ("onFailure", "onSuccess", "beforeEntry", "blockers"):
            if stage.get(condition):
                raise NotEmulated(f"`{condition}` of the stage `{stage['name']}` is not emulated.")
    for _, action in _actions(declaration):
        kind = action["actionTypeId"]
        if kind["owner"] != "AWS" or (kind["category"], kind["provider"]) not in EMULATED:
            raise NotEmulated(
                f"The action `{action['name']}` has the provider `{kind['provider']}` (category "
                f"{kind['category']}, owner {kind['owner']}), which is not emulated yet. Emulated "
                "are: " + ", ".join(sorted({f"{c}/{p}" for c, p in EMULATED})) + "."
            )
        if action.get("region", region) != region:
            raise NotEmulated(
                f"The action `{action['name']}` is in the region `{action['region']}`: actions in "
                "another region than the pipeline's are not emulated."
            )


def _refuse_invalid_stages(declaration: Declaration) -> None:
    stages = declaration["stages"]
    if len(stages) < 2:
        raise InvalidStructureException(
            f"Pipeline has only {len(stages)} stage(s). There should be a minimum of 2 stages in "
            "a pipeline"
        )
    for name in _repeated([stage["name"] for stage in stages]):
        raise InvalidStageDeclarationException(
            f"Stage names must be unique in a pipeline; {name} occurs more than once"
        )
    categories = [{_category(action) for action in stage["actions"]} for stage in stages]
    if categories[0] != {"Source"}:
        raise InvalidStructureException(
            "Pipeline should start with a stage that only contains source actions"
        )
    for stage, found in zip(stages[1:], categories[1:], strict=True):
        if not found:
            raise InvalidStageDeclarationException(f"Stage {stage['name']} has no actions")
        if "Source" in found:
            raise InvalidStructureException(
                f"Stage {stage['name']} contains source actions, which only the first stage may"
            )


def _category(action: Declaration) -> str:
    return str(action["actionTypeId"]["category"])


def _refuse_repeated_namespaces(declaration: Declaration) -> None:
    """Source: the message as reported in github.com/aws/aws-cdk/issues/16142."""
    named = [(s, a) for s, a in _actions(declaration) if a.get("namespace")]
    repeated = _repeated([action["namespace"] for _, action in named])
    if repeated:
        places = "\n".join(
            f"StageName=[{stage['name']}], ActionName=[{action['name']}], "
            f"Namespace=[{action['namespace']}]"
            for stage, action in named
            if action["namespace"] in repeated
        )
        raise InvalidActionDeclarationException(
            "Namespaces must be unique across the pipeline definition. The following occur more "
            f"than once in the pipeline.\n\n{places}"
        )


def _refuse_invalid_artifacts(declaration: Declaration) -> None:
    known: set[str] = set()
    for stage in declaration["stages"]:
        for action in sorted(stage["actions"], key=lambda action: action["runOrder"]):
            for artifact in action["inputArtifacts"]:
                if artifact["name"] not in known:
                    raise InvalidActionDeclarationException(
                        f"Input Artifact Bundle {artifact['name']} in action {action['name']} is "
                        "either not declared as output artifact or declared by a later action"
                    )
            for artifact in action["outputArtifacts"]:
                if artifact["name"] in known:
                    raise InvalidActionDeclarationException(
                        f"Output Artifact Bundle name must be unique within the pipeline. "
                        f"{artifact['name']} has been used more than once."
                    )
                known.add(artifact["name"])


def polling_actions(declaration: Declaration) -> list[str]:
    """Return the source actions that ask AWS to look for changes itself, which is the default."""
    return [
        action["name"]
        for action in declaration["stages"][0]["actions"]
        if action["configuration"].get("PollForSourceChanges", "true") != "false"
    ]


def _refuse_v2_in_v1(declaration: Declaration) -> None:
    if declaration["pipelineType"] == "V2":
        return
    if declaration["executionMode"] != "SUPERSEDED":
        raise InvalidStructureException(
            f"Execution mode {declaration['executionMode']} requires pipeline type V2"
        )
    if declaration.get("variables"):
        raise InvalidStructureException("Pipeline variables require pipeline type V2")


def _repeated(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
