"""`workshop emulator`: the AWS on this machine, by hand."""

import time

import click

from workshop.cli.context import Context, pass_context
from workshop.errors import UsageError

_FOLLOW_INTERVAL_S = 0.5


@click.group()
def emulator() -> None:
    """Start, stop and look at the AWS on this machine."""


@emulator.command()
@pass_context
def start(context: Context) -> None:
    """Start it, and return when it answers. Where it runs already, nothing happens."""
    with context.console.progress() as progress:
        is_new = context.emulator.start(progress)
    if not is_new:
        context.console.info(f"The emulator already answers on {context.emulator.url}.")


@emulator.command()
@pass_context
def stop(context: Context) -> None:
    """Stop it, and return when its processes and ports are gone. What it held is gone with it."""
    with context.console.progress() as progress:
        was_running = context.emulator.stop(progress)
    if not was_running:
        context.console.info("No emulator is running.")


@emulator.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Say whether it runs, and where."""
    health = context.emulator.health()
    if as_json:
        context.console.json(
            {
                "running": health is not None,
                "endpoint_url": context.emulator.url,
                "pid": health.pid if health else None,
                "clock_scale": health.clock_scale if health else None,
            }
        )
    elif health is None:
        ended = " It ended without being stopped." if context.emulator.is_lost() else ""
        context.console.result(f"No emulator answers on {context.emulator.url}.{ended}")
    else:
        context.console.result(f"Endpoint  {context.emulator.url}")
        context.console.result(f"Process   {health.pid}")
        context.console.result(
            f"Clock     {health.clock_scale:g} "
            f"(a minute that AWS counts takes {60 / health.clock_scale:g} s)"
        )
        context.console.result(f"Log       {context.emulator.log_file}")


@emulator.command()
@click.option("--lines", default=50, show_default=True, help="How many of the newest lines.")
@click.option("--follow", is_flag=True, help="Go on with what comes.")
@pass_context
def logs(context: Context, lines: int, follow: bool) -> None:
    """Print its own log."""
    for line in context.emulator.last_log_lines(lines):
        context.console.result(line)
    if follow:
        _follow(context)


@emulator.command()
@click.argument("scale", required=False, type=float)
@pass_context
def clock(context: Context, scale: float | None) -> None:
    """Print how many emulated seconds a real one has, or change it to SCALE; 1 is real time."""
    if scale is not None and not 0 < scale <= 3600:
        raise UsageError(
            f"Clock `{scale:g}` is out of range.", "Give a number above 0 and at most 3600."
        )
    found = context.emulator.clock() if scale is None else context.emulator.set_clock(scale)
    context.console.result(f"{found:g}")


def _follow(context: Context) -> None:
    """Print what is written to the log until a person ends it."""
    with context.emulator.log_file.open(errors="replace") as log:
        log.seek(0, 2)
        while True:
            line = log.readline()
            if line:
                context.console.result(line.rstrip("\n"))
            else:
                time.sleep(_FOLLOW_INTERVAL_S)
