"""`workshop reject`: keep what waits from production."""

import click

from workshop.approvals import decide
from workshop.cli.context import Context, pass_context
from workshop.cli.decision import look_at_waiting


@click.command()
@click.option(
    "--summary", metavar="TEXT", required=True, help="Why; it is kept with the execution."
)
@pass_context
def reject(context: Context, summary: str) -> None:
    """Keep the version that waits for approval from production.

    Its execution ends as failed; staging keeps the version until the next push.
    Example: workshop reject --summary "The greeting is in the wrong language"
    """
    view, report = look_at_waiting(context)
    waiting = report.waiting
    decide(view.aws, view.pipeline.name, waiting, approved=False, summary=summary)
    context.console.success(
        f"Rejected: production keeps {report.production_version[:8]}, staging runs "
        f"{report.staging_version[:8]}. A push begins the next execution."
    )
