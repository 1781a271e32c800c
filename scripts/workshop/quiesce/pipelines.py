"""CodePipeline at rest: nothing starts it, nothing waits for a person, nothing runs."""

from typing import Any

from workshop.approvals import WaitingApproval, decide, waiting_approval
from workshop.aws import Aws, ClientError, error_code
from workshop.environment import Environment
from workshop.errors import UsageError
from workshop.progress import Note, Progress, Waiting
from workshop.waiting import wait_until

_REASON = "Stopped for a reset of the workshop."
_REJECTION = "Rejected for a reset of the workshop: nobody judged this version."
_ENDS_ALREADY = {"DuplicatedStopRequestException", "PipelineExecutionNotStoppableException"}
_BUSY = "ConflictException"
_ABSENT = "PipelineNotFoundException"


def disable_rules(aws: Aws, environment: Environment, pipeline: str, progress: Progress) -> None:
    """Disable the rules that start the pipeline."""
    for name in _rules(aws, environment, pipeline):
        try:
            aws.client("events").disable_rule(Name=name)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
        else:
            progress(Note(f"Disabled the trigger `{name}`."))


def enable_rules(aws: Aws, environment: Environment, pipeline: str) -> None:
    """Enable the rules that start the pipeline: where it stays, a push must start it again."""
    for name in _rules(aws, environment, pipeline):
        aws.client("events").enable_rule(Name=name)


def _rules(aws: Aws, environment: Environment, pipeline: str) -> list[str]:
    """Return the names of the rules that have the pipeline as their target."""
    arn = f"arn:aws:codepipeline:{environment.region}:{aws.account_id}:{pipeline}"
    found = aws.client("events").list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    return [str(name) for name in found]


def end_executions(aws: Aws, pipeline: str, progress: Progress) -> None:
    """Reject what waits for approval and stop every execution; return when none runs.

    Looks anew each time: one that waited at a stage's entrance goes in when the one before it ends.
    """
    progress(Waiting(f"Pipeline `{pipeline}` comes to rest"))
    stopped: set[str] = set()
    wait_until(
        lambda: _is_at_rest(aws, pipeline, stopped, progress),
        f"Pipeline `{pipeline}` still has an execution that runs",
    )


def _is_at_rest(aws: Aws, pipeline: str, stopped: set[str], progress: Progress) -> bool:
    """End whatever runs and was not stopped yet; True if nothing runs."""
    client = aws.client("codepipeline")
    running = _running_executions(client, pipeline)
    if not running:
        return True
    waiting = waiting_approval(aws, pipeline)
    if waiting is not None:
        _reject(aws, pipeline, waiting, progress)
    for execution_id in running:
        if execution_id not in stopped and _stop(client, pipeline, execution_id, progress):
            stopped.add(execution_id)
    return False


def _reject(aws: Aws, pipeline: str, waiting: WaitingApproval, progress: Progress) -> None:
    """Reject an approval, unless somebody has decided since it was looked at."""
    try:
        decide(aws, pipeline, waiting, approved=False, summary=_REJECTION)
    except UsageError:
        return
    progress(Note(f"Rejected the approval of execution `{waiting.execution_id}`."))


def _stop(client: Any, pipeline: str, execution_id: str, progress: Progress) -> bool:
    """Stop an execution, unless it has come to its end; False if it is to be tried again.

    One that somebody stopped already may still wait for a deployment that never ends.
    Source: CodePipeline API, DuplicatedStopRequestException: "You can choose to stop and abandon
    after choosing to stop and wait"; ConflictException: "the pipeline is busy handling ongoing
    activities. Try again later".
    """
    try:
        client.stop_pipeline_execution(
            pipelineName=pipeline,
            pipelineExecutionId=execution_id,
            abandon=True,
            reason=_REASON,
        )
    except ClientError as error:
        if error_code(error) not in _ENDS_ALREADY | {_BUSY}:
            raise
        return error_code(error) != _BUSY
    progress(Note(f"Stopped execution `{execution_id}`."))
    return True


def _running_executions(client: Any, pipeline: str) -> list[str]:
    """Return the ids of the executions that have not ended; none where there is no pipeline."""
    pages = client.get_paginator("list_pipeline_executions").paginate(pipelineName=pipeline)
    try:
        found = [one for page in pages for one in page["pipelineExecutionSummaries"]]
    except ClientError as error:
        if error_code(error) == _ABSENT:
            return []
        raise
    return [
        one["pipelineExecutionId"] for one in found if one["status"] in {"InProgress", "Stopping"}
    ]
