"""Steps 2.2 and 2.3: put into the clone what says how production is deployed, and commit it."""

from collections.abc import Callable
from pathlib import Path

from workshop.application.clone import Clone, push_url
from workshop.application.configuration import (
    APPSPEC,
    BUILDSPEC,
    TASKDEF,
    mistake_in_appspec,
    mistake_in_buildspec,
    mistake_in_taskdef,
    read_text,
    render_taskdef,
)
from workshop.checks.view import PRODUCTION
from workshop.context import Context
from workshop.errors import InfrastructureError
from workshop.progress import Waiting
from workshop.waiting import wait_until

_IDLE_S = 900.0

Judge = Callable[[str], str]
"""Returns what is wrong with the text of a file, or ''."""


def write_deployment_files(context: Context) -> str:
    """Render `taskdef.json` for this participant, add `appspec.yaml`, and commit both.

    Files that would do, however they came there, are left as they are.
    """
    service = context.environment.services[PRODUCTION]
    definition = context.view.task_definition(PRODUCTION)
    if definition is None:
        raise InfrastructureError(
            f"Service `{service.name}` is gone, so nothing tells how its tasks are to run.",
            "Run `workshop lab 2 --to 2.1`.",
        )
    region = context.environment.region
    template = (_templates(context) / TASKDEF).read_text(encoding="utf-8")
    texts = {
        TASKDEF: render_taskdef(template, definition, service.container, region),
        APPSPEC: (_templates(context) / APPSPEC).read_text(encoding="utf-8"),
    }
    judges: dict[str, Judge] = {
        TASKDEF: lambda text: mistake_in_taskdef(text, definition, service.container),
        APPSPEC: lambda text: mistake_in_appspec(text, service.container),
    }
    return _supply(context, "2.2", texts, judges, "Say how production is deployed")


def write_buildspec(context: Context) -> str:
    """Have the build hand everything on that CodeDeployToECS asks for, and commit it."""
    texts = {BUILDSPEC: (_templates(context) / BUILDSPEC).read_text(encoding="utf-8")}
    judges: dict[str, Judge] = {BUILDSPEC: mistake_in_buildspec}
    return _supply(context, "2.3", texts, judges, "Hand on what production is deployed by")


def _templates(context: Context) -> Path:
    return context.config.root / "app" / "blue-green"


def _supply(
    context: Context, step: str, texts: dict[str, str], judges: dict[str, Judge], message: str
) -> str:
    """Write the files that are missing or would not do; commit them, and what was written by hand.

    A file of a person's that would not do is committed before it is replaced: nothing is lost.
    """
    clone = context.clone
    clone.prepare(push_url(context.config, context.view.source))
    clone.catch_up()
    by_hand = [name for name in texts if _does(clone, name, judges[name])]
    written = [name for name in texts if name not in by_hand]
    clone.commit_files([name for name in texts if (clone.path / name).exists()], message)
    for name in written:
        (clone.path / name).write_text(texts[name], encoding="utf-8")
    commit = clone.commit_files(written, message, step=step) if written else None
    if commit is None:
        return f"The clone holds {_listed(by_hand)} already."
    return f"Committed {_listed(written)} as {commit[:8]}; nothing is pushed yet."


def _does(clone: Clone, name: str, judge: Judge) -> bool:
    text = read_text(clone.path / name)
    return text is not None and judge(text) == ""


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def commands_for_deployment_files(context: Context) -> list[str]:
    folder, templates = context.config.work_dir, _templates(context)
    return [
        f"cd '{folder}'",
        f"cp '{templates / APPSPEC}' .",
        f"cp '{templates / TASKDEF}' .   # then fill in each ${{…}} from the task definition",
        f"git add {TASKDEF} {APPSPEC}",
        "git commit --message 'Say how production is deployed'",
    ]


def commands_for_buildspec(context: Context) -> list[str]:
    return [
        f"cd '{context.config.work_dir}'",
        f"cp '{_templates(context) / BUILDSPEC}' .",
        "git commit --all --message 'Hand on what production is deployed by'",
    ]


def let_pipeline_end(context: Context) -> None:
    """Return when no execution runs: UpdatePipeline cancels what it redefines under one.

    Raises: InfrastructureError if one runs on.
    """
    if context.environment.pipeline is None or not context.view.running_executions():
        return
    name = context.environment.pipeline.name
    context.progress(
        Waiting(f"Pipeline `{name}` finishes what it is at; a change now would cancel that")
    )
    wait_until(
        lambda: not context.view.running_executions(),
        f"Pipeline `{name}` still has an execution that runs",
        timeout_s=_IDLE_S,
    )
