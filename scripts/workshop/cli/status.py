"""`workshop status`: where an environment stands, and where to reach it."""

from typing import Any

import click

from workshop.checks.view import PRODUCTION, TEST
from workshop.cli.context import Context, pass_context
from workshop.cli.session import session_of
from workshop.deployments import weights_in_words
from workshop.progress import silent
from workshop.runner import open_context
from workshop.status import read_status

_NAMES = {PRODUCTION: "production", TEST: "test port"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
@pass_context
def status(context: Context, as_json: bool) -> None:
    """Show the step reached, the URLs, the pipeline's stages and what the services run."""
    context.require_running_target()
    found = read_status(open_context(session_of(context, silent)))
    if as_json:
        context.console.json(found)
    else:
        _show(context, found)


def _show(context: Context, found: dict[str, Any]) -> None:
    rows = [
        ["target", found["target"]],
        ["participant", found["participant"]],
        ["step", found["step"]],
        ["region", found["region"]],
        ["endpoint", found["endpoint_url"] or "AWS"],
        ["clone URL", found["clone_url"] or "from step 1.1 on"],
    ]
    rows += [
        [f"{_NAMES.get(key, key)} URL", f"{url}/hello/your-name"]
        for key, url in found["urls"].items()
    ]
    if found["pipeline"]:
        rows.append(["pipeline", found["pipeline"]["name"]])
        rows += [[f"  {one['name']}", one["status"]] for one in found["pipeline"]["stages"]]
    rows += _approval(found["approval"]) + _deployment(found["deployment"])
    for service in found["services"]:
        counts = f"{service['running']} of {service['desired']} tasks"
        tag = service["image_tag"][:12]
        rows.append([f"service {service['name']}", f"{counts}, {service['revision']}, image {tag}"])
    context.console.table(["", ""], rows)


def _approval(waiting: dict[str, Any] | None) -> list[list[str]]:
    if waiting is None:
        return []
    commit = f"{waiting['commit'][:8]} {waiting['subject']}".rstrip()
    behind = f", {waiting['behind']} behind it" if waiting["behind"] else ""
    return [["approval", f"{commit} waits{behind}: `workshop approve` or `workshop reject`"]]


def _deployment(running: dict[str, Any] | None) -> list[list[str]]:
    if running is None:
        return []
    weights = f", {weights_in_words(running['weights'])}" if running["weights"] else ""
    return [["deployment", f"{running['id']} of {running['version'][:8]}{weights}"]]
