"""Repositories, their tags and their branches, as CodeCommit's API shows them."""

import inspect
from datetime import datetime

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from emulator.control_plane.base import AwsError
from emulator.control_plane.codecommit import exceptions


def code_of(refused):
    return refused.value.response["Error"]["Code"]


def test_new_repository_is_described_as_aws_does(codecommit, unique, emulator):
    name = unique()
    made = codecommit.create_repository(repositoryName=name, repositoryDescription="about")
    found = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert found == made["repositoryMetadata"]
    assert isinstance(found.pop("creationDate"), datetime)
    assert isinstance(found.pop("lastModifiedDate"), datetime)
    assert len(found.pop("repositoryId")) == 36
    assert found == {
        "accountId": "123456789012",
        "repositoryName": name,
        "repositoryDescription": "about",
        "cloneUrlHttp": f"{emulator.settings.endpoint_url}/v1/repos/{name}",
        "cloneUrlSsh": f"ssh://git-codecommit.us-west-2.amazonaws.com/v1/repos/{name}",
        "Arn": f"arn:aws:codecommit:us-west-2:123456789012:{name}",
    }


def test_name_is_taken_once(codecommit, empty):
    with pytest.raises(ClientError) as refused:
        codecommit.create_repository(repositoryName=empty)
    assert code_of(refused) == "RepositoryNameExistsException"


@pytest.mark.parametrize("name", ["a b", "a.git", "..", "ä", "a/b", "x" * 101])
def test_name_that_aws_does_not_allow_is_refused(codecommit, name):
    with pytest.raises(ClientError) as refused:
        codecommit.create_repository(repositoryName=name)
    assert code_of(refused) == "InvalidRepositoryNameException"


def test_folder_left_by_an_emulator_that_ended_is_replaced(codecommit, unique, emulator):
    name = unique()
    left = emulator.settings.data_dir / "git" / "123456789012" / "us-west-2" / f"{name}.git"
    left.mkdir(parents=True)
    (left / "HEAD").write_text("old\n")
    codecommit.create_repository(repositoryName=name)
    assert codecommit.list_branches(repositoryName=name)["branches"] == []


def test_name_that_the_disk_takes_for_a_live_repositorys_is_refused(codecommit, empty, emulator):
    same = emulator.settings.data_dir / "git" / "123456789012" / "us-west-2"
    (same / f"{empty.upper()}.git").mkdir(exist_ok=True)
    with pytest.raises(ClientError) as refused:
        codecommit.create_repository(repositoryName=empty.upper())
    assert code_of(refused) == "RepositoryNameExistsException"


def test_deleted_repository_is_gone_and_deleting_again_is_quiet(codecommit, empty):
    assert codecommit.delete_repository(repositoryName=empty)["repositoryId"]
    assert "repositoryId" not in codecommit.delete_repository(repositoryName=empty)
    with pytest.raises(ClientError) as refused:
        codecommit.get_repository(repositoryName=empty)
    assert code_of(refused) == "RepositoryDoesNotExistException"


def test_renamed_repository_keeps_its_commits(codecommit, repository, first, unique):
    new = unique()
    codecommit.update_repository_name(oldName=repository, newName=new)
    assert codecommit.get_commit(repositoryName=new, commitId=first)
    with pytest.raises(ClientError) as refused:
        codecommit.get_repository(repositoryName=repository)
    assert code_of(refused) == "RepositoryDoesNotExistException"


def test_rename_to_a_taken_name_is_refused(codecommit, repository, unique):
    other = unique()
    codecommit.create_repository(repositoryName=other)
    with pytest.raises(ClientError) as refused:
        codecommit.update_repository_name(oldName=repository, newName=other)
    assert code_of(refused) == "RepositoryNameExistsException"


def test_description_and_key_can_be_changed(codecommit, empty):
    codecommit.update_repository_description(repositoryName=empty, repositoryDescription="new")
    codecommit.update_repository_encryption_key(repositoryName=empty, kmsKeyId="alias/key")
    found = codecommit.get_repository(repositoryName=empty)["repositoryMetadata"]
    assert (found["repositoryDescription"], found["kmsKeyId"]) == ("new", "alias/key")


def test_description_that_is_too_long_is_refused(codecommit, empty):
    with pytest.raises(ClientError) as refused:
        codecommit.update_repository_description(
            repositoryName=empty, repositoryDescription="x" * 1001
        )
    assert code_of(refused) == "InvalidRepositoryDescriptionException"


def test_repositories_are_listed_in_the_order_asked_for(codecommit, unique):
    names = sorted(unique() for _ in range(3))
    for name in names:
        codecommit.create_repository(repositoryName=name)
    pairs = codecommit.list_repositories(sortBy="repositoryName", order="descending")
    listed = [pair["repositoryName"] for pair in pairs["repositories"]]
    assert [name for name in listed if name in names] == names[::-1]


def test_list_with_a_foreign_token_is_refused(codecommit):
    with pytest.raises(ClientError) as refused:
        codecommit.list_repositories(nextToken="none")
    assert code_of(refused) == "InvalidContinuationTokenException"


def test_batch_names_those_that_it_does_not_find(codecommit, empty):
    found = codecommit.batch_get_repositories(repositoryNames=[empty, "nowhere"])
    assert [one["repositoryName"] for one in found["repositories"]] == [empty]
    assert found["repositoriesNotFound"] == ["nowhere"]
    assert found["errors"][0]["errorCode"] == "RepositoryDoesNotExistException"


def test_tags_are_added_and_removed(codecommit, unique):
    made = codecommit.create_repository(repositoryName=unique(), tags={"a": "1", "b": "2"})
    arn = made["repositoryMetadata"]["Arn"]
    codecommit.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    codecommit.untag_resource(resourceArn=arn, tagKeys=["a", "absent"])
    assert codecommit.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}


@pytest.mark.parametrize(
    ("arn", "tags", "code"),
    [
        ("arn:aws:s3:::bucket", {"a": "b"}, "InvalidResourceArnException"),
        (
            "arn:aws:codecommit:us-west-2:123456789012:nowhere",
            {"a": "b"},
            "RepositoryDoesNotExistException",
        ),
        ("", {"aws:a": "b"}, "InvalidSystemTagUsageException"),
        ("", {str(n): "" for n in range(51)}, "TooManyTagsException"),
    ],
    ids=["foreign", "unknown", "reserved", "many"],
)
def test_tagging_that_aws_refuses_is_refused(codecommit, empty, arn, tags, code):
    arn = arn or codecommit.get_repository(repositoryName=empty)["repositoryMetadata"]["Arn"]
    with pytest.raises(ClientError) as refused:
        codecommit.tag_resource(resourceArn=arn, tags=tags)
    assert code_of(refused) == code


def test_branch_is_created_read_listed_and_deleted(codecommit, repository, first):
    codecommit.create_branch(repositoryName=repository, branchName="topic/x", commitId=first)
    found = codecommit.get_branch(repositoryName=repository, branchName="topic/x")["branch"]
    assert found == {"branchName": "topic/x", "commitId": first}
    assert codecommit.list_branches(repositoryName=repository)["branches"] == ["main", "topic/x"]
    deleted = codecommit.delete_branch(repositoryName=repository, branchName="topic/x")
    assert deleted["deletedBranch"] == found
    assert codecommit.list_branches(repositoryName=repository)["branches"] == ["main"]


def test_deletion_of_an_absent_branch_is_quiet(codecommit, repository):
    answer = codecommit.delete_branch(repositoryName=repository, branchName="absent")
    assert "deletedBranch" not in answer


def test_default_branch_can_be_changed_and_is_kept_from_deletion(codecommit, repository, first):
    codecommit.create_branch(repositoryName=repository, branchName="next", commitId=first)
    codecommit.update_default_branch(repositoryName=repository, defaultBranchName="next")
    found = codecommit.get_repository(repositoryName=repository)["repositoryMetadata"]
    assert found["defaultBranch"] == "next"
    with pytest.raises(ClientError) as refused:
        codecommit.delete_branch(repositoryName=repository, branchName="next")
    assert code_of(refused) == "DefaultBranchCannotBeDeletedException"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_branch", {"branchName": "absent"}, "BranchDoesNotExistException"),
        ("get_branch", {}, "BranchNameRequiredException"),
        ("get_branch", {"branchName": "a..b"}, "InvalidBranchNameException"),
        ("update_default_branch", {"defaultBranchName": "no"}, "BranchDoesNotExistException"),
        (
            "create_branch",
            {"branchName": "x", "commitId": "f" * 40},
            "CommitDoesNotExistException",
        ),
        ("create_branch", {"branchName": "x", "commitId": "f" * 7}, "InvalidCommitIdException"),
        ("create_branch", {"branchName": "main"}, "BranchNameExistsException"),
    ],
)
def test_branch_request_that_aws_refuses_is_refused(
    codecommit, repository, first, operation, arguments, code
):
    if operation == "create_branch":
        arguments = {"commitId": first, **arguments}
    with pytest.raises(ClientError) as refused:
        getattr(codecommit, operation)(repositoryName=repository, **arguments)
    assert code_of(refused) == code


def test_repository_without_a_name_is_refused(codecommit):
    with pytest.raises(ClientError) as refused:
        codecommit.get_branch(branchName="main")
    assert code_of(refused) == "RepositoryNameRequiredException"


def test_operation_that_is_not_emulated_says_so(codecommit):
    with pytest.raises(ClientError) as refused:
        codecommit.list_pull_requests(repositoryName="x")
    assert code_of(refused) == "NotImplementedException"


def test_every_error_code_is_one_of_awss_model():
    modelled = {shape.error_code for shape in get_service_model("codecommit").error_shapes}
    ours = {
        found.code
        for _, found in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(found, AwsError) and hasattr(found, "template")
    }
    assert len(ours) > 40
    assert ours <= modelled
