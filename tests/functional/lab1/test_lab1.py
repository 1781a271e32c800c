"""Lab 1 on a standing environment: what it leaves, a release by hand, reset and destroy."""

import json
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.functional.environments import Command
from tests.functional.participant import Participant
from tests.load.generator import run_load
from workshop.checks.web import ask

pytestmark = pytest.mark.slow


@pytest.fixture
def status(environment: object, workshop: Command) -> Callable[[], Any]:
    def read() -> Any:
        return json.loads(workshop("status", "--json").stdout)

    return read


def test_every_check_of_lab_1_passed(environment: "subprocess.CompletedProcess[str]"):
    for name in ("source", "image", "service", "application", "pipeline", "trigger"):
        assert f"{name}: " in environment.stderr
    assert "every check passed" in environment.stderr


def test_printed_url_answers_with_the_new_greeting(environment):
    url = environment.stdout.strip()
    assert ask(url).text == "Ahoy your-name\n"


def test_status_tells_what_stands(status, clone):
    found = status()
    assert found["target"] == "local"
    assert found["participant"] == "workshop"
    assert found["step"] == "1.4"
    assert found["region"] == "us-west-2"
    assert found["clone_url"].startswith(found["endpoint_url"])
    assert found["urls"].keys() == {"staging"}
    assert [stage["name"] for stage in found["pipeline"]["stages"]] == ["Source", "Build", "Deploy"]
    assert {stage["status"] for stage in found["pipeline"]["stages"]} == {"Succeeded"}
    head = git_head(clone)
    assert found["services"][0].pop("revision").startswith("workshop-hello-server-staging:")
    assert found["services"] == [
        {
            "cluster": "workshop-staging",
            "name": "hello-server-staging",
            "running": 2,
            "desired": 2,
            "image_tag": head,
        }
    ]


def git_head(clone: Path) -> str:
    return subprocess.run(
        ["git", "rev-parse", "main"],
        cwd=clone / "work" / "workshop" / "hello-server",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_tasks_that_answer_are_listed_and_are_living_processes(status, shell, clone):
    arns = json.loads(
        shell(
            "aws ecs list-tasks --cluster workshop-staging --service-name hello-server-staging"
        ).stdout
    )["taskArns"]
    listed = {arn.rsplit("/", 1)[-1] for arn in arns}
    url = f"{status()['urls']['staging']}/hello/who"
    assert {ask(url).task_id for _ in range(8)} == listed
    commands = [" ".join(process.info["cmdline"] or []) for process in workshop_processes(clone)]
    assert all(any(task in command for command in commands) for task in listed)


def workshop_processes(clone: Path) -> list[psutil.Process]:
    """Return every process whose command line names the copy's folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(clone) in " ".join(process.info["cmdline"] or [])
    ]


def test_unmodified_aws_cli_gives_right_answers(shell, status):
    found = status()
    shell("aws ecs wait services-stable --cluster workshop-staging --services hello-server-staging")
    state = json.loads(
        shell("aws codepipeline get-pipeline-state --name workshop-hello-server").stdout
    )
    assert [stage["latestExecution"]["status"] for stage in state["stageStates"]] == [
        "Succeeded"
    ] * 3
    build_id = state["stageStates"][1]["actionStates"][0]["latestExecution"]["externalExecutionId"]
    build = json.loads(shell(f"aws codebuild batch-get-builds --ids {build_id}").stdout)["builds"][
        0
    ]
    assert build["buildStatus"] == "SUCCEEDED"
    log = build["logs"]
    events = json.loads(
        shell(
            f"aws logs filter-log-events --log-group-name {log['groupName']}"
            f" --log-stream-names {log['streamName']}"
        ).stdout
    )["events"]
    assert any("Running command python3 -m unittest" in event["message"] for event in events)
    images = json.loads(
        shell("aws ecr describe-images --repository-name workshop-hello-server").stdout
    )["imageDetails"]
    assert found["services"][0]["image_tag"] in {tag for one in images for tag in one["imageTags"]}


def test_release_by_hand_fails_no_request(status, environment, standing):
    participant = Participant(standing)
    stop = threading.Event()
    url = f"{status()['urls']['staging']}/hello/load"
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(run_load, url, 50, 120, stop)
        participant.push("server.py", "GREETING = ", "GREETING = 'Moin'  # ")
        outcomes = participant.check("1.4", wait=True)
        stop.set()
        report = load.result()
    assert all(one["ending"] == "passed" for one in outcomes), outcomes
    assert report.failed == 0, report.as_dict()
    assert len(report.versions) == 2
    assert ask(url).text == "Moin load\n"


def test_plan_after_a_release_by_terraform_itself_shows_no_changes(shell):
    shell("terraform -chdir=terraform plan -detailed-exitcode -no-color")
