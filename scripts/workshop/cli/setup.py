"""`workshop setup`: every download, so that target `local` needs no network afterwards."""

import click

from workshop.cli.context import Context, pass_context
from workshop.terraform_download import ensure_provider, ensure_terraform
from workshop.terraform_installation import version_of


@click.command()
@pass_context
def setup(context: Context) -> None:
    """Fetch everything that labs need, so that `local` needs no network."""
    with context.console.progress() as progress:
        binary = ensure_terraform(context.config, progress)
        ensure_provider(context.config, progress)
    context.console.success(
        f"Terraform {version_of(binary)} is ready; target `local` needs no network from here on."
    )
