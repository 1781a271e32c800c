"""A repository with three files on `main`."""

from typing import Any

import pytest


@pytest.fixture
def codecommit(aws) -> Any:
    return aws("codecommit")


@pytest.fixture
def empty(codecommit, unique) -> str:
    """Return the name of a repository without commits."""
    name = unique()
    codecommit.create_repository(repositoryName=name)
    return name


@pytest.fixture
def first(codecommit, empty) -> str:
    """Return the id of the first commit, of README, bin/run and docs/a.txt."""
    return codecommit.create_commit(
        repositoryName=empty,
        branchName="main",
        authorName="Ana",
        email="ana@example.com",
        commitMessage="first",
        putFiles=[
            {"filePath": "README", "fileContent": b"hello\n"},
            {"filePath": "bin/run", "fileContent": b"#!/bin/sh\n", "fileMode": "EXECUTABLE"},
            {"filePath": "docs/a.txt", "fileContent": b"a\n"},
        ],
    )["commitId"]


@pytest.fixture
def repository(empty, first) -> str:
    """Return the name of a repository with that first commit."""
    return empty
