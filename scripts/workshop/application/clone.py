"""The participant's clone of the application: made once, pushed, and never thrown away.

It lives in `work/<participant>/hello-server`, outlives resets and a lost emulator, and is used by
the participant's own git as well. So its identity and settings stand in its own configuration.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from workshop.application.git import Git, GitFailed
from workshop.config import Config
from workshop.environment import SourceRepository
from workshop.errors import UsageError

BRANCH = "main"

_TRAILER = "Workshop-Step"
TEMPLATE_MESSAGE = f"Start from the workshop's template\n\n{_TRAILER}: 1.1"
RESTART_MESSAGE = f"Start again from the workshop's template\n\n{_TRAILER}: 1.1"
RESCUE_MESSAGE = "Keep what was not committed before the reset"
JOIN_MESSAGE = f"Join what was pushed from elsewhere\n\n{_TRAILER}: 1.1"

_SETTINGS = {
    "user.name": "Workshop participant",
    "user.email": "participant@workshop.invalid",
    "commit.gpgsign": "false",
    "tag.gpgsign": "false",
    "core.autocrlf": "false",
    "core.hooksPath": ".git/hooks",
    "credential.helper": "",
    "push.default": "simple",
}
_NOT_TEMPLATE = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache")


class Clone:
    """One participant's clone. Shape: `git` runs in `path`, whether or not it exists yet."""

    def __init__(self, path: Path, template: Path, env_vars: dict[str, str]) -> None:
        self.path = path
        self._template = template
        self._env_vars = env_vars
        self.git = Git(path, env_vars)

    @property
    def exists(self) -> bool:
        return (self.path / ".git").is_dir()

    def prepare(self, clone_url: str) -> None:
        """Make the clone unless it is there, and point it at `clone_url`.

        A repository that holds commits already is cloned; an empty one gets the template.
        Interrupted, it leaves either nothing or a whole clone.
        """
        if not self.exists:
            self._refuse_foreign_folder()
            draft = self.path.with_name(self.path.name + ".draft")
            shutil.rmtree(draft, ignore_errors=True)
            self._fill(draft, clone_url)
            draft.rename(self.path)
        self._configure(self.git, clone_url)

    def head(self) -> str:
        """Return the commit id that the branch stands at."""
        return self.git.run("rev-parse", f"refs/heads/{BRANCH}")

    def has_changes(self) -> bool:
        """Tell whether files differ from the last commit."""
        return self.git.run("status", "--porcelain") != ""

    def is_ahead_of(self, commit: str | None) -> bool:
        """Tell whether the branch holds commits that `commit` does not; None is an empty branch."""
        if commit is None:
            return True
        if not self.git.succeeds("cat-file", "-e", f"{commit}^{{commit}}"):
            return False
        return self.git.run("rev-list", "--count", f"{commit}..{BRANCH}") != "0"

    def is_by_hand(self) -> bool:
        """Tell whether a person made the newest commit, rather than the workshop."""
        return f"{_TRAILER}: " not in self.git.run("log", "-1", "--format=%B", BRANCH)

    def commit_all(self, message: str, step: str | None = None) -> str:
        """Commit every change on the branch; return the new commit's id.

        `step` marks the commit as the workshop's own, made for that step.
        """
        self.git.run("add", "--all")
        self.git.run("commit", "--quiet", "--message", _marked(message, step))
        return self.head()

    def commit_files(self, names: list[str], message: str, step: str | None = None) -> str | None:
        """Commit just these files, as they are; return the new commit's id, None if none differs.

        `step` as for `commit_all`. Whatever else was edited stays uncommitted.
        """
        if not names or self.git.run("status", "--porcelain", "--", *names) == "":
            return None
        self.git.run("add", "--", *names)
        self.git.run("commit", "--quiet", "--message", _marked(message, step), "--", *names)
        return self.head()

    def catch_up(self) -> None:
        """Take what others pushed to the branch. Raises UsageError where the two have diverged."""
        self.git.run("fetch", "--quiet", "origin")
        if not self.git.succeeds("rev-parse", "--verify", "--quiet", f"origin/{BRANCH}"):
            return
        try:
            self.git.run("merge", "--quiet", "--ff-only", f"origin/{BRANCH}")
        except GitFailed as error:
            if self.git.succeeds("merge-base", "--is-ancestor", f"origin/{BRANCH}", BRANCH):
                return
            raise UsageError(
                f"The clone `{self.path}` and its repository have both moved on: {error.message}",
                remedy=f"Bring them together with `git -C '{self.path}' pull --rebase`.",
            ) from error

    def push(self) -> None:
        self.git.run("push", "--quiet", "--set-upstream", "origin", BRANCH)

    def restart_from_template(self, clone_url: str | None = None) -> str:
        """Tag where the clone stands, then commit the tree that the labs start from.

        Where the repository stays, at `clone_url`, the commit follows what was pushed there, so
        that the next push succeeds; it is not pushed, since a push would start the pipeline.
        Returns the tag's name, `before-reset-<time>`; nothing is deleted from the history.
        """
        if self.has_changes():
            self.commit_all(RESCUE_MESSAGE)
        tag = f"before-reset-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        self.git.run("tag", tag)
        if clone_url is not None:
            self._configure(self.git, clone_url)
            self._join()
        self.git.run("rm", "-r", "--quiet", "--ignore-unmatch", ".")
        _copy_template(self._template, self.path)
        self.git.run("add", "--all")
        if self.has_changes():
            self.commit_all(RESTART_MESSAGE)
        return tag

    def _join(self) -> None:
        """Take the repository's history into the branch; where both have moved on, keep our files.

        They are about to be replaced by the template's anyway.
        """
        self.git.run("fetch", "--quiet", "origin")
        if not self.git.succeeds("rev-parse", "--verify", "--quiet", f"origin/{BRANCH}"):
            return
        if not self.git.succeeds("merge", "--quiet", "--ff-only", f"origin/{BRANCH}"):
            self.git.run(
                "merge", "--quiet", "--strategy", "ours", "-m", JOIN_MESSAGE, f"origin/{BRANCH}"
            )

    def _refuse_foreign_folder(self) -> None:
        if self.path.exists() and any(self.path.iterdir()):
            raise UsageError(
                f"`{self.path}` exists and is not a git clone.",
                remedy="Move it away; the workshop makes its clone there.",
            )
        if self.path.exists():
            self.path.rmdir()

    def _fill(self, draft: Path, clone_url: str) -> None:
        draft.mkdir(parents=True)
        git = Git(draft, self._env_vars)
        git.run("init", "--quiet")
        git.run("symbolic-ref", "HEAD", f"refs/heads/{BRANCH}")
        self._configure(git, clone_url)
        git.run("fetch", "--quiet", "origin")
        if git.succeeds("rev-parse", "--verify", "--quiet", f"origin/{BRANCH}"):
            git.run("checkout", "--quiet", "-B", BRANCH, "--track", f"origin/{BRANCH}")
            return
        _copy_template(self._template, draft)
        git.run("add", "--all")
        git.run("commit", "--quiet", "--message", TEMPLATE_MESSAGE)

    def _configure(self, git: Git, clone_url: str) -> None:
        for name, value in _SETTINGS.items():
            git.run("config", "--local", name, value)
        url = urlsplit(clone_url)
        if url.hostname == "127.0.0.1":  # a proxy of the person's cannot reach this machine
            git.run("config", "--local", f"http.{url.scheme}://{url.netloc}.proxy", "")
        verb = "set-url" if "origin" in git.run("remote").split() else "add"
        git.run("remote", verb, "origin", clone_url)


def _marked(message: str, step: str | None) -> str:
    return f"{message}\n\n{_TRAILER}: {step}" if step else message


def clone_of(config: Config, env_vars: dict[str, str]) -> Clone:
    """Return the participant's clone; `env_vars` is what the target gives to child processes."""
    return Clone(config.work_dir, config.root / "app" / "hello-server", env_vars)


def push_url(config: Config, source: SourceRepository) -> str:
    """Return the address that git pushes to: HTTP on `local`, git-remote-codecommit on `aws`."""
    if config.target == "local":
        return source.clone_url_http
    return f"codecommit::{config.region}://{source.name}"


def restart_from_template(
    config: Config, env_vars: dict[str, str], source: SourceRepository | None
) -> str | None:
    """Bring the participant's clone back to the workshop's template; return the tag of the work.

    `source` is the repository, if it still stands. None where there is no clone yet.
    """
    clone = clone_of(config, env_vars)
    if not clone.exists:
        return None
    return clone.restart_from_template(push_url(config, source) if source else None)


def _copy_template(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder, ignore=_NOT_TEMPLATE, dirs_exist_ok=True)
