"""Where labs run: an AWS on this machine, or a real account."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from workshop.aws import Aws, BotoCoreError, ClientError, error_code
from workshop.config import Config, TargetName
from workshop.costs import cost_sentence
from workshop.emulator_process import EmulatorProcess
from workshop.environment import LoadBalancer
from workshop.errors import InfrastructureError, UsageError, WorkshopError
from workshop.isolation import (
    local_variables,
    proxy_variables,
    refuse_loopback_endpoint,
    without_aws,
)
from workshop.progress import Progress

Confirm = Callable[[str], bool]


class Target(Protocol):
    """What differs between the two, and nothing else does."""

    name: TargetName

    poll_s: float
    """How often a check looks while it waits: an account throttles who asks too often."""

    consistency_s: float
    """How long what is deleted may still be listed."""

    def aws_environment(self) -> dict[str, str]:
        """Return the variables that point AWS's tools at the target (see `child_environment`)."""
        ...

    def child_environment(self) -> dict[str, str]:
        """Return the whole environment of a child process, nothing unwanted inherited."""
        ...

    def ensure_ready(self, progress: Progress) -> None:
        """Return when AWS answers there. Raises: WorkshopError that says why it does not."""
        ...

    def confirm_creation(self, confirm: Confirm) -> None:
        """Ask before something that costs money is made. Raises: UsageError on a no."""
        ...

    def published_url(self, load_balancer: LoadBalancer, port: int | None = None) -> str:
        """Return where a listener answers, without a slash at the end."""
        ...

    def is_there(self) -> bool:
        """Tell whether there is an AWS that could hold something, answering or not."""
        ...

    def loss(self) -> WorkshopError | None:
        """Return what to say if AWS has gone with all that it held, None if it has not."""
        ...


class LocalTarget:
    """The emulator: started when needed, free, isolated from the participant's AWS settings."""

    name: TargetName = "local"
    poll_s = 1.0
    consistency_s = 0.0

    def __init__(self, config: Config, emulator: EmulatorProcess) -> None:
        self._config = config
        self.emulator = emulator
        self._was_there = emulator.is_alive()

    def aws_environment(self) -> dict[str, str]:
        return local_variables(self.emulator.url) | proxy_variables(self._config.inherited)

    def child_environment(self) -> dict[str, str]:
        return without_aws(self._config.inherited) | self.aws_environment()

    def ensure_ready(self, progress: Progress) -> None:
        self.emulator.start(progress)
        self._was_there = True

    def confirm_creation(self, confirm: Confirm) -> None:
        """Nothing here costs anything, so nobody is asked."""

    def published_url(self, load_balancer: LoadBalancer, port: int | None = None) -> str:
        wanted = port or load_balancer.port
        for listener in self.emulator.listeners():
            if listener["loadBalancerArn"] == load_balancer.arn and listener["port"] == wanted:
                return f"http://127.0.0.1:{listener['publishedPort']}"
        raise InfrastructureError(
            f"Load balancer `{load_balancer.name}` has no listener on port {wanted}.",
            "Run `make lab1`, which completes the environment.",
        )

    def is_there(self) -> bool:
        return self.emulator.is_alive()

    def loss(self) -> WorkshopError | None:
        was_there = self._was_there or self.emulator.is_lost()
        if self.is_there() or not was_there:
            return None
        return InfrastructureError(
            "The emulator ended while it was at work, and what it held is gone. Its last words are "
            f"in `{self.emulator.log_file}`.",
            "Run the same command again: it builds everything anew, in a few minutes.",
        )


class AwsTarget:
    """A real account, by boto3's own chain of credentials."""

    name: TargetName = "aws"
    poll_s = 5.0
    consistency_s = 120.0

    def __init__(self, config: Config, aws: Aws) -> None:
        self._config = config
        self._aws = aws

    def aws_environment(self) -> dict[str, str]:
        region = self._config.region
        return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} | proxy_variables(
            self._config.inherited
        )

    def child_environment(self) -> dict[str, str]:
        """Return the inherited one, with git's helper for CodeCommit on its PATH.

        The helper was installed beside this interpreter, in a folder that is on nobody's PATH.
        """
        path = self._config.inherited.get("PATH", os.defpath)
        helpers = str(Path(sys.prefix) / "bin")
        with_helpers = {"PATH": os.pathsep.join((path, helpers))}
        return dict(self._config.inherited) | self.aws_environment() | with_helpers

    def ensure_ready(self, progress: Progress) -> None:  # noqa: ARG002 (nothing to wait for)
        refuse_loopback_endpoint(self._config.inherited)
        _ = self._aws.account_id
        look_at_codecommit(self._aws)

    def confirm_creation(self, confirm: Confirm) -> None:
        question = (
            f"Environment `{self._config.participant}` will be made in account "
            f"{self._aws.account_id}, region {self._config.region}. {cost_sentence()} Go on?"
        )
        if not confirm(question):
            raise UsageError("Nothing was made.", "Answer `y`, or give `--yes`, to make it.")
        ensure_ecs_role(self._aws)

    def published_url(self, load_balancer: LoadBalancer, port: int | None = None) -> str:
        wanted = port or load_balancer.port
        suffix = "" if wanted == 80 else f":{wanted}"
        return f"http://{load_balancer.dns_name}{suffix}"

    def is_there(self) -> bool:
        """Return True: an account does not go away."""
        return True

    def loss(self) -> WorkshopError | None:
        return None


def for_config(config: Config, aws: Aws | None = None) -> LocalTarget | AwsTarget:
    """Return the target that a run is for."""
    if config.target == "local":
        return LocalTarget(config, EmulatorProcess(config))
    return AwsTarget(config, aws or Aws(config))


def look_at_codecommit(aws: Aws) -> None:
    """Raise UsageError if these credentials, or the account, may not use CodeCommit.

    An account that may look and not create is told by Terraform alone: CreateRepository refuses it
    with `OperationNotAllowedException`, which nothing but a creation shows.
    """
    try:
        aws.client("codecommit").list_repositories()
    except ClientError as error:
        raise UsageError(
            f"CodeCommit refused this account (`{error_code(error)}`).",
            "Give the role `codecommit:*` for the participant's repositories, or choose an "
            "account and region that have CodeCommit.",
        ) from error
    except BotoCoreError as error:
        raise InfrastructureError(
            f"CodeCommit could not be asked: {error}.", "Choose a region that has CodeCommit."
        ) from error


def has_ecs_role(aws: Aws) -> bool:
    """Tell whether the account has the ECS service-linked role."""
    roles = aws.client("iam").list_roles(PathPrefix="/aws-service-role/ecs.amazonaws.com/")
    return bool(roles["Roles"])


def ensure_ecs_role(aws: Aws) -> bool:
    """Make the ECS service-linked role where a new account has none. True if it was made.

    It belongs to the account, never to a participant's state.
    Source: IAM CreateServiceLinkedRole; ECS developer guide, "Using service-linked roles".
    """
    if has_ecs_role(aws):
        return False
    try:
        aws.client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    except ClientError as error:
        if error_code(error) != "InvalidInput":  # somebody else made it meanwhile
            raise
        return False
    return True
