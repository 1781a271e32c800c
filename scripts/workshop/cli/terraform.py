"""`workshop terraform -- ARGS`: Terraform by hand, with the environment supplied."""

from contextlib import nullcontext

import click

from workshop.cli.context import Context, pass_context
from workshop.lock import RunLock
from workshop.progress import Progress

_WITHOUT_STATE = {"fmt", "version", "-help", "-version", "--help", "--version"}


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@pass_context
def terraform(context: Context, args: tuple[str, ...]) -> None:
    """Run Terraform on the environment, by hand.

    Give Terraform's own arguments after two dashes; its exit status is ours:

        workshop terraform -- plan -detailed-exitcode
    """
    with context.console.progress() as progress:
        _prepare(context, args, progress)
    raise click.exceptions.Exit(context.terraform.run(list(args)))


def _prepare(context: Context, args: tuple[str, ...], progress: Progress) -> None:
    if args and args[0] not in _WITHOUT_STATE:
        context.target.ensure_ready(progress)
        is_ready = context.terraform.is_initialised()
        with nullcontext() if is_ready else RunLock(context.config, "workshop terraform"):
            context.terraform.init(progress)
