"""The participant's clone, against a bare repository in a folder."""

import os
import subprocess
from pathlib import Path

import pytest

from workshop.application.clone import Clone
from workshop.application.git import GitFailed
from workshop.errors import UsageError

TEMPLATE = Path("app/hello-server").resolve()
ENV_VARS = {"PATH": os.environ["PATH"]}


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**ENV_VARS, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.fixture
def origin(tmp_path) -> Path:
    folder = tmp_path / "워크숍 1" / "origin.git"
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch", "main")
    return folder


@pytest.fixture
def clone(tmp_path, origin) -> Clone:
    made = Clone(tmp_path / "워크숍 1" / "work" / "ana" / "hello-server", TEMPLATE, ENV_VARS)
    made.prepare(str(origin))
    return made


def test_empty_repository_gets_the_template(clone, origin):
    clone.push()
    assert git(origin, "rev-parse", "main") == clone.head()
    assert (clone.path / "server.py").read_text() == (TEMPLATE / "server.py").read_text()


def test_needs_nothing_of_the_persons_configuration(clone):
    assert clone.git.run("config", "--local", "user.email").endswith(".invalid")
    assert clone.git.run("config", "--local", "commit.gpgsign") == "false"


def test_loopback_remote_is_called_past_any_proxy(clone):
    clone.prepare("http://127.0.0.1:4566/v1/repos/app")
    assert clone.git.run("config", "--local", "http.http://127.0.0.1:4566.proxy") == ""


def test_repository_with_commits_is_cloned(clone, origin, tmp_path):
    clone.push()
    second = Clone(tmp_path / "second", TEMPLATE, ENV_VARS)
    second.prepare(str(origin))
    assert second.head() == clone.head()


def test_preparing_twice_keeps_edits(clone, origin):
    (clone.path / "server.py").write_text("edited")
    clone.prepare(str(origin))
    assert (clone.path / "server.py").read_text() == "edited"


def test_interrupted_preparation_is_made_anew(tmp_path, origin):
    draft = tmp_path / "hello-server.draft"
    draft.mkdir()
    (draft / "half").write_text("made")
    clone = Clone(tmp_path / "hello-server", TEMPLATE, ENV_VARS)
    clone.prepare(str(origin))
    assert clone.exists
    assert not draft.exists()
    assert not (clone.path / "half").exists()


def test_folder_that_is_no_clone_is_refused_and_kept(tmp_path, origin):
    folder = tmp_path / "hello-server"
    folder.mkdir()
    (folder / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="is not a git clone"):
        Clone(folder, TEMPLATE, ENV_VARS).prepare(str(origin))
    assert (folder / "thesis.txt").read_text() == "precious"


def test_template_commit_is_not_by_hand_and_an_edit_is(clone):
    assert not clone.is_by_hand()
    (clone.path / "server.py").write_text("edited")
    clone.commit_all("Greet differently")
    assert clone.is_by_hand()
    (clone.path / "server.py").write_text("edited again")
    clone.commit_all("Greet with Ahoy", step="1.4")
    assert not clone.is_by_hand()


def test_is_ahead_of_what_the_repository_lacks(clone):
    assert clone.is_ahead_of(None)
    head = clone.head()
    assert not clone.is_ahead_of(head)
    (clone.path / "new").touch()
    clone.commit_all("More")
    assert clone.is_ahead_of(head)


def test_commit_that_only_the_repository_has_is_caught_up_with(clone, origin, tmp_path):
    clone.push()
    other = Clone(tmp_path / "other", TEMPLATE, ENV_VARS)
    other.prepare(str(origin))
    (other.path / "new").touch()
    newest = other.commit_all("From elsewhere")
    other.push()
    assert not clone.is_ahead_of(newest)
    clone.catch_up()
    assert clone.head() == newest


def test_diverged_histories_are_named_and_left_alone(clone, origin, tmp_path):
    clone.push()
    other = Clone(tmp_path / "other", TEMPLATE, ENV_VARS)
    other.prepare(str(origin))
    (other.path / "theirs").touch()
    other.commit_all("Theirs")
    other.push()
    (clone.path / "ours").touch()
    ours = clone.commit_all("Ours")
    with pytest.raises(UsageError, match="have both moved on"):
        clone.catch_up()
    assert clone.head() == ours


def test_restart_keeps_everything_behind_a_tag(clone):
    (clone.path / "server.py").write_text("uncommitted")
    (clone.path / "extra.txt").write_text("mine")
    tag = clone.restart_from_template()
    assert tag.startswith("before-reset-")
    assert clone.git.run("show", f"{tag}:server.py") == "uncommitted"
    assert clone.git.run("show", f"{tag}:extra.txt") == "mine"
    assert (clone.path / "server.py").read_text() == (TEMPLATE / "server.py").read_text()
    assert not (clone.path / "extra.txt").exists()
    assert not clone.has_changes()
    assert not clone.is_by_hand()


def test_restart_of_an_untouched_clone_adds_only_the_tag(clone):
    head = clone.head()
    clone.restart_from_template()
    assert clone.head() == head


def test_restart_where_the_repository_stays_follows_what_was_pushed_there(clone, origin, tmp_path):
    clone.push()
    other = Clone(tmp_path / "other", TEMPLATE, ENV_VARS)
    other.prepare(str(origin))
    (other.path / "appspec.yaml").touch()
    theirs = other.commit_all("Theirs")
    other.push()
    clone.restart_from_template(str(origin))
    assert not (clone.path / "appspec.yaml").exists()
    assert git(origin, "rev-parse", "main") == theirs
    clone.push()
    assert git(origin, "rev-parse", "main^") == theirs


def test_restart_joins_histories_that_have_diverged_and_can_push(clone, origin, tmp_path):
    clone.push()
    other = Clone(tmp_path / "other", TEMPLATE, ENV_VARS)
    other.prepare(str(origin))
    (other.path / "server.py").write_text("theirs")
    theirs = other.commit_all("Theirs")
    other.push()
    (clone.path / "server.py").write_text("ours")
    ours = clone.commit_all("Ours")
    tag = clone.restart_from_template(str(origin))
    assert clone.git.run("rev-parse", tag) == ours
    assert (clone.path / "server.py").read_text() == (TEMPLATE / "server.py").read_text()
    assert clone.git.succeeds("merge-base", "--is-ancestor", theirs, "main")
    assert not clone.is_by_hand()
    clone.push()
    assert git(origin, "rev-parse", "main") == clone.head()


def test_failed_push_says_what_git_said(clone):
    clone.prepare(str(clone.path / "nowhere.git"))
    with pytest.raises(GitFailed, match="`git push` failed"):
        clone.push()


def test_missing_git_is_named_with_its_remedy(tmp_path, origin):
    clone = Clone(tmp_path / "hello-server", TEMPLATE, {"PATH": str(tmp_path)})
    with pytest.raises(UsageError, match="There is no `git` on the PATH") as refused:
        clone.prepare(str(origin))
    assert "install" in refused.value.remedy.lower()
