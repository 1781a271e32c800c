"""Commits, files and differences through CodeCommit's API."""

import pytest
from botocore.exceptions import ClientError

LARGE = b"x" * (6 * 1024 * 1024 + 1)


def code_of(refused):
    return refused.value.response["Error"]["Code"]


@pytest.fixture
def commit(codecommit, repository, first):
    """Return a function that commits on top of the first commit."""

    def make(**arguments):
        return codecommit.create_commit(
            repositoryName=repository,
            **{"branchName": "main", "parentCommitId": first, **arguments},
        )

    return make


def put(path, content=b"new\n", **more):
    return {"filePath": path, "fileContent": content, **more}


def moved(path, source, **more):
    return {"filePath": path, "sourceFile": {"filePath": source, **more}}


def paths(metadata):
    return [file["absolutePath"] for file in metadata]


def test_commit_is_shown_with_author_parents_and_message(codecommit, repository, first, commit):
    second = commit(putFiles=[put("b")], authorName="Bo", email="bo@example.com")["commitId"]
    found = codecommit.get_commit(repositoryName=repository, commitId=second)["commit"]
    assert found["parents"] == [first]
    assert found["author"]["name"] == "Bo"
    assert found["author"]["email"] == "bo@example.com"
    seconds, zone = found["author"]["date"].split()
    assert seconds.isdecimal()
    assert zone == "+0000"
    parent = codecommit.get_commit(repositoryName=repository, commitId=first)["commit"]
    assert (parent["message"], parent["parents"]) == ("first", [])


def test_commit_lists_what_it_added_updated_and_deleted(codecommit, repository, commit):
    made = commit(
        putFiles=[put("new/x"), put("README")],
        deleteFiles=[{"filePath": "docs/a.txt"}],
        setFileModes=[{"filePath": "bin/run", "fileMode": "NORMAL"}],
    )
    assert paths(made["filesAdded"]) == ["new/x"]
    assert paths(made["filesUpdated"]) == ["README", "bin/run"]
    assert paths(made["filesDeleted"]) == ["docs/a.txt"]
    root = codecommit.get_folder(repositoryName=repository, folderPath="/")
    assert paths(root["subFolders"]) == ["bin", "new"]


def test_moved_file_keeps_content_and_mode(codecommit, repository, commit):
    commit(putFiles=[moved("tools/run", "bin/run", isMove=True)])
    found = codecommit.get_file(repositoryName=repository, filePath="tools/run")
    assert (found["fileContent"], found["fileMode"]) == (b"#!/bin/sh\n", "EXECUTABLE")
    with pytest.raises(ClientError) as refused:
        codecommit.get_file(repositoryName=repository, filePath="bin/run")
    assert code_of(refused) == "FileDoesNotExistException"


def test_emptied_folder_is_kept_where_asked(codecommit, repository, commit):
    commit(deleteFiles=[{"filePath": "docs/a.txt"}], keepEmptyFolders=True)
    found = codecommit.get_folder(repositoryName=repository, folderPath="docs")
    assert paths(found["files"]) == ["docs/.gitkeep"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "FileEntryRequiredException"),
        ({"putFiles": [put(f"f{n}") for n in range(101)]}, "MaximumFileEntriesExceededException"),
        ({"putFiles": [put("a"), put("a")]}, "PutFileEntryConflictException"),
        (
            {"putFiles": [put("README")], "deleteFiles": [{"filePath": "README"}]},
            "SamePathRequestException",
        ),
        ({"putFiles": [{"filePath": "a"}]}, "SourceFileOrContentRequiredException"),
        (
            {"putFiles": [{**moved("a", "README"), "fileContent": b""}]},
            "FileContentAndSourceFileSpecifiedException",
        ),
        (
            {"putFiles": [moved("a", "README")], "deleteFiles": [{"filePath": "README"}]},
            "RestrictedSourceFileException",
        ),
        ({"putFiles": [moved("a", "absent")]}, "FileDoesNotExistException"),
        ({"deleteFiles": [{"filePath": "absent"}]}, "FileDoesNotExistException"),
        (
            {"setFileModes": [{"filePath": "absent", "fileMode": "NORMAL"}]},
            "FileDoesNotExistException",
        ),
        ({"putFiles": [put("a", fileMode="ROUND")]}, "InvalidFileModeException"),
        ({"putFiles": [put("README", b"hello\n")]}, "NoChangeException"),
        ({"putFiles": [put("docs")]}, "FileNameConflictsWithDirectoryNameException"),
        ({"putFiles": [put("README/x")]}, "DirectoryNameConflictsWithFileNameException"),
        ({"putFiles": [put("../x")]}, "InvalidPathException"),
        ({"putFiles": [put(".git/config")]}, "InvalidPathException"),
        ({"putFiles": [put("a//b")]}, "InvalidPathException"),
        ({"putFiles": [put("")]}, "PathRequiredException"),
        ({"putFiles": [put("a", LARGE)]}, "FileContentSizeLimitExceededException"),
        ({"putFiles": [put("a")], "email": "nobody"}, "InvalidEmailException"),
        ({"putFiles": [put("a")], "branchName": "absent"}, "BranchDoesNotExistException"),
        ({"putFiles": [put("a")], "branchName": "a b"}, "InvalidBranchNameException"),
        ({"putFiles": [put("a")], "parentCommitId": "abc"}, "InvalidParentCommitIdException"),
        (
            {"putFiles": [put("a")], "parentCommitId": "0" * 40},
            "ParentCommitDoesNotExistException",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_commit_that_aws_refuses_is_refused(commit, arguments, code):
    with pytest.raises(ClientError) as refused:
        commit(**arguments)
    assert code_of(refused) == code


def test_commit_on_an_old_parent_is_refused_and_names_the_tip(commit):
    tip = commit(putFiles=[put("a")])["commitId"]
    with pytest.raises(ClientError, match=tip) as refused:
        commit(putFiles=[put("b")])
    assert code_of(refused) == "ParentCommitIdOutdatedException"


def test_commit_without_a_parent_is_refused_once_there_are_commits(codecommit, repository):
    with pytest.raises(ClientError) as refused:
        codecommit.put_file(
            repositoryName=repository, branchName="main", filePath="a", fileContent=b"1"
        )
    assert code_of(refused) == "ParentCommitIdRequiredException"


def test_put_file_commits_one_file(codecommit, repository, first):
    made = codecommit.put_file(
        repositoryName=repository,
        branchName="main",
        filePath="README",
        fileContent=b"changed\n",
        parentCommitId=first,
        commitMessage="change",
    )
    found = codecommit.get_file(repositoryName=repository, filePath="README")
    assert found["commitId"] == made["commitId"]
    assert found["blobId"] == made["blobId"]
    assert (found["fileContent"], found["fileSize"]) == (b"changed\n", 8)


def test_put_file_of_the_same_content_is_refused(codecommit, repository, first):
    with pytest.raises(ClientError) as refused:
        codecommit.put_file(
            repositoryName=repository,
            branchName="main",
            filePath="README",
            fileContent=b"hello\n",
            parentCommitId=first,
        )
    assert code_of(refused) == "SameFileContentException"


def test_deleted_file_is_gone_from_the_tip_alone(codecommit, repository, first):
    made = codecommit.delete_file(
        repositoryName=repository, branchName="main", filePath="README", parentCommitId=first
    )
    assert made["filePath"] == "README"
    old = codecommit.get_file(repositoryName=repository, filePath="README", commitSpecifier=first)
    assert old["fileContent"] == b"hello\n"
    with pytest.raises(ClientError) as refused:
        codecommit.get_file(repositoryName=repository, filePath="README")
    assert code_of(refused) == "FileDoesNotExistException"


@pytest.mark.parametrize("specifier", ["main", "refs/heads/main", "HEAD", None])
def test_file_is_read_by_every_kind_of_specifier(codecommit, repository, specifier):
    chosen = {"commitSpecifier": specifier} if specifier else {}
    found = codecommit.get_file(repositoryName=repository, filePath="bin/run", **chosen)
    assert (found["fileMode"], found["filePath"]) == ("EXECUTABLE", "bin/run")


def test_blob_is_read_by_its_id(codecommit, repository):
    blob_id = codecommit.get_file(repositoryName=repository, filePath="README")["blobId"]
    assert codecommit.get_blob(repositoryName=repository, blobId=blob_id)["content"] == b"hello\n"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_file", {"filePath": "absent"}, "FileDoesNotExistException"),
        ("get_file", {"filePath": "docs"}, "FileDoesNotExistException"),
        (
            "get_file",
            {"filePath": "README", "commitSpecifier": "absent"},
            "CommitDoesNotExistException",
        ),
        ("get_folder", {"folderPath": "absent"}, "FolderDoesNotExistException"),
        ("get_folder", {"folderPath": "README"}, "FolderDoesNotExistException"),
        ("get_blob", {"blobId": "short"}, "InvalidBlobIdException"),
        ("get_blob", {"blobId": "0" * 40}, "BlobIdDoesNotExistException"),
        ("get_commit", {"commitId": "0" * 40}, "CommitIdDoesNotExistException"),
        ("get_commit", {"commitId": "abcdef"}, "InvalidCommitIdException"),
        (
            "get_differences",
            {"afterCommitSpecifier": "absent"},
            "CommitDoesNotExistException",
        ),
        (
            "get_differences",
            {"afterCommitSpecifier": "main", "afterPath": "absent"},
            "PathDoesNotExistException",
        ),
        (
            "get_differences",
            {"afterCommitSpecifier": "main", "MaxResults": 1001},
            "InvalidMaxResultsException",
        ),
    ],
)
def test_reading_what_is_not_there_is_refused(codecommit, repository, operation, arguments, code):
    with pytest.raises(ClientError) as refused:
        getattr(codecommit, operation)(repositoryName=repository, **arguments)
    assert code_of(refused) == code


def test_batch_of_commits_says_which_it_did_not_find(codecommit, repository, first):
    found = codecommit.batch_get_commits(repositoryName=repository, commitIds=[first, "0" * 40])
    assert [one["commitId"] for one in found["commits"]] == [first]
    assert found["errors"][0]["errorCode"] == "CommitIdDoesNotExistException"


def test_differences_name_kind_and_both_sides(codecommit, repository, first, commit):
    second = commit(
        putFiles=[put("docs/b.txt"), put("README")], deleteFiles=[{"filePath": "docs/a.txt"}]
    )["commitId"]

    def differences(**arguments):
        found = codecommit.get_differences(
            repositoryName=repository,
            beforeCommitSpecifier=first,
            afterCommitSpecifier=second,
            **arguments,
        )
        return [
            (
                one["changeType"],
                one.get("beforeBlob", {}).get("path"),
                one.get("afterBlob", {}).get("path"),
            )
            for one in found["differences"]
        ]

    changed = ("M", "README", "README")
    added, deleted = ("A", None, "docs/b.txt"), ("D", "docs/a.txt", None)
    assert sorted(differences(), key=str) == sorted([changed, added, deleted], key=str)
    assert differences(beforePath="docs", afterPath="docs") == [deleted, added]


def test_differences_from_nothing_are_all_files_in_pages(codecommit, repository):
    pages = codecommit.get_paginator("get_differences").paginate(
        repositoryName=repository, afterCommitSpecifier="main", MaxResults=2
    )
    found = [[one["afterBlob"]["path"] for one in page["differences"]] for page in pages]
    assert found == [["README", "bin/run"], ["docs/a.txt"]]
