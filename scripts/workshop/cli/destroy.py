"""`workshop destroy`: everything gone, and proven."""

import shutil
from dataclasses import replace

import click

from workshop.cli.context import Context, pass_context
from workshop.config import TARGETS, Config
from workshop.environment import Environment, load_environment
from workshop.errors import InfrastructureError, NotPrepared, UsageError
from workshop.leftovers import lasting_leftovers
from workshop.progress import Note, Progress, Waiting
from workshop.quiesce import quiesce
from workshop.revisions import delete_revisions, families_without_service, revisions_in_deletion
from workshop.targets import LocalTarget


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask on target `aws`.")
@pass_context
def destroy(context: Context, yes: bool) -> None:
    """Remove everything of the environment, and prove it.

    Your clone in `work/` stays. On target `local` the emulator stops with the last environment.
    """
    if isinstance(context.target, LocalTarget) and context.emulator.health() is None:
        with context.exclusive_run("workshop destroy") as progress:
            _end_emulator(context, progress)
            _forget(context.config)
        context.console.success("Nothing is left on target `local`: no emulator runs.")
    else:
        _confirm(context, yes)
        with context.exclusive_run("workshop destroy") as progress:
            _destroy(context, progress)
        context.console.success(
            f"Nothing is left of environment `{context.config.participant}` on target "
            f"`{context.config.target}`."
        )
    for line in standing_elsewhere(context.config):
        context.console.warning(line)


def _confirm(context: Context, yes: bool) -> None:
    if yes or context.config.target == "local":
        return
    question = (
        f"Environment `{context.config.participant}` will be destroyed in account "
        f"{context.aws.account_id}, region {context.config.region}. Go on?"
    )
    if not context.console.confirm(question):
        raise UsageError("Nothing was destroyed.", "Answer `y`, or give `--yes`, to destroy it.")


def _destroy(context: Context, progress: Progress) -> None:
    context.target.ensure_ready(progress)
    if context.state.exists():
        environment = _environment(context)
        if environment is not None:
            quiesce(context.aws, environment, progress)
        context.terraform.destroy(progress)
        context.state.delete()
    delete_revisions(
        context.aws, families_without_service(context.config.participant, None), progress
    )
    others = context.state.environments()
    _prove(context, others, progress)
    if not others and context.state.exists():
        context.state.delete_bucket()
    _forget(context.config)
    if isinstance(context.target, LocalTarget) and not others:
        _end_emulator(context, progress)
    elif others:
        progress(Note(f"Still standing here: {', '.join(f'`{name}`' for name in others)}."))


def _environment(context: Context) -> Environment | None:
    try:
        return load_environment(context.aws, context.config)
    except NotPrepared:
        return None


def _prove(context: Context, others: list[str], progress: Progress) -> None:
    progress(Waiting("AWS is asked what is left"))
    target = context.target
    found = lasting_leftovers(
        context.aws, context.config.participant, others, target.consistency_s, target.poll_s
    )
    if found:
        raise InfrastructureError(
            f"Something is left of environment `{context.config.participant}`: {', '.join(found)}.",
            "Run the same command again; remove by hand what it names then.",
        )
    deleting = revisions_in_deletion(context.aws, context.config.participant)
    if deleting:
        progress(Note(f"AWS goes on deleting {len(deleting)} revisions; they cost nothing."))


def _end_emulator(context: Context, progress: Progress) -> None:
    """Stop the emulator and remove what it kept; its log too, as nothing asks for it any more."""
    context.emulator.stop(progress)
    shutil.rmtree(context.emulator.data_dir, ignore_errors=True)
    context.emulator.log_file.unlink(missing_ok=True)


def _forget(config: Config) -> None:
    """Remove what this folder keeps of an environment that is gone."""
    shutil.rmtree(config.terraform_data_dir, ignore_errors=True)
    shutil.rmtree(config.evidence_dir, ignore_errors=True)


def standing_elsewhere(config: Config) -> list[str]:
    """Return a line for each environment that was made from here on the other target."""
    lines = []
    for name in TARGETS:
        folder = replace(config, target=name).terraform_data_dir.parent
        if name != config.target and folder.is_dir():
            lines += [
                f"Environment `{path.name}` may still stand on target `{name}`: "
                f"`workshop --target {name} --participant {path.name} destroy` removes it."
                for path in sorted(folder.iterdir())
            ]
    return lines
