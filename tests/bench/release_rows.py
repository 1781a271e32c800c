"""A release: from the start of the push to the new greeting from every target."""

import time
from dataclasses import dataclass

from tests.bench.place import APPLICATION, Place, say, wait_until
from tests.bench.rows import Row
from workshop.application.greeting import FILE, next_greeting, read_greeting, write_greeting
from workshop.checks.web import ask

RELEASES = 3
ASKED_IN_A_ROW = 8
"""Answers that must all be the new version's: four targets take turns while both versions run."""


@dataclass(frozen=True)
class Release:
    """Seconds from the start of the push; `ended_s` is when the pipeline called it done."""

    served_s: float
    ended_s: float
    source_s: float
    build_s: float

    @property
    def deploy_s(self) -> float:
        return self.served_s - self.source_s - self.build_s


def release_row(place: Place) -> Row:
    say(f"releasing {RELEASES} times")
    slowest = max((release(place) for _ in range(RELEASES)), key=lambda one: one.served_s)
    split = (
        f"source {slowest.source_s:.1f} s, build {slowest.build_s:.1f} s, deploy until served "
        f"{slowest.deploy_s:.1f} s; pipeline done at {slowest.ended_s:.1f} s"
    )
    what = f"push to new greeting from every target, slowest of {RELEASES}"
    return Row(what, slowest.served_s, "s", split, limit=15)


def release(place: Place) -> Release:
    """Change the greeting, push, and follow it until the pipeline has succeeded."""
    write_greeting(place.clone, next_greeting(read_greeting((place.clone / FILE).read_text())))
    place.git("commit", "--quiet", "--all", "--message", "Change the greeting")
    commit = place.git("rev-parse", "HEAD")
    url = place.hello_url
    pushed_at, started = time.time(), time.monotonic()
    place.git("push", "--quiet", "origin", "main")
    wait_until(lambda: all(ask(url).version == commit for _ in range(ASKED_IN_A_ROW)), 0.05)
    served_s = time.monotonic() - started
    execution_id = wait_until(lambda: _succeeded(place, commit))
    ended_s = time.monotonic() - started
    source_ended_s, build_ended_s = _ends(place, execution_id, pushed_at)
    return Release(served_s, ended_s, source_ended_s, build_ended_s - source_ended_s)


def _succeeded(place: Place, commit: str) -> str | None:
    """Return the id of the commit's execution once it has. Raises: RuntimeError if it failed."""
    found = place.aws("codepipeline").list_pipeline_executions(pipelineName=APPLICATION)
    for execution in found["pipelineExecutionSummaries"]:
        if commit in {one["revisionId"] for one in execution.get("sourceRevisions", [])}:
            if execution["status"] not in {"InProgress", "Succeeded"}:
                raise RuntimeError(f"the pipeline's execution is {execution['status']}")
            is_done = execution["status"] == "Succeeded"
            return str(execution["pipelineExecutionId"]) if is_done else None
    return None


def _ends(place: Place, execution_id: str, since: float) -> tuple[float, float]:
    """Return when Source and Build ended, in seconds after `since`."""
    actions = place.aws("codepipeline").list_action_executions(
        pipelineName=APPLICATION, filter={"pipelineExecutionId": execution_id}
    )["actionExecutionDetails"]
    ends = {one["stageName"]: one["lastUpdateTime"].timestamp() - since for one in actions}
    return ends["Source"], ends["Build"]
