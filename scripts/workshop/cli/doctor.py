"""`workshop doctor`: what stands in the way, and one remedy each."""

import click

from workshop.cli.context import Context, pass_context
from workshop.doctor import Doctor, Look
from workshop.errors import UsageError


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Look for what commonly stands in the way.

    Exit status: 0 when nothing does, 2 when something must be put right first.
    """
    looks = list(Doctor(context.config, context.aws).looks())
    if as_json:
        context.console.json([vars(look) for look in looks])
    else:
        context.console.table(
            ["Look", "Result", "Found"], [[look.name, look.result, look.found] for look in looks]
        )
    _tell_remedies(context, looks)


def _tell_remedies(context: Context, looks: list[Look]) -> None:
    for look in looks:
        if look.result == "warn":
            context.console.warning(f"{look.name}: {look.remedy}")
    failed = [look for look in looks if look.result == "fail"]
    if failed:
        raise UsageError(
            f"{len(failed)} of {len(looks)} looks failed.",
            "\n".join(f"{look.name}: {look.remedy}" for look in failed),
        )
