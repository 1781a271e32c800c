"""A participant of a standing environment: edits, commits, pushes, and asks AWS and the checks."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.standing import Completed, Standing, run_to_end

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
        self._endpoint_url = f"http://127.0.0.1:{standing.env['WORKSHOP_PORT']}"
        self._clients: dict[str, Any] = {}

    @cached_property
    def env_vars(self) -> dict[str, str]:
        """Return the variables of a shell after `eval "$(workshop env)"`, asked for once."""
        printed = self.shell("env -0").stdout
        return dict(line.split("=", 1) for line in printed.split("\0") if line)

    def aws(self, service: str) -> Any:
        """Return a client of the environment, made once: that takes a tenth of a second of CPU."""
        if service not in self._clients:
            session = boto3.Session(aws_access_key_id="123456789012", aws_secret_access_key="local")
            self._clients[service] = session.client(
                service,
                region_name="us-west-2",
                endpoint_url=self._endpoint_url,
                config=Config(proxies={}),
            )
        return self._clients[service]

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

    def check(self, selector: str, *options: str) -> list[dict[str, Any]]:
        done = self.workshop("check", selector, "--json", *options)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        all_passed = all(one["ending"] == "passed" for one in found)
        assert (done.returncode == 0) == all_passed, done.stderr
        return found
