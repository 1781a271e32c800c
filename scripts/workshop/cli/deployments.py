"""`workshop deployments`: what is and was deployed where."""

from datetime import datetime

import click

from workshop.checks.view import PRODUCTION
from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.deployment_report import DeploymentReport, Serving, as_json, read_deployments
from workshop.deployments import Deployment, weights_in_words
from workshop.progress import silent
from workshop.runner import open_context

_NAMES = {PRODUCTION: "production"}


@click.command()
@click.option("--json", "as_programs", is_flag=True, help="Print it for programs.")
@pass_context
def deployments(context: Context, as_programs: bool) -> None:
    """Show what staging and production serve, and production's deployments, newest first.

    A rollback is a deployment of its own, and names what it undid.
    """
    context.require_running_target()
    report = read_deployments(open_context(session_of(context, silent)).view)
    if as_programs:
        context.console.json(as_json(report))
    else:
        _show(context, report)


def _show(context: Context, report: DeploymentReport) -> None:
    console = context.console
    if not report.now:
        console.result("Nothing is deployed yet: services come with step 1.2.")
        return
    console.table(["now", "version", "since", "tasks", "slot"], [_now(one) for one in report.now])
    if not report.deployments:
        return
    console.result()
    console.table(
        ["deployment", "status", "version", "creator", "began", "ended", ""],
        [_row(one, report) for one in report.deployments],
    )


def _now(one: Serving) -> list[str]:
    name = _NAMES.get(one.service, one.service)
    tasks = f"{one.running} of {one.desired}"
    return [name, one.version[:8], _time(one.since), tasks, one.slot]


def _row(one: Deployment, report: DeploymentReport) -> list[str]:
    began, ended = _time(one.created_at), _time(one.completed_at)
    notes = "; ".join(notes_on(one, report))
    return [one.id, one.status, one.version[:8], one.creator, began, ended, notes]


def notes_on(one: Deployment, report: DeploymentReport) -> list[str]:
    """Return what is worth saying of a deployment beside its columns."""
    notes = []
    if one.rollback_of:
        undone = report.version_of(one.rollback_of)[:8]
        notes.append(f"undoes {one.rollback_of}" + (f", which brought {undone}" if undone else ""))
    if one.is_running and one.weights:
        notes.append(weights_in_words(one.weights))
    if one.is_waiting_to_terminate:
        notes.append("the replaced tasks stay for the termination wait")
    if one.error_code:
        notes.append(f"{one.error_code}: {one.error_message}".rstrip(": "))
    if one.rolled_back_by:
        notes.append(f"undone by {one.rolled_back_by}")
    return notes


def _time(when: datetime | None) -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}" if when else ""
