"""What a CodeBuild action hands a build, takes from it, and says when it fails."""

import json

import pytest

BUILDSPEC = """
version: 0.2
env:
  exported-variables: [GREETING]
phases:
  pre_build:
    commands:
      - {first}
  build:
    commands:
      - export GREETING="hello $V"
      - echo "$CODEBUILD_RESOLVED_SOURCE_VERSION" > version.txt
artifacts:
  files: [version.txt]
"""


@pytest.fixture
def build_project(aws, workbench) -> str:
    """Return a project whose buildspec comes with the source, as a pipeline's has it."""
    name = f"{workbench.prefix}-build"
    aws("codebuild").create_project(
        name=name,
        source={"type": "CODEPIPELINE"},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=workbench.role_arn,
    )
    return name


def build_action(declare, project: str, **configuration: str):
    return declare(
        "Build",
        "Build",
        "CodeBuild",
        {"ProjectName": project, **configuration},
        inputs=["SourceOutput"],
        outputs=["BuildOutput"],
    )


def test_build_takes_the_source_and_gives_artifact_and_variables(
    aws, workbench, declare, build_project
):
    version = workbench.put_source({"buildspec.yml": BUILDSPEC.format(first="true")})
    given = json.dumps([{"name": "V", "value": "#{Src.VersionId}", "type": "PLAINTEXT"}])
    execution_id = workbench.create(
        build_action(declare, build_project, EnvironmentVariables=given)
    )
    assert workbench.ended(execution_id) == "Succeeded"
    built = workbench.actions(execution_id)["Build"]
    assert built["output"]["outputVariables"] == {"GREETING": f"hello {version}"}
    with workbench.artifact(execution_id, "Build") as archive:
        assert archive.read("version.txt").decode().strip() == version
    build_id = built["output"]["executionResult"]["externalExecutionId"]
    (build,) = aws("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert build["initiator"] == f"codepipeline/{workbench.name}"


def test_failed_build_names_phase_command_and_reason(workbench, declare, build_project):
    workbench.put_source({"buildspec.yml": BUILDSPEC.format(first="exit 3")})
    execution_id = workbench.create(build_action(declare, build_project))
    assert workbench.ended(execution_id) == "Failed"
    built = workbench.actions(execution_id)["Build"]
    assert workbench.error(execution_id, "Build") == {
        "code": "JobFailed",
        "message": "Build terminated with state: FAILED. Phase: PRE_BUILD, Code: "
        "COMMAND_EXECUTION_ERROR, Message: Error while executing command: exit 3. "
        "Reason: exit status 3",
    }
    assert built["output"]["executionResult"]["externalExecutionId"].startswith(build_project)


def test_missing_project_fails_as_start_build_does(workbench, declare):
    execution_id = workbench.create(build_action(declare, "nowhere"))
    assert workbench.ended(execution_id) == "Failed"
    error = workbench.error(execution_id, "Build")
    assert error["code"] == "JobFailed"
    assert error["message"].startswith("Error calling startBuild: Project cannot be found: ")


def test_environment_variables_that_are_no_json_fail_the_action(workbench, declare, build_project):
    action = build_action(declare, build_project, EnvironmentVariables="A=b")
    execution_id = workbench.create(action)
    assert workbench.ended(execution_id) == "Failed"
    error = workbench.error(execution_id, "Build")
    assert error["code"] == "ConfigurationError"
    assert error["message"].endswith(": A=b")
