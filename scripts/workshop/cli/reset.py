"""`workshop reset [N]`: back to the start of a lab."""

import click

from workshop.application.clone import restart_from_template
from workshop.cli.context import Context, pass_context
from workshop.environment import load_environment
from workshop.errors import UsageError
from workshop.labs import LADDER, lab_numbered
from workshop.progress import Note, Progress
from workshop.quiesce import delete_revisions, quiesce, task_families
from workshop.runner import remember_standing


@click.command()
@click.argument("number", metavar="[LAB]", type=int, default=1)
@click.option("--yes", is_flag=True, help="Do not ask on target `aws`.")
@pass_context
def reset(context: Context, number: int, yes: bool) -> None:
    """Go back to the start of lab LAB (1 if not given); the foundation and your work stay.

    Your clone keeps its history: a tag names where it stood.
    """
    lab = lab_numbered(number)
    context.require_running_target()
    if not yes and context.config.target == "aws":
        _confirm(context, number)
    with context.exclusive_run(f"workshop reset {number}") as progress:
        reset_to(context, lab.before, progress)
    context.console.success(
        f"Environment `{context.config.participant}` stands at the start of lab {number}. "
        f"Go on with `make lab{number}`."
    )


def _confirm(context: Context, number: int) -> None:
    question = (
        f"Environment `{context.config.participant}` in account {context.aws.account_id}, region "
        f"{context.config.region}, will go back to the start of lab {number}. Go on?"
    )
    if not context.console.confirm(question):
        raise UsageError("Nothing was changed.", "Answer `y`, or give `--yes`, to reset it.")


def reset_to(context: Context, step: str, progress: Progress) -> None:
    """Bring the environment down to `step`, and the clone to the tree that the lab starts from."""
    context.target.ensure_ready(progress)
    environment = load_environment(context.aws, context.config)
    quiesce(context.aws, environment, progress)
    families = task_families(environment)
    if LADDER.index(step) < LADDER.index(environment.step):
        context.terraform.apply(step, progress)
        delete_revisions(context.aws, families, progress)
        remember_standing(context.config, step)
    tag = restart_from_template(context.config, context.target.child_environment())
    if tag is not None:
        progress(Note(f"Your clone starts again; tag `{tag}` keeps what it was."))
