"""`workshop promote`: end the wait that a deployment is in."""

import click

from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.progress import silent
from workshop.runner import open_context
from workshop.traffic import promote_running


@click.command()
@pass_context
def promote(context: Context) -> None:
    """Send production's traffic on to the version on the test port; or let the old tasks go.

    Which of the two, the deployment that runs decides: it waits for the one, later for the other.
    """
    context.require_running_target()
    view = open_context(session_of(context, silent)).view
    context.console.success(promote_running(view))
