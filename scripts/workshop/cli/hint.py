"""`workshop hint`: a nudge for a step."""

import click

from workshop.cli.context import Context, pass_context
from workshop.labs import step_labelled


@click.command()
@click.argument("label", metavar="S")
@pass_context
def hint(context: Context, label: str) -> None:
    """Give a nudge for step S. Example: workshop hint 1.4"""
    context.console.result(step_labelled(label).hint)
