"""`workshop env`: a shell's variables."""

import click

from workshop.cli.context import Context, pass_context
from workshop.environment import Environment, load_environment
from workshop.errors import NotPrepared
from workshop.shell import names_to_unset, shell_lines, shell_variables


@click.command()
@pass_context
def env(context: Context) -> None:
    """Print what makes aws, git and terraform work in a shell.

    Use it in sh, bash or zsh:

        eval "$(workshop env)"
    """
    environment = _environment(context)
    variables = shell_variables(context.config, context.target, context.terraform, environment)
    for line in shell_lines(variables, names_to_unset(context.config, variables)):
        context.console.result(line)


def _environment(context: Context) -> Environment | None:
    """Return the environment if there is one: the variables are also needed before."""
    try:
        context.require_running_target()
        return load_environment(context.aws, context.config)
    except NotPrepared:
        return None
