"""`workshop watch`: a shift of traffic, live."""

from collections.abc import Iterator
from pathlib import Path

import click

from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.errors import Interrupted
from workshop.progress import silent
from workshop.runner import open_context
from workshop.watch.board import board
from workshop.watch.lines import lines_of
from workshop.watch.picture import draw, look_at_place
from workshop.watch.scene import Scene
from workshop.watch.watcher import RATES, Watcher, until_end


@click.command()
@click.option(
    "--until-end/--follow",
    "ends",
    default=None,
    help="End with the deployment that runs or comes, or go on until Ctrl-C. "
    "[default: --follow in a terminal, else --until-end]",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0),
    default=600,
    metavar="S",
    help="With --until-end: how long to wait for a deployment, in seconds. [default: 600]",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0.1, max=100),
    metavar="N",
    help="Requests per second to each port. [default: 10 on `local`, 5 on `aws`]",
)
@click.option(
    "--save", "picture", metavar="FILE", type=Path, help="Draw the shift as SVG when it ends."
)
@pass_context
def watch(
    context: Context, ends: bool | None, timeout_s: float, rate: float | None, picture: Path | None
) -> None:
    """Watch traffic shift: what AWS reports beside what is measured.

    Shows the pipeline's stages, the deployment's lifecycle events, and the weights of the slots
    beside the shares that requests of its own meet: over the last seconds, and since the weights
    changed. Without a terminal: one line a change.
    Example: workshop watch --until-end --save shift.svg
    """
    if picture is not None:
        look_at_place(picture)
    context.require_running_target()
    opened = open_context(session_of(context, silent))
    target = opened.target
    watcher = Watcher(opened.view, rate or RATES[target.name], target.poll_s, target.loss)
    has_end = not context.console.redraws if ends is None else ends
    scenes = until_end(watcher.scenes(), timeout_s) if has_end else watcher.scenes()
    try:
        with watcher:
            _show(context, scenes, timeout_s if has_end else None)
    except KeyboardInterrupt:
        if has_end:
            raise Interrupted("Interrupted before the deployment's end.") from None
    finally:
        if picture is not None and draw(watcher.recorder, picture):
            context.console.success(f"The picture is in `{picture}`.")


def _show(context: Context, scenes: Iterator[Scene], timeout_s: float | None) -> None:
    console = context.console
    if console.redraws:
        ending = "Ctrl-C ends the watch" if timeout_s is None else "ends with the deployment"
        with console.redrawn() as redraw:
            for scene in scenes:
                redraw(board(scene, ending))
        return
    before: Scene | None = None
    for scene in scenes:
        for line in lines_of(before, scene):
            console.result(line)
        if before is None and not scene.is_deploying and timeout_s is not None:
            console.info(f"Nothing is being deployed; waiting for it, {timeout_s:.0f} s at most.")
        before = scene
