"""Steps 2.2 and 2.3 in a participant's clone, against a bare repository in a folder."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    BUILDSPEC,
    ENVIRONMENT,
    FILES,
    TASK_DEFINITION,
    TASKDEF,
)

from workshop.actions import production_files
from workshop.application.clone import Clone
from workshop.application.configuration import (
    mistake_in_appspec,
    mistake_in_buildspec,
    mistake_in_taskdef,
)
from workshop.config import Config
from workshop.environment import SourceRepository
from workshop.errors import InfrastructureError

ROOT = Path.cwd()


@pytest.fixture
def context(tmp_path: Path) -> Any:
    """Return a participant at step 2.2, whose clone was pushed."""
    origin = tmp_path / "origin.git"
    command = ["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(origin)]
    subprocess.run(command, check=True)
    clone = Clone(tmp_path / "clone", ROOT / "app" / "hello-server", {"PATH": os.environ["PATH"]})
    clone.prepare(str(origin))
    clone.push()
    source = SourceRepository("ana-hello-server", str(origin), "main")
    return SimpleNamespace(
        clone=clone,
        config=Config(root=ROOT),
        environment=replace(ENVIRONMENT, source_repository=source),
        view=SimpleNamespace(source=source, task_definition=lambda _key: TASK_DEFINITION),
        progress=lambda _event: None,
    )


def text(context: Any, name: str) -> str:
    return str((context.clone.path / name).read_text(encoding="utf-8"))


def log(context: Any) -> list[str]:
    return str(context.clone.git.run("log", "--format=%s")).splitlines()


def test_files_are_rendered_for_the_participant_and_committed(context):
    said = production_files.write_deployment_files(context)
    assert "Committed `taskdef.json` and `appspec.yaml`" in said
    found = json.loads(text(context, "taskdef.json"))
    for name in ("family", "executionRoleArn", "taskRoleArn", "cpu", "memory"):
        assert found[name] == TASK_DEFINITION[name]
    (container,) = found["containerDefinitions"]
    assert container["image"] == "<IMAGE1_NAME>"
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/ecs-workshop/ana/prod"
    assert container["logConfiguration"]["options"]["awslogs-region"] == "us-west-2"
    assert container["healthCheck"]
    assert mistake_in_taskdef(text(context, "taskdef.json"), TASK_DEFINITION, "hello-server") == ""
    assert mistake_in_appspec(text(context, "appspec.yaml"), "hello-server") == ""
    assert not context.clone.has_changes()
    assert not context.clone.is_by_hand()
    assert log(context)[0] == "Say how production is deployed"


def test_commit_is_not_pushed(context):
    production_files.write_deployment_files(context)
    assert context.clone.git.run("rev-list", "--count", "origin/main..main") == "1"


def test_files_that_are_there_are_not_made_again(context):
    production_files.write_deployment_files(context)
    head = context.clone.head()
    assert "already" in production_files.write_deployment_files(context)
    assert context.clone.head() == head


def test_files_made_by_hand_are_kept_and_committed_as_such(context):
    for name in ("taskdef.json", "appspec.yaml"):
        (context.clone.path / name).write_text(FILES[name], encoding="utf-8")
    assert "already" in production_files.write_deployment_files(context)
    assert text(context, "taskdef.json") == TASKDEF
    assert not context.clone.has_changes()
    assert context.clone.is_by_hand()


def test_file_that_would_not_do_is_replaced_after_it_was_committed(context):
    (context.clone.path / "taskdef.json").write_text('{"mine": true}', encoding="utf-8")
    production_files.write_deployment_files(context)
    assert mistake_in_taskdef(text(context, "taskdef.json"), TASK_DEFINITION, "hello-server") == ""
    assert context.clone.git.run("show", "HEAD~1:taskdef.json") == '{"mine": true}'


def test_what_else_was_edited_stays_uncommitted(context):
    (context.clone.path / "server.py").write_text("edited", encoding="utf-8")
    production_files.write_deployment_files(context)
    production_files.write_buildspec(context)
    assert context.clone.git.run("status", "--porcelain") == " M server.py"


def test_buildspec_hands_everything_on(context):
    assert mistake_in_buildspec(text(context, "buildspec.yml")) != ""
    production_files.write_buildspec(context)
    assert mistake_in_buildspec(text(context, "buildspec.yml")) == ""
    assert "already" in production_files.write_buildspec(context)


def test_buildspec_that_hands_everything_on_is_left_as_it_is(context):
    (context.clone.path / "buildspec.yml").write_text(BUILDSPEC, encoding="utf-8")
    production_files.write_buildspec(context)
    assert text(context, "buildspec.yml") == BUILDSPEC


def test_service_that_is_gone_is_told(context):
    context.view.task_definition = lambda _key: None
    with pytest.raises(InfrastructureError, match="is gone"):
        production_files.write_deployment_files(context)


class TestLetPipelineEnd:
    def test_waits_until_no_execution_runs_and_says_so(self, monkeypatch):
        monkeypatch.setattr("workshop.waiting._POLL_INTERVAL_S", 0)
        left = [[{"status": "InProgress"}], [{"status": "Stopping"}], []]
        told: list[Any] = []
        view = SimpleNamespace(running_executions=lambda: left.pop(0) if left else [])
        production_files.let_pipeline_end(
            SimpleNamespace(environment=ENVIRONMENT, view=view, progress=told.append)
        )
        assert left == []
        assert "cancel" in told[0].text

    def test_says_nothing_where_none_runs(self):
        told: list[Any] = []
        view = SimpleNamespace(running_executions=list)
        production_files.let_pipeline_end(
            SimpleNamespace(environment=ENVIRONMENT, view=view, progress=told.append)
        )
        assert told == []
