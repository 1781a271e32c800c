"""What each provider's action does in the emulator, and the words it fails with."""

import io
import json
import zipfile

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


def error_of(detail) -> dict[str, str]:
    return detail["output"]["executionResult"]["errorDetails"]


def read_artifact(aws, detail) -> zipfile.ZipFile:
    location = detail["output"]["outputArtifacts"][0]["s3location"]
    stored = aws("s3").get_object(Bucket=location["bucket"], Key=location["key"])
    with stored["Body"] as body:
        return zipfile.ZipFile(io.BytesIO(body.read()))


# CodeCommit


@pytest.fixture
def repository(aws, workbench) -> str:
    """Return the name of an empty repository."""
    name = f"{workbench.prefix}-app"
    aws("codecommit").create_repository(repositoryName=name)
    return name


@pytest.fixture
def commit(aws, repository):
    """Return a function that commits one file to `main`, and returns the commit's id."""
    codecommit = aws("codecommit")

    def commit(path: str, content: str, mode: str = "NORMAL") -> str:
        branches = codecommit.list_branches(repositoryName=repository)["branches"]
        parent = {}
        if "main" in branches:
            head = codecommit.get_branch(repositoryName=repository, branchName="main")
            parent = {"parentCommitId": head["branch"]["commitId"]}
        file = {"filePath": path, "fileContent": content.encode(), "fileMode": mode}
        return codecommit.create_commit(
            repositoryName=repository,
            branchName="main",
            commitMessage=f"Add {path}",
            putFiles=[file],
            **parent,
        )["commitId"]

    return commit


@pytest.fixture
def codecommit_stages(declare, repository):
    """Return a function that makes stages whose source is the repository."""

    def stages(**configuration: str):
        taken = {"RepositoryName": repository, "BranchName": "main", **configuration}
        source = declare("Source", "Source", "CodeCommit", taken, outputs=["SourceOutput"])
        build = declare(
            "Build", "Build", "CodeBuild", {"ProjectName": "p"}, inputs=["SourceOutput"]
        )
        return [
            {"name": "Source", "actions": [source]},
            {"name": "Work", "actions": [build]},
        ]

    return stages


def test_codecommit_source_zips_the_branch_head(aws, workbench, gate, commit, codecommit_stages):
    commit("run.sh", "#!/bin/sh\n", mode="EXECUTABLE")
    head = commit("docs/read me.txt", "한글")
    gate.succeed()
    execution_id = workbench.create(stages=codecommit_stages(PollForSourceChanges="false"))
    workbench.ended(execution_id)
    source = workbench.actions(execution_id)["Source"]
    with read_artifact(aws, source) as archive:
        assert sorted(archive.namelist()) == ["docs/read me.txt", "run.sh"]
        assert archive.read("docs/read me.txt").decode() == "한글"
        assert archive.getinfo("run.sh").external_attr >> 16 & 0o111
    variables = source["output"]["outputVariables"]
    assert variables["CommitId"] == head
    assert variables["BranchName"] == "main"
    assert variables["CommitMessage"] == "Add docs/read me.txt"
    assert set(variables) == {
        "AuthorDate",
        "BranchName",
        "CommitId",
        "CommitMessage",
        "CommitterDate",
        "RepositoryName",
    }
    state = workbench.stage("Source")["actionStates"][0]
    assert state["latestExecution"]["externalExecutionId"] == head
    assert state["revisionUrl"].endswith(f"/commit/{head}")


def test_codecommit_source_takes_the_commit_it_is_pinned_to(
    workbench, gate, commit, codecommit_stages
):
    first = commit("a", "1")
    commit("b", "2")
    gate.succeed()
    workbench.ended(workbench.create(stages=codecommit_stages()))
    gate.succeed()
    execution_id = workbench.start(
        sourceRevisions=[
            {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": first}
        ]
    )
    workbench.ended(execution_id)
    assert workbench.execution(execution_id)["artifactRevisions"][0]["revisionId"] == first


def test_commit_starts_the_pipeline_through_a_rule_pinned_to_it(
    aws, workbench, gate, repository, commit, codecommit_stages, wait_until
):
    commit("a", "1")
    gate.succeed()
    workbench.ended(workbench.create(stages=codecommit_stages()))
    pattern = {
        "source": ["aws.codecommit"],
        "detail-type": ["CodeCommit Repository State Change"],
        "detail": {"repositoryName": [repository], "referenceName": ["main"]},
    }
    revision = (
        '{"sourceRevisions": [{"actionName": "Source", "revisionType": "COMMIT_ID", '
        '"revisionValue": <commit>}]}'
    )
    aws("events").put_rule(Name=workbench.prefix, EventPattern=json.dumps(pattern))
    aws("events").put_targets(
        Rule=workbench.prefix,
        Targets=[
            {
                "Id": "pipeline",
                "Arn": f"arn:aws:codepipeline:us-west-2:123456789012:{workbench.name}",
                "RoleArn": workbench.role_arn,
                "InputTransformer": {
                    "InputPathsMap": {"commit": "$.detail.commitId"},
                    "InputTemplate": revision,
                },
            }
        ],
    )
    gate.succeed()
    pushed = commit("b", "2")
    newest = wait_until(lambda: workbench.summaries() if len(workbench.summaries()) == 2 else None)
    execution_id = newest[0]["pipelineExecutionId"]
    assert workbench.ended(execution_id) == "Succeeded"
    assert newest[0]["trigger"]["triggerType"] == "CloudWatchEvent"
    assert workbench.execution(execution_id)["artifactRevisions"][0]["revisionId"] == pushed


def test_missing_branch_fails_in_the_words_of_aws(workbench, repository, codecommit_stages):
    execution_id = workbench.create(stages=codecommit_stages())
    assert workbench.ended(execution_id) == "Failed"
    assert error_of(workbench.actions(execution_id)["Source"]) == {
        "code": "ConfigurationError",
        "message": "The action failed because no branch named main was found in the selected AWS "
        f"CodeCommit repository {repository}. Make sure you are using the correct branch name, "
        "and then try again. Error: null",
    }


def test_missing_repository_is_named(workbench, codecommit_stages):
    execution_id = workbench.create(stages=codecommit_stages(RepositoryName="nowhere"))
    assert workbench.ended(execution_id) == "Failed"
    assert (
        "repository named nowhere" in error_of(workbench.actions(execution_id)["Source"])["message"]
    )


def test_missing_commit_is_named(workbench, gate, commit, codecommit_stages):
    commit("a", "1")
    gate.succeed()
    workbench.ended(workbench.create(stages=codecommit_stages()))
    gone = "0" * 40
    execution_id = workbench.start(
        sourceRevisions=[
            {"actionName": "Source", "revisionType": "COMMIT_ID", "revisionValue": gone}
        ]
    )
    assert workbench.ended(execution_id) == "Failed"
    assert gone in error_of(workbench.actions(execution_id)["Source"])["message"]


# S3


def test_s3_source_without_its_object_fails_naming_it(aws, workbench):
    aws("s3").delete_object(Bucket=workbench.source_bucket, Key="source.zip")
    execution_id = workbench.create()
    assert workbench.ended(execution_id) == "Failed"
    message = error_of(workbench.actions(execution_id)["Source"])["message"]
    assert "key 'source.zip' does not exist" in message


def test_s3_source_in_an_unversioned_bucket_fails(aws, workbench):
    plain = f"{workbench.prefix}-plain"
    aws("s3").create_bucket(
        Bucket=plain, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    aws("s3").put_object(Bucket=plain, Key="source.zip", Body=b"x")
    workbench.source_bucket = plain
    execution_id = workbench.create()
    assert workbench.ended(execution_id) == "Failed"
    message = error_of(workbench.actions(execution_id)["Source"])["message"]
    assert "must have versioning enabled" in message


# CodeBuild


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
    with read_artifact(aws, built) as archive:
        assert archive.read("version.txt").decode().strip() == version
    build_id = built["output"]["executionResult"]["externalExecutionId"]
    (build,) = aws("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert build["initiator"] == f"codepipeline/{workbench.name}"


def test_failed_build_names_phase_command_and_reason(workbench, declare, build_project):
    workbench.put_source({"buildspec.yml": BUILDSPEC.format(first="exit 3")})
    execution_id = workbench.create(build_action(declare, build_project))
    assert workbench.ended(execution_id) == "Failed"
    built = workbench.actions(execution_id)["Build"]
    assert error_of(built) == {
        "code": "JobFailed",
        "message": "Build terminated with state: FAILED. Phase: PRE_BUILD, Code: "
        "COMMAND_EXECUTION_ERROR, Message: Error while executing command: exit 3. "
        "Reason: exit status 3",
    }
    assert built["output"]["executionResult"]["externalExecutionId"].startswith(build_project)


def test_missing_project_fails_as_start_build_does(workbench, declare):
    execution_id = workbench.create(build_action(declare, "nowhere"))
    assert workbench.ended(execution_id) == "Failed"
    error = error_of(workbench.actions(execution_id)["Build"])
    assert error["code"] == "JobFailed"
    assert error["message"].startswith("Error calling startBuild: Project cannot be found: ")


def test_environment_variables_that_are_no_json_fail_the_action(workbench, declare, build_project):
    action = build_action(declare, build_project, EnvironmentVariables="A=b")
    execution_id = workbench.create(action)
    assert workbench.ended(execution_id) == "Failed"
    error = error_of(workbench.actions(execution_id)["Build"])
    assert error["code"] == "ConfigurationError"
    assert error["message"].endswith(": A=b")


# ECS


class Service:
    """A service of two containers that wants no task, so that a roll-out is over at once."""

    def __init__(self, aws, workbench, desired: int = 0) -> None:
        self.name = f"{workbench.prefix}-service"
        self.ecs = aws("ecs")
        self.ecs.create_cluster(clusterName=self.name)
        self.first = self.ecs.register_task_definition(
            family=self.name,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=workbench.role_arn,
            taskRoleArn=workbench.role_arn,
            tags=[{"key": "step", "value": "1.2"}],
            containerDefinitions=[
                {
                    "name": "web",
                    "image": "old:1",
                    "command": ["serve"],
                    "environment": [{"name": "A", "value": "b"}],
                },
                {"name": "side", "image": "side:1"},
            ],
        )["taskDefinition"]["taskDefinitionArn"]
        ec2 = aws("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        self.ecs.create_service(
            cluster=self.name,
            serviceName=self.name,
            taskDefinition=self.first,
            desiredCount=desired,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        )

    def configuration(self, **more: str) -> dict[str, str]:
        return {"ClusterName": self.name, "ServiceName": self.name, **more}

    def task_definition(self) -> dict:
        found = self.ecs.describe_services(cluster=self.name, services=[self.name])
        return self.ecs.describe_task_definition(
            taskDefinition=found["services"][0]["taskDefinition"], include=["TAGS"]
        )


@pytest.fixture
def make_service(aws, workbench):
    """Return a function that makes the service; it is deleted when the test ends."""
    made = []

    def make(desired: int = 0) -> Service:
        made.append(Service(aws, workbench, desired))
        return made[-1]

    yield make
    for service in made:
        service.ecs.delete_service(cluster=service.name, service=service.name, force=True)


def deploy(declare, configuration: dict[str, str]):
    return declare("Deploy", "Deploy", "ECS", configuration, inputs=["SourceOutput"])


def images(**by_container: str) -> str:
    return json.dumps([{"name": n, "imageUri": uri} for n, uri in by_container.items()])


def test_deploy_copies_the_revision_in_use_but_for_the_named_images(
    workbench, declare, make_service
):
    service = make_service()
    workbench.put_source({"imagedefinitions.json": images(web="new:2")})
    execution_id = workbench.create(deploy(declare, service.configuration()))
    assert workbench.ended(execution_id) == "Succeeded"
    described = service.task_definition()
    definition = described["taskDefinition"]
    assert definition["revision"] == 2
    assert [c["image"] for c in definition["containerDefinitions"]] == ["new:2", "side:1"]
    web = definition["containerDefinitions"][0]
    assert (web["command"], web["environment"]) == (["serve"], [{"name": "A", "value": "b"}])
    assert definition["executionRoleArn"] == definition["taskRoleArn"] == workbench.role_arn
    assert described["tags"] == [{"key": "step", "value": "1.2"}]


def test_deploy_copies_what_the_service_uses_not_what_was_registered_last(
    workbench, declare, make_service
):
    service = make_service()
    service.ecs.register_task_definition(
        family=service.name,
        containerDefinitions=[{"name": "web", "image": "unused:9", "memory": 64}],
    )
    workbench.put_source({"imagedefinitions.json": images(web="new:2")})
    workbench.ended(workbench.create(deploy(declare, service.configuration())))
    definition = service.task_definition()["taskDefinition"]
    assert [c["image"] for c in definition["containerDefinitions"]] == ["new:2", "side:1"]


def test_deploy_reads_the_file_that_its_configuration_names(workbench, declare, make_service):
    service = make_service()
    workbench.put_source({"out/images.json": images(side="new:2")})
    configuration = service.configuration(FileName="out/images.json")
    execution_id = workbench.create(deploy(declare, configuration))
    assert workbench.ended(execution_id) == "Succeeded"
    definition = service.task_definition()["taskDefinition"]
    assert [c["image"] for c in definition["containerDefinitions"]] == ["old:1", "new:2"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"other": ""}, "Did not find the image definition file imagedefinitions.json in the "),
        ({"imagedefinitions.json": "{"}, "imagedefinitions.json contents invalid JSON format"),
        ({"imagedefinitions.json": "[1]"}, "imagedefinitions.json contents invalid JSON format"),
        ({"imagedefinitions.json": "[]"}, "imagedefinitions.json contents invalid JSON format"),
        (
            {"imagedefinitions.json": images(nope="x:1")},
            "The AWS ECS container nope does not exist",
        ),
    ],
)
def test_deploy_fails_on_a_wrong_image_definition_file(
    workbench, declare, make_service, files, message
):
    service = make_service()
    workbench.put_source(files)
    execution_id = workbench.create(deploy(declare, service.configuration()))
    assert workbench.ended(execution_id) == "Failed"
    error = error_of(workbench.actions(execution_id)["Deploy"])
    assert error["code"] == "ConfigurationError"
    assert message in error["message"]
    assert service.task_definition()["taskDefinition"]["taskDefinitionArn"] == service.first


@pytest.mark.parametrize("missing", ["ClusterName", "ServiceName"])
def test_deploy_to_what_does_not_exist_fails_naming_it(workbench, declare, make_service, missing):
    service = make_service()
    workbench.put_source({"imagedefinitions.json": images(web="new:2")})
    configuration = service.configuration(**{missing: "nowhere"})
    execution_id = workbench.create(deploy(declare, configuration))
    assert workbench.ended(execution_id) == "Failed"
    message = error_of(workbench.actions(execution_id)["Deploy"])["message"]
    kind = missing.removesuffix("Name").lower()
    assert message == f"The AWS ECS {kind} nowhere does not exist"


def test_deploy_that_never_gets_steady_fails_at_its_timeout(workbench, declare, make_service):
    service = make_service(desired=1)
    workbench.put_source({"imagedefinitions.json": images(web="nowhere:1")})
    configuration = service.configuration(DeploymentTimeout="1")
    execution_id = workbench.create(deploy(declare, configuration))
    assert workbench.ended(execution_id) == "Failed"
    error = error_of(workbench.actions(execution_id)["Deploy"])
    assert error["code"] == "JobFailed"
    assert "timed out after 1 minutes" in error["message"]
