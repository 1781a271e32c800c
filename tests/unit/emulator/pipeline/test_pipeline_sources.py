"""What source actions take from CodeCommit and S3, and the words they fail with."""

import json

import pytest

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
    with workbench.artifact(execution_id, "Source") as archive:
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
    assert workbench.error(execution_id, "Source") == {
        "code": "ConfigurationError",
        "message": "The action failed because no branch named main was found in the selected AWS "
        f"CodeCommit repository {repository}. Make sure you are using the correct branch name, "
        "and then try again. Error: null",
    }


def test_missing_repository_is_named(workbench, codecommit_stages):
    execution_id = workbench.create(stages=codecommit_stages(RepositoryName="nowhere"))
    assert workbench.ended(execution_id) == "Failed"
    assert "repository named nowhere" in workbench.error(execution_id, "Source")["message"]


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
    assert gone in workbench.error(execution_id, "Source")["message"]


def test_missing_artifact_bucket_fails_the_source_naming_it(
    workbench, gate, commit, codecommit_stages
):
    commit("a", "1")
    execution_id = workbench.create(
        stages=codecommit_stages(),
        artifactStore={"type": "S3", "location": f"{workbench.prefix}-nowhere"},
    )
    assert workbench.ended(execution_id) == "Failed"
    error = workbench.error(execution_id, "Source")
    assert error["code"] == "PermissionError"
    assert f"'{workbench.prefix}-nowhere'" in error["message"]


# S3


def test_s3_source_without_its_object_fails_naming_it(aws, workbench):
    aws("s3").delete_object(Bucket=workbench.source_bucket, Key="source.zip")
    execution_id = workbench.create()
    assert workbench.ended(execution_id) == "Failed"
    message = workbench.error(execution_id, "Source")["message"]
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
    message = workbench.error(execution_id, "Source")["message"]
    assert "must have versioning enabled" in message
