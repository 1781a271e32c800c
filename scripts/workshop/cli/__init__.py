"""The command `workshop`: its options, its commands by name, and the one broad catch."""

import gc
import importlib
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

from workshop.errors import Interrupted, WorkshopError
from workshop.interrupts import heeded, let_go_of_terminal

COMMANDS = {
    "lab": "Take a lab through its steps, checking each.",
    "check": "Prove from AWS's own record that steps were done.",
    "status": "Show the step reached, the URLs, the pipeline and the services.",
    "approve": "Let the version that waits for approval go to production.",
    "reject": "Keep the version that waits for approval from production.",
    "promote": "Send traffic on to the version on the test port; or let the old tasks go.",
    "rollback": "Bring production back to the version before.",
    "deployments": "Show what is and was deployed where.",
    "watch": "Watch traffic shift: what AWS reports beside what is measured.",
    "hint": "Give a nudge for a step.",
    "logs": "Show the log of the build or of the application.",
    "reset": "Go back to the start of a lab; the foundation and your work stay.",
    "destroy": "Remove everything of the environment, and prove it.",
    "setup": "Fetch everything that labs need, so that `local` needs no network.",
    "doctor": "Look for what commonly stands in the way.",
    "env": "Print what makes aws, git and terraform work in a shell.",
    "terraform": "Run Terraform on the environment, by hand.",
    "emulator": "Start, stop and look at the AWS on this machine.",
}
"""Each command's module and attribute have its name; imported when called, for a quick start."""

_AGAIN = "Run the same command again: it goes on where it stopped."


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and lists it from the table alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"workshop.cli.{name}"), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"workshop.cli.{name}.{name} is not a command")
        _begin_collecting()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--target", metavar="local|aws", help="Where labs run. [env: TARGET; default: local]")
@click.option(
    "--participant",
    metavar="NAME",
    help="Whose environment; the front of every name. [env: PARTICIPANT; default: workshop]",
)
@click.option(
    "--region",
    metavar="REGION",
    help="The region on `aws`. [env: AWS_REGION, AWS_DEFAULT_REGION; default: the profile's]",
)
@click.option("--debug", is_flag=True, help="Show tracebacks. [env: WORKSHOP_DEBUG]")
@click.version_option(package_name="ecs-cicd-workshop", prog_name="workshop")
@click.pass_context
def workshop(
    ctx: click.Context,
    target: str | None,
    participant: str | None,
    region: str | None,
    debug: bool,
) -> None:
    """Learn CI/CD for Amazon ECS in three labs, on this machine or on a real account.

    Exit status: 0 done; 1 a check failed or is not yet; 2 wrong use or configuration; 3 Terraform,
    AWS or the emulator failed, or a check could not look; 130 interrupted.
    """
    from workshop.cli.context import Context

    if not isinstance(ctx.obj, Context):
        ctx.obj = Context(target, participant, region, debug)
    ctx.call_on_close(ctx.obj.close)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command, and end with the exit status that the documentation names."""
    for number in heeded():
        signal.signal(number, _interrupted)
    gc.disable()  # for a quick start: what is loaded now stays
    status = run(sys.argv[1:] if arguments is None else arguments)
    gc.disable()  # for a quick end: the interpreter would look through everything once more
    sys.exit(status)


def _begin_collecting() -> None:
    """Collect garbage from here on, where `main` put it off, and pass over what was loaded."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run(arguments: list[str]) -> int:
    """Run the command and return its exit status, every error told."""
    try:
        # outside standalone mode click returns the status that a command exits with
        status = workshop.main(arguments, prog_name="workshop", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        return _tell(Interrupted("Interrupted.", _AGAIN))
    except WorkshopError as error:
        return _tell(error)
    except BrokenPipeError:
        return _leave_closed_pipe()
    except Exception as error:  # noqa: BLE001 (the one broad catch)
        return _tell(_unexpected(error))
    return status if isinstance(status, int) else 0


def _tell(error: WorkshopError) -> int:
    from workshop.console import Console

    Console().error(error)
    if _wants_debug():
        import traceback

        traceback.print_exception(error)
    return error.exit_code


def _unexpected(error: Exception) -> WorkshopError:
    """Return what no lower layer foresaw as something a person can act on."""
    found = WorkshopError(
        f"{type(error).__name__}: {error}".rstrip(": "),
        "Run `workshop doctor`, or the same command as `workshop --debug …` for the traceback.",
    )
    found.__cause__ = error
    return found


def _wants_debug() -> bool:
    import os

    return "--debug" in sys.argv or os.environ.get("WORKSHOP_DEBUG", "") not in {"", "0"}


def _leave_closed_pipe() -> int:
    """End quietly when the reader of our output has gone, as `workshop logs | head` does."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _interrupted(number: int, _frame: FrameType | None) -> Any:
    """Treat them all as Ctrl-C, which ends Terraform in order."""
    if number == signal.SIGHUP:
        let_go_of_terminal()
    raise KeyboardInterrupt
