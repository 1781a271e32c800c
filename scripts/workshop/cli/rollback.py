"""`workshop rollback`: bring production back to the version before."""

import click

from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.progress import silent
from workshop.runner import open_context
from workshop.traffic import roll_back


@click.command()
@pass_context
def rollback(context: Context) -> None:
    """Bring production back to the version before.

    Stops the deployment that runs, and CodeDeploy takes its traffic back. Where none runs, the
    last version that was deployed before the present one is deployed once more.
    """
    context.require_running_target()
    view = open_context(session_of(context, silent)).view
    context.console.success(roll_back(view))
