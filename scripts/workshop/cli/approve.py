"""`workshop approve`: let what waits go to production."""

import click

from workshop.approvals import decide
from workshop.cli.context import Context, pass_context
from workshop.cli.decision import look_at_waiting

_SUMMARY = "Approved with the command workshop approve."


@click.command()
@click.option(
    "--summary", metavar="TEXT", default=_SUMMARY, help="Why; it is kept with the execution."
)
@click.option("--plan", is_flag=True, help="Show what waits and what it changes; decide nothing.")
@pass_context
def approve(context: Context, summary: str, plan: bool) -> None:
    """Let the version that waits for approval go to production.

    Names the execution, its commit, what changes, and what waits behind it.
    Example: workshop approve --summary "Staging greets well"
    """
    view, report = look_at_waiting(context)
    if plan:
        return
    waiting = report.waiting
    decide(view.aws, view.pipeline.name, waiting, approved=True, summary=summary)
    context.console.success(
        f"Approved: commit {waiting.commit[:8]} goes to production. Watch it with "
        "`workshop deployments`."
    )
