"""Looks at what commonly stands in the way, each with exactly one remedy."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from workshop.aws import Aws, BotoCoreError, ClientError
from workshop.config import Config
from workshop.emulator_process import EmulatorProcess, is_free, listener_of
from workshop.errors import WorkshopError
from workshop.isolation import refuse_loopback_endpoint
from workshop.targets import has_ecs_role, look_at_codecommit
from workshop.terraform_installation import Installation, machine

Result = Literal["ok", "warn", "fail"]

_MINIMUM_PYTHON = (3, 11)
_MINIMUM_GIT = (2, 28)
_NEEDED_BYTES = 3 * 1024**3
_GIB = 1024**3
_CLOCK_SKEW_S = 300  # AWS refuses signatures older than this
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_BUNDLES = (
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class Look:
    """One thing looked at. Shape: `remedy` is empty exactly when `result` is ok."""

    name: str
    result: Result
    found: str
    remedy: str = ""


class Doctor:
    """Everything that is looked at for a target."""

    def __init__(self, config: Config, aws: Aws) -> None:
        self._config = config
        self._aws = aws
        self._installation = Installation(config)

    def looks(self) -> Iterator[Look]:
        """Yield each look when it is done."""
        looks: list[Callable[[], Look]] = [
            look_at_python,
            look_at_venv,
            self.look_at_git,
            self.look_at_http_backend,
            self.look_at_terraform,
            self.look_at_provider,
            self.look_at_disk,
            self.look_at_proxy,
            self.look_at_bundles,
        ]
        if self._config.target == "local":
            looks += [look_at_clock, self.look_at_port]
        for look in looks:
            yield look()
        if self._config.target == "aws":
            yield from self._looks_at_account()

    def _looks_at_account(self) -> Iterator[Look]:
        """Yield the looks at an account; those that need it are left out where it cannot be asked.

        A clock that is wrong makes AWS refuse good credentials, so it is looked at in any case.
        """
        endpoint = self.look_at_endpoint()
        yield endpoint
        if endpoint.result == "fail":
            yield look_at_clock()
            return
        credentials = self.look_at_credentials()
        yield credentials
        yield self.look_at_aws_clock()
        if credentials.result == "ok":
            yield self.look_at_codecommit()
            yield self.look_at_ecs_role()

    def look_at_git(self) -> Look:
        remedy = "Install git 2.28 or later (macOS: `xcode-select --install`; Debian: apt)."
        answer = self._output("git", "--version")
        version = re.search(r"(\d+)\.(\d+)[.\d]*", answer or "")
        if version is None:
            return Look("git", "fail", "not on PATH", remedy)
        if (int(version[1]), int(version[2])) < _MINIMUM_GIT:
            return Look("git", "fail", f"version {version[0]}", remedy)
        return Look("git", "ok", f"version {version[0]}")

    def look_at_http_backend(self) -> Look:
        folder = self._output("git", "--exec-path")
        if folder and (Path(folder) / "git-http-backend").exists():
            return Look("git http-backend", "ok", folder)
        return Look(
            "git http-backend",
            "fail",
            "not among git's programs",
            "Install the whole of git (Alpine: `apk add git-daemon`).",
        )

    def look_at_terraform(self) -> Look:
        try:
            binary = self._installation.terraform()
        except WorkshopError as error:
            return Look("Terraform", "fail", error.message, error.remedy)
        return Look("Terraform", "ok", f"version {self._installation.version()}, `{binary}`")

    def look_at_provider(self) -> Look:
        version = self._installation.provider_version()
        mirrors = self._installation.mirrors()
        if mirrors:
            return Look("AWS provider", "ok", f"version {version}, `{mirrors[0].path}`")
        if self._installation.own_configuration() is not None:
            own = self._installation.own_configuration()
            return Look("AWS provider", "ok", f"left to your own `{own}`")
        return Look(
            "AWS provider",
            "warn",
            f"no mirror has version {version} for `{machine()}`; the registry will be asked",
            "Run `make setup` where there is a network.",
        )

    def look_at_disk(self) -> Look:
        free = shutil.disk_usage(self._config.root).free
        found = f"{free / _GIB:.1f} GiB free at `{self._config.root}`"
        if free < _NEEDED_BYTES:
            return Look("disk", "fail", found, f"Free {_NEEDED_BYTES // _GIB} GiB there.")
        return Look("disk", "ok", found)

    def look_at_proxy(self) -> Look:
        """Look at proxies: they are kept for downloads, and loopback is exempt in what we start."""
        environ = self._config.inherited
        named = [name for name in _PROXIES if environ.get(name)]
        if not named:
            return Look("proxy", "ok", "none")
        exempt = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
        found = ", ".join(f"`{name}={environ[name]}`" for name in named)
        if "127.0.0.1" in exempt:
            return Look("proxy", "ok", f"{found}; loopback is exempt")
        return Look(
            "proxy",
            "warn",
            f"{found}; `NO_PROXY` does not exempt 127.0.0.1 in this shell",
            'Run `eval "$(workshop env)"` before you use curl, aws or git by hand.',
        )

    def look_at_bundles(self) -> Look:
        environ = self._config.inherited
        missing = [
            f"`{name}={environ[name]}`"
            for name in _BUNDLES
            if environ.get(name) and not Path(environ[name]).exists()
        ]
        if missing:
            found = f"{', '.join(missing)}: no such file"
            return Look("certificates", "fail", found, "Unset it, or name the file that exists.")
        return Look("certificates", "ok", "every bundle that is named exists")

    def look_at_port(self) -> Look:
        port = self._config.port
        emulator = EmulatorProcess(self._config)
        try:
            health = emulator.health()
        except WorkshopError as error:
            return Look("port", "fail", error.message, error.remedy)
        if health is not None:
            return Look("port", "ok", f"{port} is our emulator's (process {health.pid})")
        if is_free(port):
            return Look("port", "ok", f"{port} is free")
        return Look(
            "port",
            "fail",
            f"{port} is taken by {listener_of(port)}",
            "Stop that program, or set `WORKSHOP_PORT` to another port.",
        )

    def look_at_endpoint(self) -> Look:
        try:
            refuse_loopback_endpoint(self._config.inherited)
        except WorkshopError as error:
            return Look("endpoint", "fail", error.message, error.remedy)
        return Look("endpoint", "ok", "AWS's own")

    def look_at_credentials(self) -> Look:
        try:
            account = self._aws.account_id
        except WorkshopError as error:
            return Look("credentials", "fail", error.message, error.remedy)
        return Look("credentials", "ok", f"account {account}, region {self._config.region}")

    def look_at_aws_clock(self) -> Look:
        try:
            answer = self._aws.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError, WorkshopError):
            return look_at_clock()
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        skew_s = abs((parsedate_to_datetime(headers["date"]) - datetime.now(UTC)).total_seconds())
        if skew_s > _CLOCK_SKEW_S:
            return Look(
                "clock", "fail", f"{skew_s:.0f} s away from AWS's", "Let the clock set itself."
            )
        return Look("clock", "ok", f"{skew_s:.0f} s away from AWS's")

    def look_at_codecommit(self) -> Look:
        try:
            look_at_codecommit(self._aws)
        except WorkshopError as error:
            return Look("CodeCommit", "fail", error.message, error.remedy)
        return Look("CodeCommit", "ok", "answers")

    def look_at_ecs_role(self) -> Look:
        name = "ECS service-linked role"
        try:
            has_role = has_ecs_role(self._aws)
        except (BotoCoreError, ClientError) as error:
            return Look(name, "warn", f"could not look: {error}", "Allow `iam:ListRoles`.")
        if has_role:
            return Look(name, "ok", "exists")
        return Look(
            name,
            "warn",
            "the account has none yet; the first `make lab1` makes it",
            "Allow `iam:CreateServiceLinkedRole`.",
        )

    def _output(self, *command: str) -> str | None:
        binary = shutil.which(command[0], path=self._config.inherited.get("PATH", os.defpath))
        if binary is None:
            return None
        done = subprocess.run([binary, *command[1:]], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None


def look_at_python() -> Look:
    """Look at the interpreter that runs this."""
    found = f"version {platform.python_version()}, `{sys.executable}`"
    if sys.version_info[:2] < _MINIMUM_PYTHON:
        return Look("Python", "fail", found, "Install Python 3.11 or later.")
    return Look("Python", "ok", found)


def look_at_venv() -> Look:
    """Look at the modules that builds and images make virtual environments with."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        return Look(
            "venv",
            "fail",
            f"Python has no module `{missing[0]}`",
            "Install it (Debian and Ubuntu: `apt install python3-venv`).",
        )
    return Look("venv", "ok", "modules venv and ensurepip")


def look_at_clock() -> Look:
    """Look at the clock without a network: certificates and logs need a sane one."""
    now = datetime.now(UTC)
    if now < _EARLIEST:
        return Look("clock", "fail", f"{now:%Y-%m-%d %H:%M} UTC", "Let the clock set itself.")
    return Look("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")
