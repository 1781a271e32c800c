"""`workshop lab`: take a lab through its steps."""

import click

from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.console import Console
from workshop.context import Context as LabContext
from workshop.labs import lab_numbered, steps_between
from workshop.labs.model import Step
from workshop.runner import Pause, plan_step, provision_step, run_steps
from workshop.terraform import PlanSummary


@click.command()
@click.argument("number", type=int, metavar="N")
@click.option("--from", "first", metavar="S", help="Begin at this step, such as 1.2.")
@click.option("--to", "last", metavar="S", help="End after this step.")
@click.option(
    "--pause", is_flag=True, help="Stop before each action and show how to do it by hand."
)
@click.option(
    "--provision",
    is_flag=True,
    help="Let Terraform make what the last step needs, and leave its action to you.",
)
@click.option("--plan", is_flag=True, help="Show what Terraform would change, and change nothing.")
@click.option("--yes", is_flag=True, help="On `aws`, create without asking.")
@pass_context
def lab(
    context: Context,
    number: int,
    first: str | None,
    last: str | None,
    pause: bool,
    provision: bool,
    plan: bool,
    yes: bool,
) -> None:
    """Take lab N through its steps: provision, act, check.

    Earlier labs come first where they are missing. Work already done, by an earlier run or by
    hand, is recognised and not repeated.
    Example: workshop lab 1 --to 1.3
    """
    lab = lab_numbered(number)
    steps = steps_between(lab, first, last)
    with context.exclusive_run(f"workshop lab {number}") as progress:
        session = session_of(context, progress)
        if plan:
            _show_plan(context, plan_step(session, steps[-1]))
            return
        confirm = (lambda _question: True) if yes else context.console.confirm
        if provision:
            provision_step(session, lab, steps[-1])
            context.console.success(f"Step {steps[-1].label} is provisioned; now act.")
            return
        reached = run_steps(session, steps, confirm, _ask(context.console) if pause else None)
    context.console.success(f"Lab {number} stands at step {steps[-1].label}; every check passed.")
    _show_urls(context.console, reached, lab.service)


def _show_urls(console: Console, reached: LabContext, own: str) -> None:
    """Print where the lab's own service answers; where another's does is said beside it."""
    urls = {
        key: f"{reached.view.urls[key]}/hello/your-name" for key in reached.environment.services
    }
    for key in sorted(urls.keys() - {own}):
        console.info(f"{key}: {urls[key]}")
    if own in urls:
        console.result(urls[own])


def _ask(console: Console) -> Pause:
    def ask(step: Step, commands: list[str]) -> bool:
        console.info(f"Step {step.label} by hand:")
        for command in commands:
            console.info(f"  {command}")
        return console.choose(
            "Enter: the workshop does it · s and Enter: I have done it by hand", "s"
        )

    return ask


def _show_plan(context: Context, plan: PlanSummary) -> None:
    if plan.is_empty:
        context.console.result("No changes.")
    for change in plan.changes:
        context.console.result(f"{change.action:8} {change.address}")
