"""Faults of the application and its surroundings, on the standing environment.

A table: what is pushed, what the check names, what it says to do next. Under every row staging
goes on answering with the version before, and no request fails. Quick rows of bad input stand in
tests/unit/workshop/test_bad_input.py.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from tests.functional.participant import CLUSTER, PIPELINE, REPOSITORY, SERVICE, Participant
from tests.functional.under_load import RATE, assert_served, under_load
from tests.functional.waiting import wait_until
from tests.load.generator import PATIENT_S, run_load
from tests.standing import Standing
from workshop.checks.web import ask

pytestmark = pytest.mark.slow

SUSPENDED_S = 15
"""Longer than a target's way to unhealthy: two checks, 5 s apart, that wait 2 s each."""

AWAKE_S = 8
"""Long enough for the next check, and for what the scheduler would make of it."""


@dataclass(frozen=True)
class Fault:
    """One line of the table. `named` and `next` are what `workshop check 1.4` prints."""

    given: str
    file: str
    old: str
    new: str
    named: tuple[str, ...]
    next: str = "push; `workshop logs build` shows all."


MEND_AND_PUSH = "Mend what the"
OLD_REVISION_IS_BACK = "the circuit breaker has brought the old revision back"

FAULTS = (
    Fault("buildspec is not YAML", "buildspec.yml", "version: 0.2", "version: 0.2\n\tphases: [",
        ("phase DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "at line 2")),
    Fault("buildspec of an unknown version", "buildspec.yml", "version: 0.2", "version: 0.9",
        ("YAML_FILE_ERROR", "version `0.9`")),
    Fault("buildspec without phases", "buildspec.yml", "phases:", "env-vars:",
        ("YAML_FILE_ERROR", "phases")),
    Fault("package of the system", "Dockerfile", "WORKDIR /app", "RUN apt-get update\nWORKDIR /app",
        ("phase BUILD", "docker build", "Dockerfile line 3", "`apt-get`", "container engine")),
    Fault("failing unit test", "server.py", 'return 200, "ok\\n"', 'return 200, "broken\\n"',
        ("phase PRE_BUILD", "python3 -m unittest", "AssertionError", "FAILED (failures=")),
    Fault("ignores PORT", "server.py", 'int(os.environ.get("PORT", "80"))', "18099",
        (OLD_REVISION_IS_BACK, "does not listen on the port in PORT"), MEND_AND_PUSH),
    Fault("never answers /ping", "server.py", "        status, text = answer(",
        '        if self.path == "/ping" and VERSION != "unversioned":\n'
        "            threading.Event().wait(9)\n        status, text = answer(",
        ("is unhealthy in", "Request timed out"), MEND_AND_PUSH),
)  # fmt: skip

CRASH = Fault("crashes at start", "server.py", "def main() -> None:",
    'def main() -> None:\n    raise SystemExit("The database is not there.")',
    (OLD_REVISION_IS_BACK, "Essential container in task exited", "exit code 1",
        "log: The database is not there."), MEND_AND_PUSH)  # fmt: skip


@pytest.fixture(scope="module")
def participant(environment: object, standing: Standing) -> Iterator[Participant]:
    """Return a participant whose application is sound; it is again when the tests are over."""
    made = Participant(standing)
    wait_until_sound(made)
    sound = made.git("rev-parse", "HEAD")
    yield made
    if any(one["ending"] != "passed" for one in made.check("1")):
        end_executions(made)
        restore(made, sound)
        made.git("commit", "--quiet", "--allow-empty", "--all", "--message", "Mend")
        made.git("push", "--quiet")
        wait_until_sound(made)


@pytest.fixture
def good(participant: Participant) -> str:
    """Return the commit that staging answers with, and goes on answering with."""
    version = ask(staging_url(participant)).version
    assert version
    return version


def wait_until_sound(participant: Participant) -> None:
    for outcome in participant.check("1", wait=True):
        assert outcome["ending"] == "passed", outcome


def restore(participant: Participant, commit: str) -> None:
    participant.git("checkout", "--quiet", commit, "--", ".")


def break_application(participant: Participant, good: str, fault: Fault) -> None:
    restore(participant, good)
    participant.push(fault.file, fault.old, fault.new)


def end_executions(participant: Participant) -> None:
    """End what runs, so that nobody waits for the timeout of a Deploy action."""
    codepipeline = participant.aws("codepipeline")
    for one in executions(participant):
        if one["status"] == "InProgress":
            codepipeline.stop_pipeline_execution(
                pipelineName=PIPELINE, pipelineExecutionId=one["pipelineExecutionId"], abandon=True
            )
    wait_until(lambda: all(one["status"] != "Stopping" for one in executions(participant)))


def executions(participant: Participant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = participant.aws("codepipeline").list_pipeline_executions(
        pipelineName=PIPELINE
    )["pipelineExecutionSummaries"]
    return found


def commits_of(participant: Participant) -> set[str]:
    """Return every commit that an execution has run."""
    return {
        source["revisionId"]
        for one in executions(participant)
        for source in one.get("sourceRevisions", [])
    }


def staging_url(participant: Participant) -> str:
    return f"{participant.env_vars['STAGING_URL']}/hello/load"


def assert_told(participant: Participant, fault: Fault, *options: str) -> str:
    """Assert that a person who asks reads what is named and what is next; return what was said."""
    done = participant.workshop("check", "1.4", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    for words in fault.named:
        assert words in done.stdout, done.stdout
    following = [line for line in done.stdout.splitlines() if line.startswith("    next: ")]
    assert fault.next in following[0]
    return done.stdout


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.given for fault in FAULTS])
def test_faulty_application_is_explained_and_never_served(participant, good, fault):
    with under_load(staging_url(participant), good):
        break_application(participant, good, fault)
        assert_told(participant, fault, "--wait")
        end_executions(participant)


def test_crashing_application_is_told_before_and_after_the_timeout(participant, good):
    with under_load(staging_url(participant), good):
        break_application(participant, good, CRASH)
        told = assert_told(participant, CRASH, "--wait")
        assert "Deploy InProgress" in told
        assert "stop-pipeline-execution --abandon" in told
        wait_until(lambda: executions(participant)[0]["status"] != "InProgress")
        told = assert_told(participant, CRASH)
        assert "stage Deploy failed" in told
        assert "timed out after 10 minute" in told
        service = participant.aws("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])
        deployments = service["services"][0]["deployments"]
        assert [one["rolloutState"] for one in deployments] == ["COMPLETED"]
        wait_until(lambda: running_tags(participant) == {good})


def running_tags(participant: Participant) -> set[str]:
    ecs = participant.aws("ecs")
    tasks = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    return {
        container["image"].rpartition(":")[2]
        for task in ecs.describe_tasks(cluster=CLUSTER, tasks=tasks)["tasks"]
        for container in task["containers"]
    }


def test_suspended_laptop_finds_everything_as_it_left_it(participant, good, standing):
    ecs = participant.aws("ecs")
    assert all(one["ending"] == "passed" for one in participant.check("1.2", wait=True))
    before = set(ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"])
    ill = events_of_illness(participant)
    with suspended(standing):
        threading.Event().wait(SUSPENDED_S)  # the length of the suspension is the input
    report = run_load(staging_url(participant), RATE, duration_s=AWAKE_S, late_s=PATIENT_S)
    assert_served(report, good)
    assert set(ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]) == before
    assert events_of_illness(participant) == ill


def events_of_illness(participant: Participant) -> set[str]:
    found = participant.aws("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])
    events = found["services"][0]["events"]
    return {event["id"] for event in events if "unhealthy" in event["message"]}


@contextmanager
def suspended(standing: Standing) -> Iterator[None]:
    """Stop the emulator and all that it runs, as a closed lid does."""
    pid = int((standing.clone / ".workshop" / "emulator.pid").read_text())
    emulator = psutil.Process(pid)
    processes = [emulator, *emulator.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def test_only_a_push_to_the_branch_starts_the_pipeline_and_a_forced_one_does(participant, good):
    participant.git("commit", "--quiet", "--allow-empty", "--message", "On another branch")
    elsewhere = participant.git("rev-parse", "HEAD")
    participant.git("push", "--quiet", "origin", "HEAD:refs/heads/other")
    participant.git("reset", "--quiet", "--hard", "HEAD~1")
    restore(participant, good)
    participant.git(
        "commit", "--quiet", "--amend", "--allow-empty", "--all", "--message", "Written anew"
    )
    head = participant.git("rev-parse", "HEAD")
    participant.git("push", "--quiet", "--force")
    # both events take the same way, so the one of the other branch would have come first
    wait_until(lambda: head in commits_of(participant))
    assert elsewhere not in commits_of(participant)
    wait_until_sound(participant)
    participant.aws("codecommit").delete_branch(repositoryName=REPOSITORY, branchName="other")
