"""What a CodeDeployToECS action reads, fills in and registers, and the words it fails with."""

import json
import os

import pytest

IMAGE = "registry/app:1"
APP_SPEC = """
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo: {ContainerName: app, ContainerPort: 80}
"""


def configuration(name: str, **more: str) -> dict[str, str]:
    """Return a configuration with every file in one artifact, as the workshop has it."""
    return {
        "ApplicationName": name,
        "DeploymentGroupName": name,
        "TaskDefinitionTemplateArtifact": "SourceOutput",
        "AppSpecTemplateArtifact": "SourceOutput",
        "Image1ArtifactName": "SourceOutput",
        "Image1ContainerName": "IMAGE1_NAME",
        **more,
    }


def task_definition(family: str, **container: object) -> str:
    settings = {"name": "app", "image": "<IMAGE1_NAME>", "memory": 64, **container}
    return json.dumps({"family": family, "containerDefinitions": [settings]})


class Release:
    """A pipeline that deploys what a test puts into its source."""

    def __init__(self, workbench, declare) -> None:
        self.bench = workbench
        self.family = workbench.prefix
        self._declare = declare
        self.files = {
            "taskdef.json": task_definition(self.family),
            "appspec.yaml": APP_SPEC,
            "imageDetail.json": json.dumps({"ImageURI": IMAGE}),
        }

    def run(self, **changes: str | None) -> str:
        """Run the pipeline; `changes` are of the action's configuration, None to leave out."""
        self.bench.put_source(self.files)
        wanted = configuration(self.family, **changes)
        given = {name: value for name, value in wanted.items() if value is not None}
        action = self._declare(
            "DeployProd", "Deploy", "CodeDeployToECS", given, inputs=["SourceOutput"]
        )
        execution_id = self.bench.create(action)
        self.bench.ended(execution_id)
        return execution_id

    def error(self, **changes: str | None) -> tuple[str, str]:
        execution_id = self.run(**changes)
        assert self.bench.execution(execution_id)["status"] == "Failed"
        error = self.bench.error(execution_id, "DeployProd")
        return error["code"], error["message"]

    def registered(self) -> list[str]:
        ecs = self.bench.aws("ecs")
        return list(ecs.list_task_definitions(familyPrefix=self.family)["taskDefinitionArns"])


@pytest.fixture
def release(workbench, declare) -> Release:
    return Release(workbench, declare)


READING_TASK_DEFINITION = (
    "Exception while trying to read the task definition artifact file from: SourceOutput."
)
READING_APP_SPEC = "Exception while trying to read the appspec artifact file from: SourceOutput."
READING_IMAGE = (
    "Exception while trying to read the image artifact file from the artifact: SourceOutput."
)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("taskdef.json", None, READING_TASK_DEFINITION),
        ("taskdef.json", '{"image": "<IMAGE1_NAME>"', "taskdef.json in the artifact SourceOutput"),
        ("taskdef.json", '["<IMAGE1_NAME>"]', "is not a JSON object"),
        ("taskdef.json", "{}", "taskdef.json does not contain the placeholder <IMAGE1_NAME>"),
        ("taskdef.json", '{"famly": "<IMAGE1_NAME>"}', 'Unknown parameter in input: "famly"'),
        ("appspec.yaml", None, READING_APP_SPEC),
        ("appspec.yaml", "version: 0.0", "does not contain the placeholder <TASK_DEFINITION>"),
        ("imageDetail.json", None, READING_IMAGE),
        ("imageDetail.json", "{", READING_IMAGE),
        ("imageDetail.json", '{"imageUri": "x"}', READING_IMAGE),
        ("imageDetail.json", '{"ImageURI": ""}', READING_IMAGE),
        ("imageDetail.json", "[]", READING_IMAGE),
    ],
)
def test_broken_template_fails_before_anything_is_registered(release, file, content, message):
    if content is None:
        del release.files[file]
    else:
        release.files[file] = content
    code, said = release.error()
    assert code == "ConfigurationError"
    assert message in said
    assert release.registered() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Image1ContainerName": None}, "Image1ContainerName is not: an image needs both"),
        ({"Image1ArtifactName": None}, "Image1ArtifactName is not: an image needs both"),
        ({"AppSpecTemplateArtifact": "Other"}, "the appspec artifact file from: Other."),
        ({"TaskDefinitionTemplatePath": "prod.json"}, READING_TASK_DEFINITION),
        ({"AppSpecTemplatePath": "appspec.yml"}, READING_APP_SPEC),
        ({"Image1ContainerName": "OTHER"}, "does not contain the placeholder <OTHER>"),
    ],
)
def test_configuration_that_fits_no_file_fails(release, change, message):
    code, said = release.error(**change)
    assert code == "ConfigurationError"
    assert message in said


def test_artifact_of_more_than_3_mb_fails_as_if_it_had_no_file(release):
    release.files["big"] = os.urandom(3 * 1024 * 1024).hex()
    assert release.error() == ("ConfigurationError", READING_TASK_DEFINITION)


def test_filled_in_task_definition_is_registered(release):
    release.files["prod/task.json"] = release.files.pop("taskdef.json")
    release.run(TaskDefinitionTemplatePath="prod/task.json")
    (revision,) = release.registered()
    described = release.bench.aws("ecs").describe_task_definition(taskDefinition=revision)
    (container,) = described["taskDefinition"]["containerDefinitions"]
    assert container["image"] == IMAGE


def test_task_definition_without_an_image_of_the_pipeline_is_registered_as_it_is(release):
    release.files["taskdef.json"] = task_definition(release.family, image="fixed:1")
    release.run(Image1ArtifactName=None, Image1ContainerName=None)
    assert len(release.registered()) == 1


def test_ecs_refusal_of_the_task_definition_fails_the_action(release):
    wrong = {"family": release.family, "containerDefinitions": [{"image": "<IMAGE1_NAME>"}]}
    release.files["taskdef.json"] = json.dumps(wrong)
    code, message = release.error()
    assert code == "ConfigurationError"
    assert "AmazonECS" in message


def test_unknown_application_fails_in_codedeploys_words(release):
    code, message = release.error()
    assert code == "ConfigurationError"
    assert f"No application found for name: {release.family}" in message
    assert "Error Code: ApplicationDoesNotExistException" in message


def test_unknown_deployment_group_fails_in_codedeploys_words(release, aws):
    aws("codedeploy").create_application(applicationName=release.family, computePlatform="ECS")
    code, message = release.error()
    assert code == "ConfigurationError"
    assert "Error Code: DeploymentGroupDoesNotExistException" in message
