"""Which declarations are refused, and by what; no emulator is needed for it."""

import copy

import pytest

from emulator.control_plane.base import AwsError
from emulator.control_plane.codepipeline.structure import (
    polling_actions,
    read_structure,
    refuse_invalid,
    with_defaults,
)

REGION = "us-west-2"


@pytest.fixture
def declaration(declare):
    repository = {"RepositoryName": "app", "BranchName": "main"}
    return {
        "name": "pipe",
        "version": 1,
        "roleArn": "arn:aws:iam::123456789012:role/r",
        "pipelineType": "V2",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [
            {
                "name": "Source",
                "actions": [declare("Source", "Source", "CodeCommit", repository, outputs=["S"])],
            },
            {
                "name": "Build",
                "actions": [
                    declare("Build", "Build", "CodeBuild", {"ProjectName": "p"}, inputs=["S"])
                ],
            },
        ],
    }


def _error(declaration) -> AwsError:
    with pytest.raises(AwsError) as caught:
        refuse_invalid(with_defaults(declaration), REGION)
    return caught.value


def test_valid_declaration_is_read_for_the_engine(declaration):
    complete = with_defaults(declaration)
    refuse_invalid(complete, REGION)
    structure = read_structure(complete, REGION)
    assert [stage.name for stage in structure.stages] == ["Source", "Build"]
    assert structure.stages[1].actions[0].inputs == ("S",)
    assert structure.artifact_bucket == "artifacts"


def test_artifact_store_of_the_own_region_is_taken_from_several(declaration):
    del declaration["artifactStore"]
    declaration["artifactStores"] = {REGION: {"type": "S3", "location": "here"}}
    assert read_structure(with_defaults(declaration), REGION).artifact_bucket == "here"


def test_source_actions_poll_unless_they_say_false(declaration):
    assert polling_actions(with_defaults(declaration)) == ["Source"]
    declaration["stages"][0]["actions"][0]["configuration"]["PollForSourceChanges"] = "false"
    assert polling_actions(with_defaults(declaration)) == []


def _one_stage(d, _declare):
    d["stages"].pop()


def _build_first(d, _declare):
    d["stages"].reverse()


def _source_later(d, declare):
    conf = {"RepositoryName": "app", "BranchName": "main"}
    late = declare("Late", "Source", "CodeCommit", conf, outputs=["Late"])
    d["stages"][1]["actions"].append(late)


def _same_stage_name(d, _declare):
    d["stages"][1]["name"] = "Source"


def _same_action_name(d, _declare):
    d["stages"][1]["actions"].append(copy.deepcopy(d["stages"][1]["actions"][0]))


def _no_store(d, _declare):
    del d["artifactStore"]


def _missing_key(d, _declare):
    d["stages"][1]["actions"][0]["configuration"] = {}


def _unknown_key(d, _declare):
    d["stages"][1]["actions"][0]["configuration"]["Nope"] = "x"


def _unknown_input(d, _declare):
    d["stages"][1]["actions"][0]["inputArtifacts"] = [{"name": "T"}]


def _no_input(d, _declare):
    d["stages"][1]["actions"][0]["inputArtifacts"] = []


def _too_many_outputs(d, _declare):
    d["stages"][0]["actions"][0]["outputArtifacts"] = [{"name": "S"}, {"name": "T"}]


def _same_output(d, _declare):
    d["stages"][1]["actions"][0]["outputArtifacts"] = [{"name": "S"}]


def _same_namespace(d, _declare):
    for stage in d["stages"]:
        stage["actions"][0]["namespace"] = "N"


def _bad_name(d, _declare):
    d["stages"][1]["name"] = "with space"


def _queued_v1(d, _declare):
    d |= {"pipelineType": "V1", "executionMode": "QUEUED"}


def _unknown_mode(d, _declare):
    d["executionMode"] = "HASTY"


def _unknown_type(d, _declare):
    d["pipelineType"] = "V3"


def _bad_timeout(d, declare):
    conf = {"ClusterName": "c", "ServiceName": "s", "DeploymentTimeout": "61"}
    d["stages"][1]["actions"] = [declare("Deploy", "Deploy", "ECS", conf, inputs=["S"])]


def _action_timeout(d, _declare):
    d["stages"][1]["actions"][0]["timeoutInMinutes"] = 5


def _other_version(d, _declare):
    d["stages"][1]["actions"][0]["actionTypeId"]["version"] = "2"


def _condition(d, _declare):
    d["stages"][1]["onFailure"] = {"result": "ROLLBACK"}


def _other_region(d, _declare):
    d["stages"][1]["actions"][0]["region"] = "eu-west-1"


def _full_clone(d, _declare):
    d["stages"][0]["actions"][0]["configuration"]["OutputArtifactFormat"] = "CODEBUILD_CLONE_REF"


@pytest.mark.parametrize(
    ("spoil", "code", "named"),
    [
        (_one_stage, "InvalidStructureException", "minimum of 2 stages"),
        (_build_first, "InvalidStructureException", "only contains source actions"),
        (_source_later, "InvalidStructureException", "Build contains source actions"),
        (_same_stage_name, "InvalidStageDeclarationException", "Source occurs more than once"),
        (_same_action_name, "InvalidActionDeclarationException", "Build occurs more than once"),
        (_no_store, "InvalidStructureException", "no artifact store"),
        (_missing_key, "InvalidActionDeclarationException", "required configuration 'ProjectName'"),
        (_unknown_key, "InvalidActionDeclarationException", "unknown configuration 'Nope'"),
        (_unknown_input, "InvalidActionDeclarationException", "Bundle T in action Build"),
        (_no_input, "InvalidActionDeclarationException", "less than the minimum count (1)"),
        (_too_many_outputs, "InvalidActionDeclarationException", "more than the maximum count (1)"),
        (_same_output, "InvalidActionDeclarationException", "must be unique within the pipeline"),
        (_same_namespace, "InvalidActionDeclarationException", "Namespace=[N]"),
        (_bad_name, "ValidationException", "with space"),
        (_queued_v1, "InvalidStructureException", "QUEUED requires pipeline type V2"),
        (_unknown_mode, "ValidationException", "'HASTY' at 'executionMode'"),
        (_unknown_type, "ValidationException", "enum value set: [V1, V2]"),
        (_bad_timeout, "InvalidActionDeclarationException", "from 1 to 60; got '61'"),
        (_action_timeout, "InvalidActionDeclarationException", "timeoutInMinutes"),
        (_other_version, "InvalidActionDeclarationException", "Version: '2'"),
        (_condition, "NotImplementedException", "`onFailure` of the stage `Build`"),
        (_other_region, "NotImplementedException", "`eu-west-1`"),
        (_full_clone, "NotImplementedException", "`CODEBUILD_CLONE_REF`"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_invalid_declaration_is_refused_by_what_is_wrong(declaration, declare, spoil, code, named):
    spoil(declaration, declare)
    error = _error(declaration)
    assert error.code == code
    assert named in error.message


def _with_approval(declaration, declare, **members):
    approve = declare("Approve", "Approval", "Manual", {}, **members)
    declaration["stages"].append({"name": "Approve", "actions": [approve]})
    return declaration


@pytest.mark.parametrize("minutes", [5, 86_400])
def test_timeout_of_an_approval_is_read_for_the_engine(declaration, declare, minutes):
    complete = with_defaults(_with_approval(declaration, declare, timeoutInMinutes=minutes))
    refuse_invalid(complete, REGION)
    (approve,) = read_structure(complete, REGION).stages[-1].actions
    assert (approve.timeout_min, approve.waits_for_approval) == (minutes, True)


@pytest.mark.parametrize(
    ("minutes", "rule"),
    [(4, "greater than or equal to 5"), (86_401, "less than or equal to 86400")],
)
def test_timeout_out_of_range_is_refused(declaration, declare, minutes, rule):
    error = _error(_with_approval(declaration, declare, timeoutInMinutes=minutes))
    assert error.code == "ValidationException"
    assert rule in error.message


def test_timeout_of_what_is_no_approval_is_refused(declaration):
    declaration["stages"][1]["actions"][0]["timeoutInMinutes"] = 5
    assert "only manual approval actions" in _error(declaration).message


@pytest.mark.parametrize(
    "missing",
    [
        "ApplicationName",
        "DeploymentGroupName",
        "TaskDefinitionTemplateArtifact",
        "AppSpecTemplateArtifact",
    ],
)
def test_blue_green_action_needs_its_group_and_its_templates(declaration, declare, missing):
    configuration = {
        "ApplicationName": "a",
        "DeploymentGroupName": "g",
        "TaskDefinitionTemplateArtifact": "S",
        "AppSpecTemplateArtifact": "S",
    }
    del configuration[missing]
    action = declare("DeployProd", "Deploy", "CodeDeployToECS", configuration, inputs=["S"])
    declaration["stages"].append({"name": "DeployProd", "actions": [action]})
    assert f"missing required configuration '{missing}'" in _error(declaration).message


def test_fifth_image_of_a_blue_green_action_is_unknown(declaration, declare):
    configuration = {
        "ApplicationName": "a",
        "DeploymentGroupName": "g",
        "TaskDefinitionTemplateArtifact": "S",
        "AppSpecTemplateArtifact": "S",
        "Image5ArtifactName": "S",
    }
    action = declare("DeployProd", "Deploy", "CodeDeployToECS", configuration, inputs=["S"])
    declaration["stages"].append({"name": "DeployProd", "actions": [action]})
    assert "unknown configuration 'Image5ArtifactName'" in _error(declaration).message
