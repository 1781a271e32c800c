"""`workshop reset [N]`: back to the start of a lab."""

import click

from workshop.application.clone import restart_from_template
from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.environment import load_environment
from workshop.errors import NotPrepared, UsageError
from workshop.labs import is_higher, lab_numbered
from workshop.labs.model import Lab
from workshop.progress import Note, Progress
from workshop.quiesce import quiesce, wake
from workshop.revisions import delete_revisions, families_without_service
from workshop.runner import open_context, remember_standing


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
        reset_to(context, lab, progress)
    context.console.success(
        f"Environment `{context.config.participant}` stands at the start of lab {number}. "
        f"Go on with `make lab{number}`."
    )


def _equip(context: Context, lab: Lab, progress: Progress) -> None:
    """Commit, on top of the template, the files with which earlier labs left the clone."""
    opened = open_context(session_of(context, progress))
    for supply in lab.equipment:
        progress(Note(supply(opened)))


def _confirm(context: Context, number: int) -> None:
    question = (
        f"Environment `{context.config.participant}` in account {context.aws.account_id}, region "
        f"{context.config.region}, will go back to the start of lab {number}. Go on?"
    )
    if not context.console.confirm(question):
        raise UsageError("Nothing was changed.", "Answer `y`, or give `--yes`, to reset it.")


def reset_to(context: Context, lab: Lab, progress: Progress) -> None:
    """Bring the environment down to where `lab` starts, and the clone to the tree it starts from.

    Applies where the environment stands there already as well: an interrupted run may have told
    its step before it had taken everything away. Raises: NotPrepared below that step.
    """
    context.target.ensure_ready(progress)
    environment = load_environment(context.aws, context.config)
    if is_higher(lab.before, environment.step):
        raise NotPrepared(
            f"Environment `{context.config.participant}` stands at step {environment.step}, and "
            f"lab {lab.number} starts from {lab.before}.",
            f"Run `make lab{lab.number}`, which takes the steps up to there as well.",
        )
    quiesce(context.aws, environment, progress)
    context.terraform.apply(lab.before, progress)
    environment = load_environment(context.aws, context.config)
    delete_revisions(
        context.aws, families_without_service(environment.prefix, environment), progress
    )
    remember_standing(context.config, lab.before)
    tag = restart_from_template(
        context.config, context.target.child_environment(), environment.source_repository
    )
    if tag is not None:
        progress(Note(f"Your clone starts again; tag `{tag}` keeps what it was."))
        _equip(context, lab, progress)
    wake(context.aws, environment)
