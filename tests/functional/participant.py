"""A participant of a standing environment: edits, commits, pushes, and asks AWS and the checks."""

from functools import cached_property
from pathlib import Path
from typing import Any

from tests.standing import Completed, Standing, run_to_end
from workshop.aws import Aws
from workshop.cli.check import look, outcome_as_json
from workshop.config import load_config
from workshop.labs import checks_for
from workshop.progress import silent
from workshop.runner import Session, open_context, shown_while_waiting
from workshop.targets import for_config
from workshop.terraform import Terraform

PIPELINE = "workshop-hello-server"
REPOSITORY = "workshop-hello-server"
CLUSTER, SERVICE = "workshop-staging", "hello-server-staging"


class Participant:
    """One who works in the clone of a standing environment."""

    def __init__(self, standing: Standing) -> None:
        self.clone: Path = standing.clone / "work" / "workshop" / "hello-server"
        self.shell = standing.shell
        self.workshop = standing.workshop
        self._standing = standing

    @cached_property
    def env_vars(self) -> dict[str, str]:
        """Return the variables of a shell after `eval "$(workshop env)"`, asked for once."""
        printed = self.shell("env -0").stdout
        return dict(line.split("=", 1) for line in printed.split("\0") if line)

    def aws(self, service: str) -> Any:
        """Return a client of the environment, made once: that takes a tenth of a second of CPU."""
        return self._session.aws.client(service)

    def git(self, *arguments: str) -> str:
        """Run git in the clone with the environment that `workshop env` gives."""
        return self.run("git", "-C", str(self.clone), *arguments).stdout.strip()

    def run(self, *command: str) -> Completed:
        """Run a command, which must succeed, in the shell that `workshop env` gives."""
        done = run_to_end(list(command), self._standing.clone, self.env_vars)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.clone / file
        source = path.read_text(encoding="utf-8")
        assert old in source
        path.write_text(source.replace(old, new, 1), encoding="utf-8")

    def push(self, file: str, old: str, new: str) -> None:
        """Change a file of the clone, commit and push."""
        self.edit(file, old, new)
        self.git("commit", "--quiet", "--all", "--message", f"Change {file}")
        self.git("push", "--quiet")

    def check(self, selector: str, wait: bool = False) -> list[dict[str, Any]]:
        """Return what `workshop check --json` prints, looked at by this process.

        A command would take a second of CPU, most of it to start.
        """
        view = open_context(self._session).view
        report = shown_while_waiting(silent, self._session.target)
        poll_s = self._session.target.poll_s if wait else None
        return [outcome_as_json(one) for one in look(checks_for(selector), view, report, poll_s)]

    @cached_property
    def _session(self) -> Session:
        config = load_config(self._standing.env)
        aws = Aws(config)
        target = for_config(config, aws)
        return Session(config, target, aws, Terraform(config, target, aws), silent)
