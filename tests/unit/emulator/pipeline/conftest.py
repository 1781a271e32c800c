"""Two things to try: the engine alone, with a clock of its own, and a pipeline through the API."""

import io
import itertools
import json
import queue
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.data_plane.pipeline_actions import driver
from emulator.data_plane.pipeline_actions.context import (
    Abandoned,
    ActionContext,
    ActionFailure,
    Outcome,
)
from emulator.engines.pipeline import advance
from emulator.engines.pipeline.declaration import (
    APPROVAL,
    Action,
    ActionType,
    ExecutionMode,
    Stage,
    Structure,
)
from emulator.engines.pipeline.events import (
    AbandonAction,
    ActionFailed,
    ActionSucceeded,
    Announce,
    ApprovalAnswered,
    Effect,
    Event,
    ExecutionRequested,
    RetryMode,
    RetryRequested,
    StartAction,
    StopRequested,
)
from emulator.engines.pipeline.model import (
    ActionError,
    ActionRun,
    Execution,
    Pipeline,
    Revision,
    SourceOverride,
    Trigger,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def action(name: str, run_order: int = 1, **members: object) -> Action:
    return Action(name, ActionType("Build", "AWS", "CodeBuild", "1"), run_order, **members)


def three_stages() -> tuple[Stage, ...]:
    """Return Source, Build and Deploy, each with one action of the stage's name."""
    return (
        Stage("Source", (action("Source", outputs=("SourceOutput",), namespace="Src"),)),
        Stage("Build", (action("Build", inputs=("SourceOutput",), outputs=("BuildOutput",)),)),
        Stage("Deploy", (action("Deploy", inputs=("BuildOutput",)),)),
    )


def approval_stages(timeout_min: int | None = None) -> tuple[Stage, ...]:
    """Return Source, Approve and DeployProd: a person decides between the first and the last."""
    manual = ActionType(APPROVAL, "AWS", "Manual", "1")
    return (
        Stage("Source", (action("Source"),)),
        Stage("Approve", (Action("Approve", manual, timeout_min=timeout_min),)),
        Stage("DeployProd", (action("DeployProd"),)),
    )


@dataclass
class Course:
    """A pipeline under test: what it is now, and every effect so far."""

    pipeline: Pipeline
    effects: list[Effect] = field(default_factory=list)
    _now: datetime = START
    _ids: itertools.count = field(default_factory=lambda: itertools.count(1))

    def take(self, event: Event) -> list[Effect]:
        self._now += timedelta(seconds=1)
        self.pipeline, effects = advance(self.pipeline, event, self._now, self._new_id)
        self.effects += effects
        return effects

    def _new_id(self) -> str:
        return f"id-{next(self._ids):07d}"

    def request(self, name: str, *overrides: SourceOverride, **variables: str) -> None:
        trigger = Trigger("StartPipelineExecution")
        self.take(ExecutionRequested(name, trigger, variables, overrides))

    def succeed(self, execution: str, name: str, **outcome: object) -> None:
        self.take(ActionSucceeded(execution, self.running(execution, name), **outcome))

    def fail(self, execution: str, name: str) -> None:
        error = ActionError("JobFailed", "it broke")
        self.take(ActionFailed(execution, self.running(execution, name), error))

    def token(self, execution: str) -> str:
        """Return the token of the approval that waits in an execution."""
        run = self[execution].action_runs[self.running(execution, "Approve")]
        assert run.open_approval
        return run.open_approval.token

    def answer(self, token: str, approved: bool = True, summary: str = "well") -> None:
        self.take(ApprovalAnswered("Approve", "Approve", token, approved, summary, by="arn:me"))

    def last_run(self, execution: str, name: str) -> ActionRun:
        """Return an action's newest run in an execution."""
        return [r for r in self[execution].action_runs.values() if r.action.name == name][-1]

    def stop(self, execution: str, abandon: bool = False) -> None:
        self.take(StopRequested(execution, abandon))

    def retry(self, execution: str, stage: str, mode: RetryMode = RetryMode.FAILED_ACTIONS) -> None:
        self.take(RetryRequested(execution, stage, mode))

    def running(self, execution: str, name: str) -> str:
        """Return the id of an action's execution that is in progress."""
        found = [r.id for r in self[execution].running_actions if r.action.name == name]
        assert len(found) == 1, f"{name} of {execution} is not running"
        return found[0]

    def __getitem__(self, execution: str) -> Execution:
        return self.pipeline.executions[execution]

    def status(self, execution: str) -> str:
        return self[execution].status.value

    def statuses(self) -> dict[str, str]:
        return {name: found.status.value for name, found in self.pipeline.executions.items()}

    def stage_status(self, execution: str, stage: str) -> str:
        return self[execution].stage_runs[stage].status.value

    def started(self) -> list[tuple[str, str]]:
        """Return every action started so far: execution and action."""
        found = [effect for effect in self.effects if isinstance(effect, StartAction)]
        return [(effect.execution_id, effect.action.name) for effect in found]

    def abandoned(self) -> list[str]:
        return [e.action_execution_id for e in self.effects if isinstance(e, AbandonAction)]

    def announced(self, execution: str) -> list[str]:
        """Return what EventBridge was told of an execution: level and state."""
        return [
            f"{effect.level} {effect.state}"
            for effect in self.effects
            if isinstance(effect, Announce) and effect.execution_id == execution
        ]

    def last_start(self) -> StartAction:
        return [effect for effect in self.effects if isinstance(effect, StartAction)][-1]


Begin = Callable[..., Course]


@pytest.fixture
def begin() -> Begin:
    """Return a function that makes a course: of three stages, SUPERSEDED, unless told otherwise."""

    def begin(
        *stages: Stage, mode: ExecutionMode = ExecutionMode.SUPERSEDED, version: int = 1
    ) -> Course:
        structure = Structure("pipe", version, stages or three_stages(), "artifacts", mode)
        return Course(Pipeline.new(structure))

    return begin


@pytest.fixture
def approval() -> Callable[..., tuple[Stage, ...]]:
    """Return a function that makes the stages Source, Approve and DeployProd."""
    return approval_stages


@pytest.fixture
def make_action() -> Callable[..., Action]:
    return action


@pytest.fixture
def stages() -> tuple[Stage, ...]:
    """Return Source, Build and Deploy as `begin` has them."""
    return three_stages()


@pytest.fixture
def revision() -> Revision:
    return Revision("Source", "SourceOutput", "c0ffee", "a commit", "https://x", START)


# A running pipeline, through the API.

ENDED = {"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"}
Json = dict[str, Any]
Waiter = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def wait_until() -> Waiter:
    """Return a function that polls until its argument returns something true, and returns that."""

    def wait_until(found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 30
        while not (result := found()):
            assert time.monotonic() < deadline, "what was waited for did not come"
            time.sleep(0.02)
        return result

    return wait_until


def declared_action(
    name: str, category: str, provider: str, configuration: dict[str, str], **members: Any
) -> Json:
    """Return botocore's shape ActionDeclaration; `inputs` and `outputs` are names."""
    return {
        "name": name,
        "actionTypeId": {
            "category": category,
            "owner": "AWS",
            "provider": provider,
            "version": "1",
        },
        "configuration": configuration,
        "inputArtifacts": [{"name": n} for n in members.pop("inputs", [])],
        "outputArtifacts": [{"name": n} for n in members.pop("outputs", [])],
        **members,
    }


class Workbench:
    """Makes pipelines that take an object of a bucket, and follows their executions."""

    def __init__(self, aws: Callable[[str], Any], prefix: str, wait_until: Waiter) -> None:
        self.prefix = prefix
        self.aws = aws
        self.pipelines = aws("codepipeline")
        self.source_bucket = f"{prefix}-source"
        self.artifact_bucket = f"{prefix}-artifacts"
        self.role_arn = self._role()
        self._wait_until = wait_until
        for bucket in (self.source_bucket, self.artifact_bucket):
            aws("s3").create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
            )
            aws("s3").put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        self.put_source({"file.txt": "hello"})

    def _role(self) -> str:
        """Make a role that trusts a list of services, which moto alone refuses."""
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {
                "Service": [f"{name}.amazonaws.com" for name in ("codedeploy", "codepipeline")]
            },
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = self.aws("iam").create_role(
            RoleName=f"{self.prefix}-pipeline", AssumeRolePolicyDocument=policy
        )
        return str(role["Role"]["Arn"])

    def put_source(self, files: dict[str, str]) -> str:
        """Put a zip of the files where the pipelines look, and return its version id."""
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        answer = self.aws("s3").put_object(
            Bucket=self.source_bucket, Key="source.zip", Body=written.getvalue()
        )
        return str(answer["VersionId"])

    def source_stage(self) -> Json:
        configuration = {
            "S3Bucket": self.source_bucket,
            "S3ObjectKey": "source.zip",
            "PollForSourceChanges": "false",
        }
        taken = declared_action(
            "Source", "Source", "S3", configuration, outputs=["SourceOutput"], namespace="Src"
        )
        return {"name": "Source", "actions": [taken]}

    def declaration(self, *actions: Json, **members: Any) -> Json:
        """Return a pipeline of the source stage and one stage `Work`; default a build of `p`."""
        work = list(actions) or [
            declared_action(
                "Build", "Build", "CodeBuild", {"ProjectName": "p"}, inputs=["SourceOutput"]
            )
        ]
        return {
            "name": f"{self.prefix}-pipe",
            "roleArn": self.role_arn,
            "pipelineType": "V2",
            "executionMode": "SUPERSEDED",
            "artifactStore": {"type": "S3", "location": self.artifact_bucket},
            "stages": [self.source_stage(), {"name": "Work", "actions": work}],
            **members,
        }

    def create(self, *actions: Json, **members: Any) -> str:
        """Create a pipeline, and return the id of the execution that this starts."""
        self.pipelines.create_pipeline(pipeline=self.declaration(*actions, **members))
        return str(self.summaries()[0]["pipelineExecutionId"])

    @property
    def name(self) -> str:
        return f"{self.prefix}-pipe"

    def start(self, **given: Any) -> str:
        answer = self.pipelines.start_pipeline_execution(name=self.name, **given)
        return str(answer["pipelineExecutionId"])

    def summaries(self) -> list[Json]:
        answer = self.pipelines.list_pipeline_executions(pipelineName=self.name)
        return list(answer["pipelineExecutionSummaries"])

    def execution(self, execution_id: str) -> Json:
        answer = self.pipelines.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=execution_id
        )
        return dict(answer["pipelineExecution"])

    def ended(self, execution_id: str) -> str:
        """Wait for an execution's end, and return its status."""

        def status() -> str | None:
            found = str(self.execution(execution_id)["status"])
            return found if found in ENDED else None

        return str(self._wait_until(status))

    def actions(self, execution_id: str) -> dict[str, Json]:
        """Return the newest action execution of each action."""
        answer = self.pipelines.list_action_executions(
            pipelineName=self.name, filter={"pipelineExecutionId": execution_id}
        )
        details = reversed(answer["actionExecutionDetails"])
        return {detail["actionName"]: detail for detail in details}

    def error(self, execution_id: str, action_name: str) -> dict[str, str]:
        """Return `errorDetails` of an action."""
        detail = self.actions(execution_id)[action_name]
        return dict(detail["output"]["executionResult"]["errorDetails"])

    def artifact(self, execution_id: str, action_name: str) -> zipfile.ZipFile:
        """Return the first output artifact of an action, open for reading."""
        (written, *_) = self.actions(execution_id)[action_name]["output"]["outputArtifacts"]
        location = written["s3location"]
        stored = self.aws("s3").get_object(Bucket=location["bucket"], Key=location["key"])
        with stored["Body"] as body:
            return zipfile.ZipFile(io.BytesIO(body.read()))

    def stage(self, name: str) -> Json:
        states = self.pipelines.get_pipeline_state(name=self.name)["stageStates"]
        return next(dict(state) for state in states if state["stageName"] == name)

    def wait_for_action(self, execution_id: str, action_name: str, status: str) -> Json:
        def found() -> Json | None:
            detail = self.actions(execution_id).get(action_name)
            return detail if detail and detail["status"] == status else None

        return dict(self._wait_until(found))


@pytest.fixture
def workbench(
    aws: Callable[[str], Any], unique: Callable[[], str], wait_until: Waiter
) -> Iterator[Workbench]:
    """Return a workbench with a source in S3; its pipeline goes when the test ends."""
    bench = Workbench(aws, f"pl{unique()}", wait_until)
    yield bench
    bench.pipelines.delete_pipeline(name=bench.name)


@pytest.fixture
def declare() -> Callable[..., Json]:
    return declared_action


@dataclass
class Gate:
    """Stands in for CodeBuild: its actions end as the test says, and only then."""

    outcomes: "queue.Queue[Outcome | Exception]" = field(default_factory=queue.Queue)
    abandoned: threading.Event = field(default_factory=threading.Event)

    def execute(self, context: ActionContext) -> Outcome:
        while True:
            try:
                outcome = self.outcomes.get_nowait()
            except queue.Empty:
                self._wait(context)
                continue
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

    def _wait(self, context: ActionContext) -> None:
        try:
            context.wait(0.01)
        except Abandoned:
            self.abandoned.set()
            raise

    def succeed(self, **variables: str) -> None:
        self.outcomes.put(Outcome(output_variables=variables))

    def fail(self, error: Exception | None = None) -> None:
        self.outcomes.put(error or ActionFailure("JobFailed", "it broke"))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Return what decides how the pipeline's CodeBuild actions end."""
    standing = Gate()
    monkeypatch.setitem(driver.EXECUTORS, ("Build", "CodeBuild"), standing.execute)
    return standing
