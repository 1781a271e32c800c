"""`workshop check`: prove from AWS's own record that steps were done."""

from collections.abc import Callable, Iterator

import click

from workshop.checks.model import Check, Outcome, evaluate, settle
from workshop.checks.view import View
from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.labs import checks_for
from workshop.runner import exit_code, open_context, shown_while_waiting

Report = Callable[[Outcome], None]


@click.command()
@click.argument("selector", required=False, metavar="[N | N.S]")
@click.option("--wait", is_flag=True, help="Wait for what may still come.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings for programs.")
@pass_context
def check(context: Context, selector: str | None, wait: bool, as_json: bool) -> None:
    """Prove that steps were done: all of them, those of lab N, or those of step N.S.

    A check passes, fails, is not yet, or could not look. Example: workshop check 1.4 --wait
    """
    checks = checks_for(selector)
    context.require_running_target()
    with context.console.progress() as progress:
        view = open_context(session_of(context, progress)).view
        report = shown_while_waiting(progress, context.target)
        outcomes = list(look(checks, view, report, context.target.poll_s if wait else None))
    if as_json:
        context.console.json([outcome_as_json(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            _show(context, outcome)
    raise click.exceptions.Exit(exit_code(outcomes))


def look(
    checks: list[Check], view: View, report: Report, poll_s: float | None
) -> Iterator[Outcome]:
    """Yield each outcome, waiting for it unless `poll_s` is None.

    Once a check has not passed, nobody waits for those that lean on it.
    """
    for one in checks:
        outcome = evaluate(one, view) if poll_s is None else settle(one, view, report, poll_s)
        poll_s = poll_s if outcome.is_passed else None
        yield outcome


def _show(context: Context, outcome: Outcome) -> None:
    console, check, finding = context.console, outcome.check, outcome.finding
    console.result(f"{check.step} {check.name:13} {finding.ending:14} {finding.observed}")
    if outcome.is_passed:
        return
    console.result(f"    expected: {check.expected}")
    if finding.cause:
        console.result(f"    likely cause: {finding.cause}")
    for detail in finding.details:
        console.result(f"      {detail}")
    if finding.remedy:
        console.result(f"    next: {finding.remedy}")


def outcome_as_json(outcome: Outcome) -> dict[str, object]:
    """Return one of the findings that `check --json` prints."""
    check, finding = outcome.check, outcome.finding
    return {
        "step": check.step,
        "name": check.name,
        "ending": str(finding.ending),
        "expected": check.expected,
        "observed": finding.observed,
        "cause": finding.cause,
        "remedy": finding.remedy,
        "details": list(finding.details),
    }
