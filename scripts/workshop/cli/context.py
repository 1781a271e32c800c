"""The composition root of a command: what it needs, built when it first asks for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import click

from workshop.aws import Aws, profile_region
from workshop.config import Config, load_config
from workshop.console import Console
from workshop.emulator_process import EmulatorProcess
from workshop.errors import NotPrepared
from workshop.lock import RunLock
from workshop.progress import Progress
from workshop.state import StateStore
from workshop.targets import AwsTarget, LocalTarget, for_config
from workshop.terraform import Terraform


class Context:
    """The options of the root command, and everything that follows from them."""

    def __init__(
        self,
        target: str | None = None,
        participant: str | None = None,
        region: str | None = None,
        debug: bool = False,
    ) -> None:
        self._target = target
        self._participant = participant
        self._region = region
        self.debug = debug
        self.console = Console()

    @cached_property
    def config(self) -> Config:
        return load_config(
            os.environ,
            target=self._target,
            participant=self._participant,
            region=self._region,
            debug=self.debug,
            profile_region=profile_region,
        )

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.config)

    @cached_property
    def target(self) -> LocalTarget | AwsTarget:
        return for_config(self.config, self.aws)

    @cached_property
    def terraform(self) -> Terraform:
        return Terraform(self.config, self.target, self.aws)

    @cached_property
    def state(self) -> StateStore:
        return StateStore(self.config, self.aws)

    @cached_property
    def emulator(self) -> EmulatorProcess:
        return EmulatorProcess(self.config)

    @contextmanager
    def exclusive_run(self, command: str) -> Iterator[Progress]:
        """Hold the one run of this participant and target, showing its progress.

        A Terraform that a killed run has left is waited for. Raises: UsageError naming the holder
        if another run has it.
        """
        with RunLock(self.config, command), self.console.progress() as progress:
            self.terraform.wait_for_orphan(progress)
            yield progress

    def require_running_target(self) -> None:
        """Raise NotPrepared if the emulator does not run: a look must not start an empty one."""
        if isinstance(self.target, LocalTarget) and self.emulator.health() is None:
            lost = " It ended without being stopped." if self.emulator.is_lost() else ""
            raise NotPrepared(
                f"Environment `{self.config.participant}` is not prepared on target `local`: "
                f"no emulator answers on {self.emulator.url}.{lost}",
                "Run `make lab1`.",
            )

    def close(self) -> None:
        """Close what was opened."""
        if "terraform" in self.__dict__:
            self.terraform.close()
        if "aws" in self.__dict__:
            self.aws.close()


pass_context = click.make_pass_decorator(Context)
