"""What a shell needs so that plain aws, git and terraform mean this participant and target."""

import contextlib
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from workshop.application.clone import push_url
from workshop.config import Config, EnvVars
from workshop.environment import Environment
from workshop.errors import InfrastructureError
from workshop.targets import Target
from workshop.terraform import Terraform
from workshop.terraform_installation import Installation


def shell_variables(
    config: Config, target: Target, terraform: Terraform, environment: Environment | None
) -> dict[str, str]:
    """Return what to export, in the order to show it."""
    variables = {"PATH": _path(config)} | target.aws_environment() | terraform.variables()
    variables |= {
        "TARGET": config.target,
        "PARTICIPANT": config.participant,
        "CLONE_DIR": str(config.work_dir),
    }
    if config.target == "local":
        variables[EnvVars.PORT] = str(config.port)
    if environment is not None:
        variables |= _urls(config, target, environment)
    return variables


def _urls(config: Config, target: Target, environment: Environment) -> dict[str, str]:
    """Return where to call and to clone from, as far as the environment has it."""
    urls = {}
    with contextlib.suppress(InfrastructureError):  # a balancer without its listener yet
        urls["STAGING_URL"] = target.published_url(environment.load_balancers.staging)
    if environment.production is not None:
        urls["PRODUCTION_URL"] = target.published_url(environment.load_balancers.prod)
    if environment.canary is not None:
        port = environment.canary.test_listener.port
        urls["TEST_URL"] = target.published_url(environment.load_balancers.prod, port)
    if environment.source_repository is not None:
        urls["CLONE_URL"] = push_url(config, environment.source_repository)
    return urls


def names_to_unset(config: Config, variables: Mapping[str, str]) -> list[str]:
    """Return what the shell has of AWS that target `local` must not see."""
    if config.target != "local":
        return []
    return sorted(
        name for name in config.inherited if name.startswith("AWS_") and name not in variables
    )


def shell_lines(variables: Mapping[str, str], unset: list[str]) -> list[str]:
    """Return lines for `eval` in sh, bash and zsh."""
    lines = [f"unset {name}" for name in unset]
    return lines + [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def _path(config: Config) -> str:
    """Return PATH with the tools of the project first, each folder once."""
    folders = [str(Path(sys.prefix) / "bin")]
    binary = Installation(config).find()
    if binary is not None:
        folders.append(str(binary.parent))
    folders += config.inherited.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(dict.fromkeys(folder for folder in folders if folder))
