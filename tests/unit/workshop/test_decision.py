"""`workshop approve` and `workshop reject`: what they show, decide, and say where nothing waits."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.unit.workshop.conftest import Command

from workshop.approval_report import ApprovalReport, read_report
from workshop.approvals import Carried, WaitingApproval
from workshop.cli.decision import rows_of
from workshop.errors import NotPrepared, UsageError

OLD, NEW, NEWER = "0" * 40, "a" * 40, "b" * 40
WAITING = WaitingApproval(
    "e-1", NEW, "Greet warmly", "token", "Approve", "Approve", datetime(2026, 5, 1, tzinfo=UTC)
)
REPORT = ApprovalReport(WAITING, NEW, OLD, ("server.py",))
URL = "http://127.0.0.1:8080"


class Differences:
    """CodeCommit's answer to GetDifferences: paths after and before, or an error."""

    def __init__(self, *paths: str, error: str = "") -> None:
        self._paths = paths
        self._error = error

    def get_paginator(self, operation: str) -> "Differences":
        assert operation == "get_differences"
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        assert asked == {
            "repositoryName": "app",
            "beforeCommitSpecifier": OLD,
            "afterCommitSpecifier": NEW,
        }
        if self._error:
            raise ClientError({"Error": {"Code": self._error}}, "GetDifferences")
        blob = "beforeBlob" if "gone.txt" in self._paths else "afterBlob"
        return [{"differences": [{blob: {"path": path}} for path in self._paths]}]


class FakeView:
    """An environment with one pipeline; `stages` maps its stages to the execution inside each."""

    def __init__(self, **more: Any) -> None:
        self.environment = SimpleNamespace(approval=object(), step="2.4")
        self.approval = SimpleNamespace(stage="Approve")
        self.pipeline = SimpleNamespace(name="ana-hello-server")
        self.source = SimpleNamespace(name="app")
        self.waiting: WaitingApproval | None = None
        self.executions: list[dict[str, Any]] = []
        self.actions: dict[str, list[dict[str, Any]]] = {}
        self.stages: list[dict[str, Any]] = [{"stageName": "Source"}]
        self.differences = Differences("server.py")
        self.__dict__.update(more)
        self.aws = SimpleNamespace(client=lambda _service: self.differences)

    def waiting_approval(self) -> WaitingApproval | None:
        return self.waiting

    def version(self, key: str) -> str:
        return {"staging": NEW, "prod": OLD}[key]

    def running_executions(self) -> list[dict[str, Any]]:
        return [one for one in self.executions if one["status"] in {"InProgress", "Stopping"}]

    def newest_execution(self) -> dict[str, Any] | None:
        return self.executions[0] if self.executions else None

    def action_executions(self, execution_id: str) -> list[dict[str, Any]]:
        return self.actions.get(execution_id, [])

    def pipeline_state(self) -> list[dict[str, Any]]:
        return self.stages


def execution(execution_id: str, status: str, commit: str = NEW) -> dict[str, Any]:
    sources = [{"revisionId": commit}]
    return {"pipelineExecutionId": execution_id, "status": status, "sourceRevisions": sources}


def decision(status: str, summary: str = "") -> dict[str, Any]:
    result = {"executionResult": {"externalExecutionSummary": summary}} if summary else {}
    updated_by = "arn:aws:iam::1:user/ana"
    return {"stageName": "Approve", "status": status, "output": result, "updatedBy": updated_by}


def inside(stage: str, execution_id: str) -> dict[str, Any]:
    latest = {"pipelineExecutionId": execution_id, "status": "InProgress"}
    return {"stageName": stage, "latestExecution": latest}


def read(**more: Any) -> ApprovalReport:
    return read_report(FakeView(**more))  # type: ignore[arg-type]


def refusal(**more: Any) -> str:
    with pytest.raises(UsageError) as found:
        read(**more)
    assert found.value.remedy
    assert found.value.exit_code == 2
    return found.value.message


# What is decided about


def test_report_tells_both_versions_and_what_changes_between_them():
    assert read(waiting=WAITING) == REPORT


@pytest.mark.parametrize(
    ("differences", "files"),
    [
        (Differences("gone.txt"), ("gone.txt",)),
        (Differences(), ()),
        (Differences(error="CommitDoesNotExistException"), None),
    ],
)
def test_files_that_change_are_named_as_far_as_codecommit_can(differences, files):
    assert read(waiting=WAITING, differences=differences).changed_files == files


def test_error_of_codecommits_is_not_hidden():
    with pytest.raises(ClientError):
        read(waiting=WAITING, differences=Differences(error="Throttling"))


def test_rows_name_execution_commit_change_files_and_staging():
    rows = dict(rows_of(REPORT, URL))
    assert rows["execution"].startswith("e-1, in `Approve` since ")
    assert rows["commit"] == "aaaaaaaa Greet warmly"
    assert rows["production"] == "00000000 now, aaaaaaaa if approved"
    assert rows["changes"] == "server.py"
    assert rows["staging"] == f"runs aaaaaaaa already; look at {URL}/hello/your-name"
    assert "behind it" not in rows


def test_rows_tell_that_staging_has_gone_on_to_what_waits_behind():
    behind = (Carried("e-2", NEWER, "Greet coldly"), Carried("e-3", "", ""))
    report = replace(REPORT, waiting=replace(WAITING, behind=behind), staging_version=NEWER)
    rows = rows_of(report, URL)
    assert ["behind it", "e-2, commit bbbbbbbb Greet coldly"] in rows
    assert ["", "e-3, no commit yet"] in rows
    assert "has gone on to bbbbbbbb" in dict(rows)["staging"]


@pytest.mark.parametrize(
    ("report", "row", "said"),
    [
        (replace(REPORT, staging_version=OLD), "staging", "runs 00000000, not this commit"),
        (replace(REPORT, production_version=NEW), "production", "aaaaaaaa already"),
        (replace(REPORT, changed_files=None), "changes", "unknown"),
        (replace(REPORT, changed_files=()), "changes", "no file"),
        (replace(REPORT, changed_files=tuple("abcdefg")), "changes", "a, b, c, d, e and 2 more"),
    ],
)
def test_rows_say_what_is_unusual(report: ApprovalReport, row: str, said: str):
    assert dict(rows_of(report, URL))[row].startswith(said)


# Where nothing waits


def test_below_lab_2_there_is_no_approval():
    with pytest.raises(NotPrepared, match=r"stands at step 1\.4.*before step 2\.3") as found:
        read(environment=SimpleNamespace(approval=None, step="1.4"))
    assert found.value.remedy == "Run `make lab2`."


def test_execution_that_has_not_come_to_its_approval_is_placed():
    said = refusal(executions=[execution("e-1", "InProgress")], stages=[inside("Build", "e-1")])
    assert said == (
        "Nothing waits for approval: execution `e-1` of commit aaaaaaaa is still in `Build`."
    )


def test_execution_at_an_entrance_is_placed_before_the_stage():
    stage = {"stageName": "Deploy", "inboundExecution": {"pipelineExecutionId": "e-1"}}
    said = refusal(executions=[execution("e-1", "InProgress")], stages=[stage])
    assert "is still at the entrance of `Deploy`" in said


def test_execution_that_was_approved_may_wait_for_the_one_before_it():
    stage = {"stageName": "DeployProd", "inboundExecutions": [{"pipelineExecutionId": "e-1"}]}
    said = refusal(
        executions=[execution("e-1", "InProgress")],
        stages=[stage],
        actions={"e-1": [decision("Succeeded")]},
    )
    assert "was approved by `ana` and is at the entrance of `DeployProd`" in said


def test_execution_that_was_approved_names_who_and_why():
    said = refusal(
        executions=[execution("e-2", "InProgress", NEWER), execution("e-1", "InProgress")],
        stages=[inside("Build", "e-2"), inside("DeployProd", "e-1")],
        actions={"e-1": [decision("Succeeded", "fine")]},
    )
    assert said == (
        "Nothing waits for approval: execution `e-1` of commit aaaaaaaa was approved by `ana` "
        "(“fine”) and is in `DeployProd`; "
        "execution `e-2` of commit bbbbbbbb is still in `Build`."
    )


def test_execution_that_is_being_stopped_is_told():
    assert "is being stopped" in refusal(executions=[execution("e-1", "Stopping")])


@pytest.mark.parametrize(
    ("status", "decided", "said"),
    [
        ("Succeeded", decision("Succeeded", "fine"), "was approved by `ana` (“fine”), and is in"),
        ("Succeeded", None, "before the pipeline had an approval"),
        ("Failed", decision("Failed", "no"), "was rejected by `ana` (“no”)"),
        ("Failed", decision("Succeeded"), "was approved by `ana`, and ended as Failed after that"),
        ("Stopped", None, "ended as Stopped before its approval"),
    ],
)
def test_execution_that_ended_says_how(status, decided, said):
    actions = {"e-1": [decided] if decided else []}
    assert said in refusal(executions=[execution("e-1", status)], actions=actions)


def test_pipeline_that_never_ran_says_so():
    assert "no execution of pipeline `ana-hello-server` has run yet" in refusal()


# The commands


@pytest.mark.parametrize("name", ["approve", "reject", "deployments"])
def test_without_an_emulator_the_command_says_what_to_run(workshop: Command, name: str):
    arguments = [name, "--summary", "no"] if name == "reject" else [name]
    outcome = workshop(*arguments)
    assert outcome.exit_code == 2
    assert "is not prepared on target `local`" in outcome.stderr
    assert outcome.stdout == ""


def test_rejection_without_a_reason_is_wrong_use(workshop: Command):
    outcome = workshop("reject")
    assert outcome.exit_code == 2
    assert "--summary" in outcome.stderr
