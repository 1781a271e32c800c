"""What the commands that walk labs and checks share."""

from workshop.cli.context import Context
from workshop.progress import Progress
from workshop.runner import Session


def session_of(context: Context, progress: Progress) -> Session:
    """Return what the runner needs, from what the command line has built."""
    return Session(context.config, context.target, context.aws, context.terraform, progress)
