"""Git, run so that nothing of the person's own configuration takes part."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from workshop.errors import InfrastructureError, UsageError

_ISOLATION = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ADVICE": "0",
    "LC_ALL": "C.UTF-8",
}


class GitFailed(InfrastructureError):
    """A git command ended with an error; the message carries what git said."""


class Git:
    """Runs git in one folder. `env_vars` is the environment that the target gives to children."""

    def __init__(self, folder: Path, env_vars: dict[str, str]) -> None:
        self.folder = folder
        self._env_vars = {
            name: value
            for name, value in {**env_vars, **_ISOLATION}.items()
            if name not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_ASKPASS"}
        }

    def run(self, *arguments: str) -> str:
        """Return what git printed. Raises GitFailed, or UsageError where there is no git."""
        done = self._execute(arguments)
        if done.returncode:
            raise GitFailed(
                f"`git {arguments[0]}` failed in `{self.folder}`: {_last_words(done.stderr)}",
                remedy=f"Look with `git -C '{self.folder}' status`, then run the command again.",
            )
        return done.stdout.rstrip("\n")

    def succeeds(self, *arguments: str) -> bool:
        """Tell whether a git command that asks a question answers yes."""
        return self._execute(arguments).returncode == 0

    def _execute(self, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["git", *arguments],
                cwd=self.folder,
                env=self._env_vars,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except FileNotFoundError as error:
            if not self.folder.exists():
                raise
            raise _missing() from error


def look_for_git(environ: Mapping[str, str]) -> None:
    """Raise UsageError if there is no git on the PATH."""
    if shutil.which("git", path=environ.get("PATH", os.defpath)) is None:
        raise _missing()


def _missing() -> UsageError:
    return UsageError(
        "There is no `git` on the PATH.",
        remedy="Install git (macOS: `xcode-select --install`; Debian: `apt install git`).",
    )


def _last_words(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("hint:")]
    return " / ".join(telling[-3:]) or "it said nothing"
