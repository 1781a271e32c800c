"""`workshop logs`: what the build or the application printed."""

import click

from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.context import Context as LabContext
from workshop.log_stream import follow, log_groups_of
from workshop.progress import silent
from workshop.runner import open_context


@click.command()
@click.argument("source", type=click.Choice(["build", "app", "production"]))
@click.option("--follow", "keep_on", is_flag=True, help="Go on with what is printed from now on.")
@pass_context
def logs(context: Context, source: str, keep_on: bool) -> None:
    """Show the log of the newest build, or of the application's tasks in staging or production.

    Example: workshop logs app --follow
    """
    context.require_running_target()
    found: LabContext = open_context(session_of(context, silent))
    for line in follow(found.view, log_groups_of(found.view, source), keep_on):
        context.console.result(line)
