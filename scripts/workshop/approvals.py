"""The approval that a pipeline waits for: what it is about, and a person's decision."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from workshop.aws import Aws, ClientError, error_code
from workshop.errors import UsageError

SUMMARY_LIMIT = 512
"""Source: CodePipeline API, `ApprovalResult`: a summary has at most 512 characters."""

_DECIDED = {"ApprovalAlreadyCompletedException", "InvalidApprovalTokenException"}
_GONE = {"ActionNotFoundException", "StageNotFoundException", "PipelineNotFoundException"}
_NO_COMMIT = {"CommitDoesNotExistException", "RepositoryDoesNotExistException"}


@dataclass(frozen=True)
class Carried:
    """An execution and the commit it carries.

    `commit` is '' before the source action has found it; `subject` is the first line of the
    commit's message, '' where CodeCommit does not have the commit.
    """

    execution_id: str
    commit: str
    subject: str


@dataclass(frozen=True)
class WaitingApproval:
    """An approval that nobody has decided yet.

    `token` is good for one decision. `behind` are the newer executions that wait at the stage's
    entrance, the next to enter first.
    """

    execution_id: str
    commit: str
    subject: str
    token: str
    stage: str
    action: str
    since: datetime
    behind: tuple[Carried, ...] = ()


def waiting_approval(aws: Aws, pipeline_name: str) -> WaitingApproval | None:
    """Return the first approval in the pipeline's order that waits for a person, or None.

    Source: CodePipeline API, `ActionExecution`: only a manual approval has a `token`, and
    `StageState`: `inboundExecutions` in mode QUEUED, `inboundExecution` in any mode.
    """
    state = aws.client("codepipeline").get_pipeline_state(name=pipeline_name)
    for stage in state["stageStates"]:
        for action in stage["actionStates"]:
            latest = action.get("latestExecution", {})
            if latest.get("status") == "InProgress" and latest.get("token"):
                return _waiting(aws, pipeline_name, stage, action)
    return None


def decide(
    aws: Aws, pipeline_name: str, waiting: WaitingApproval, approved: bool, summary: str
) -> None:
    """Approve or reject what waits.

    Raises: UsageError if the summary is too long, if somebody else decided meanwhile, or if the
    stage went out of the pipeline.
    """
    if len(summary) > SUMMARY_LIMIT:
        raise UsageError(
            f"The summary has {len(summary)} characters.",
            f"AWS takes at most {SUMMARY_LIMIT}: say it in fewer.",
        )
    try:
        aws.client("codepipeline").put_approval_result(
            pipelineName=pipeline_name,
            stageName=waiting.stage,
            actionName=waiting.action,
            result={"summary": summary, "status": "Approved" if approved else "Rejected"},
            token=waiting.token,
        )
    except ClientError as error:
        raise _refusal(error, pipeline_name, waiting) or error from error


def _refusal(error: ClientError, pipeline: str, waiting: WaitingApproval) -> UsageError | None:
    """Return what a person can do about AWS's error, or None where it is not theirs to mend."""
    what = f"The approval `{waiting.action}` of execution `{waiting.execution_id}`"
    code = error_code(error)
    if code in _DECIDED:
        return UsageError(
            f"{what} waits no more: somebody else decided, or the execution was ended (`{code}`).",
            "Look at `workshop status`.",
        )
    if code in _GONE:
        return UsageError(
            f"{what} is not in pipeline `{pipeline}` any more (`{code}`).",
            "Bring the pipeline back with `make lab2`.",
        )
    return None


def _waiting(
    aws: Aws, pipeline: str, stage: dict[str, Any], action: dict[str, Any]
) -> WaitingApproval:
    commits = _Commits(aws, pipeline)
    carried = commits.of(stage["latestExecution"]["pipelineExecutionId"])
    latest = action["latestExecution"]
    return WaitingApproval(
        execution_id=carried.execution_id,
        commit=carried.commit,
        subject=carried.subject,
        token=latest["token"],
        stage=stage["stageName"],
        action=action["actionName"],
        since=latest["lastStatusChange"],
        behind=tuple(commits.of(found) for found in _inbound(stage)),
    )


def _inbound(stage: dict[str, Any]) -> Iterable[str]:
    """Return the ids of the executions at a stage's entrance, each once."""
    found = [*stage.get("inboundExecutions", [])]
    if "inboundExecution" in stage:
        found.append(stage["inboundExecution"])
    return dict.fromkeys(one["pipelineExecutionId"] for one in found)


class _Commits:
    """What executions carry, by CodePipeline's record and CodeCommit's."""

    def __init__(self, aws: Aws, pipeline: str) -> None:
        self._aws = aws
        self._pipeline = pipeline

    def of(self, execution_id: str) -> Carried:
        """Return what an execution carries."""
        found = self._aws.client("codepipeline").get_pipeline_execution(
            pipelineName=self._pipeline, pipelineExecutionId=execution_id
        )["pipelineExecution"]
        commit = next((one["revisionId"] for one in found.get("artifactRevisions", [])), "")
        return Carried(execution_id, commit, self._subject(commit) if commit else "")

    def _subject(self, commit: str) -> str:
        if not self._repository:
            return ""
        try:
            found = self._aws.client("codecommit").get_commit(
                repositoryName=self._repository, commitId=commit
            )
        except ClientError as error:
            if error_code(error) in _NO_COMMIT:
                return ""
            raise
        return str(found["commit"].get("message", "")).partition("\n")[0]

    @cached_property
    def _repository(self) -> str:
        """Return the repository that the pipeline's source action reads."""
        pipeline = self._aws.client("codepipeline").get_pipeline(name=self._pipeline)["pipeline"]
        for action in pipeline["stages"][0]["actions"]:
            if action["actionTypeId"]["provider"] == "CodeCommit":
                return str(action["configuration"]["RepositoryName"])
        return ""
