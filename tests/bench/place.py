"""Where the benchmark runs: a copy of the project, its emulator, and AWS as it answers there."""

import json
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import boto3
import psutil

from tests.bench import terraform_timer
from tests.standing import Standing, copy_project, newcomer_env, run_to_end
from workshop.aws import Aws
from workshop.checks.view import View
from workshop.config import DEFAULT_PARTICIPANT, LOCAL_ACCOUNT, LOCAL_REGION, load_config
from workshop.context import view_of
from workshop.emulator_process import EmulatorProcess
from workshop.environment import load_environment
from workshop.targets import for_config

T = TypeVar("T")

CLUSTER = f"{DEFAULT_PARTICIPANT}-staging"
PRODUCTION_CLUSTER = f"{DEFAULT_PARTICIPANT}-prod"
SERVICE = "hello-server-staging"
APPLICATION = f"{DEFAULT_PARTICIPANT}-hello-server"

_WAIT_S = 300.0


def say(text: str) -> None:
    """Tell progress, beside the table on standard output."""
    print(text, file=sys.stderr, flush=True)


def wait_until(look: Callable[[], T | None], every_s: float = 0.1) -> T:
    """Return the first thing found. Raises: TimeoutError."""
    pause = threading.Event().wait
    for _ in range(int(_WAIT_S / every_s)):
        found = look()
        if found:
            return found
        pause(every_s)
    raise TimeoutError(f"{look.__qualname__} saw nothing in {_WAIT_S:.0f} s")


def client_of(endpoint_url: str, service: str) -> Any:
    session = boto3.Session(LOCAL_ACCOUNT, "local", region_name=LOCAL_REGION)
    return session.client(service, endpoint_url=endpoint_url)


class Place:
    """One standing environment; `timed` is the folder of the Terraform that is timed."""

    def __init__(self, standing: Standing, timed: Path) -> None:
        self._standing = standing
        self._timed = timed
        self._config = load_config(standing.env)
        self._emulator = EmulatorProcess(self._config)
        self.url = f"http://127.0.0.1:{standing.env['WORKSHOP_PORT']}"
        self.clone = standing.clone / "work" / DEFAULT_PARTICIPANT / "hello-server"

    def aws(self, service: str) -> Any:
        return client_of(self.url, service)

    def workshop(self, *arguments: str) -> None:
        """Run `workshop`. Raises: RuntimeError with what it said if it failed."""
        done = self._standing.workshop(*arguments)
        if done.returncode:
            raise RuntimeError(f"workshop {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def run(self, *command: str, **more_env: str) -> str:
        """Run a command as in a shell after `eval "$(workshop env)"`; return its output."""
        done = run_to_end(list(command), self._standing.clone, {**self._shell, **more_env})
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    @cached_property
    def _shell(self) -> dict[str, str]:
        printed = self._standing.shell("env -0").stdout
        return dict(line.split("=", 1) for line in printed.split("\0") if line)

    def git(self, *arguments: str) -> str:
        return self.run("git", "-C", str(self.clone), *arguments)

    @property
    def terraform_s(self) -> float:
        """Return the seconds that Terraform has run here so far."""
        return terraform_timer.spent_s(self._timed)

    @property
    def view(self) -> View:
        """Return what the workshop's checks look through, of what stands now."""
        aws = Aws(self._config)
        return view_of(aws, for_config(self._config), load_environment(aws, self._config))

    def clock(self) -> float:
        return self._emulator.clock()

    def set_clock(self, scale: float) -> None:
        self._emulator.set_clock(scale)

    def kill_emulator(self) -> None:
        """End it as a loss of power would; return when it is gone."""
        emulator = self.emulator
        emulator.kill()
        emulator.wait()

    @property
    def emulator(self) -> psutil.Process:
        return psutil.Process(int(self._management("health")["pid"]))

    @property
    def hello_url(self) -> str:
        """Return the application's address behind the staging balancer."""
        return self._url_behind(CLUSTER)

    @property
    def production_url(self) -> str:
        """Return the application's address behind the production balancer."""
        return self._url_behind(PRODUCTION_CLUSTER)

    def _url_behind(self, balancer: str) -> str:
        found = self._management("listeners")["listeners"]
        port = next(one["publishedPort"] for one in found if one["loadBalancerName"] == balancer)
        return f"http://127.0.0.1:{port}/hello/bench"

    def _management(self, name: str) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_emulator/{name}", timeout=10) as answer:
            return json.load(answer)


@contextmanager
def standing_place() -> Iterator[Place]:
    """Yield a place that is nowhere yet; whatever happens, nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="workshop-bench-") as folder:
        clone = copy_project(Path(folder) / "workshop")
        home = Path(folder) / "home"
        home.mkdir()
        timed = Path(folder) / "timed"
        standing = Standing(clone, terraform_timer.install(timed, newcomer_env(clone, home)))
        try:
            yield Place(standing, timed)
        finally:
            say("destroying what the benchmark made")
            done = standing.workshop("destroy")
            standing.workshop("emulator", "stop")
            if done.returncode:
                say(done.stdout + done.stderr)
