"""A git client that knows nothing of the machine's own settings."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Return a function that runs git in a folder: `git(folder, "push", ...)`.

    It raises with git's own words when git fails, unless `may_fail` is true.
    """
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C",
        "NO_PROXY": "127.0.0.1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ana",
        "GIT_AUTHOR_EMAIL": "ana@example.com",
        "GIT_COMMITTER_NAME": "Ana",
        "GIT_COMMITTER_EMAIL": "ana@example.com",
    }

    def run(
        folder: Path, *arguments: str, may_fail: bool = False
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode and not may_fail:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done

    return run


@pytest.fixture
def repository(aws, unique) -> str:
    """Return the name of a fresh, empty repository."""
    name = unique()
    aws("codecommit").create_repository(repositoryName=name)
    return name


@pytest.fixture
def url(aws, repository) -> str:
    """Return the clone URL of the repository."""
    found = aws("codecommit").get_repository(repositoryName=repository)
    return found["repositoryMetadata"]["cloneUrlHttp"]


@pytest.fixture
def work(tmp_path, git) -> Path:
    """Return a working folder with one commit of one file on branch `main`."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    (folder / "README").write_text("first\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


@pytest.fixture
def change(git) -> Callable[[Path, str], str]:
    """Return a function that commits a changed README and returns the commit's id."""

    def commit(folder: Path, text: str) -> str:
        (folder / "README").write_text(text)
        git(folder, "commit", "--quiet", "--all", "--message", text)
        return git(folder, "rev-parse", "HEAD").stdout.strip()

    return commit
