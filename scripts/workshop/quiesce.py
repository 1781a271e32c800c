"""Bring an environment to rest before Terraform takes parts of it away."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from workshop.aws import Aws, ClientError, error_code
from workshop.environment import BuildProject, Environment
from workshop.errors import InfrastructureError
from workshop.progress import Note, Progress, Waiting

_POLL_INTERVAL_S = 1.0
_REST_TIMEOUT_S = 300.0
_STOPPED = "Stopped for a reset of the workshop."
_DELETE_AT_ONCE = 10  # Source: ECS DeleteTaskDefinitions, "up to 10 task definitions"
_ABSENT = {"PipelineNotFoundException", "ResourceNotFoundException"}
_ENDS_ALREADY = {"DuplicatedStopRequestException", "PipelineExecutionNotStoppableException"}


def quiesce(aws: Aws, environment: Environment, progress: Progress) -> None:
    """Disable the trigger, stop executions and builds, and return when none runs any more."""
    if environment.pipeline is not None:
        _disable_rules(aws, environment, environment.pipeline.name, progress)
        _stop_executions(aws, environment.pipeline.name, progress)
    for project in (environment.first_build, environment.build):
        if project is not None:
            _stop_builds(aws, project, progress)


def task_families(environment: Environment) -> list[str]:
    """Return the task families of an environment's services."""
    return sorted({service.task_family for service in environment.services.values()})


def delete_revisions(aws: Aws, families: list[str], progress: Progress) -> None:
    """Deregister and delete every revision of the families: the pipeline's are in no state.

    Source: ECS DeleteTaskDefinitions: a revision must be INACTIVE, and stays as
    DELETE_IN_PROGRESS until no task or service refers to it.
    """
    ecs = aws.client("ecs")
    for family in families:
        for arn in _pages(
            ecs, "list_task_definitions", "taskDefinitionArns", familyPrefix=family, status="ACTIVE"
        ):
            ecs.deregister_task_definition(taskDefinition=arn)
        inactive = list(
            _pages(
                ecs,
                "list_task_definitions",
                "taskDefinitionArns",
                familyPrefix=family,
                status="INACTIVE",
            )
        )
        for start in range(0, len(inactive), _DELETE_AT_ONCE):
            ecs.delete_task_definitions(taskDefinitions=inactive[start : start + _DELETE_AT_ONCE])
        if inactive:
            progress(Note(f"Deleted {len(inactive)} revisions of `{family}`."))


def wait_until(is_so: Callable[[], bool], what: str, timeout_s: float = _REST_TIMEOUT_S) -> None:
    """Return when `is_so`. Raises: InfrastructureError naming `what` when it takes too long."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > deadline:
            raise InfrastructureError(
                f"{what} after {timeout_s:.0f} s.", "Run the same command again."
            )
        time.sleep(_POLL_INTERVAL_S)


def _disable_rules(aws: Aws, environment: Environment, pipeline: str, progress: Progress) -> None:
    """Disable the rules that start the pipeline, found by their target."""
    events = aws.client("events")
    arn = f"arn:aws:codepipeline:{environment.region}:{aws.account_id}:{pipeline}"
    for name in events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]:
        events.disable_rule(Name=name)
        progress(Note(f"Disabled the trigger `{name}`."))


def _stop_executions(aws: Aws, pipeline: str, progress: Progress) -> None:
    client = aws.client("codepipeline")
    for execution in _running_executions(client, pipeline):
        if execution["status"] == "InProgress":
            _stop_execution(client, pipeline, execution["pipelineExecutionId"])
            progress(Note(f"Stopped execution `{execution['pipelineExecutionId']}`."))
    progress(Waiting(f"Pipeline `{pipeline}` comes to rest"))
    wait_until(
        lambda: not _running_executions(client, pipeline),
        f"Pipeline `{pipeline}` still has an execution that runs",
    )


def _stop_execution(client: Any, pipeline: str, execution_id: str) -> None:
    """Stop an execution, unless it has come to its end since it was listed."""
    try:
        client.stop_pipeline_execution(
            pipelineName=pipeline,
            pipelineExecutionId=execution_id,
            abandon=True,
            reason=_STOPPED,
        )
    except ClientError as error:
        if error_code(error) not in _ENDS_ALREADY:
            raise


def _running_executions(client: Any, pipeline: str) -> list[dict[str, Any]]:
    try:
        found = list(
            _pages(
                client,
                "list_pipeline_executions",
                "pipelineExecutionSummaries",
                pipelineName=pipeline,
            )
        )
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return []
        raise
    return [item for item in found if item["status"] in {"InProgress", "Stopping"}]


def _stop_builds(aws: Aws, project: BuildProject, progress: Progress) -> None:
    client = aws.client("codebuild")
    for build_id in _running_builds(client, project.project):
        client.stop_build(id=build_id)
        progress(Note(f"Stopped build `{build_id}`."))
    progress(Waiting(f"The builds of `{project.project}` come to rest"))
    wait_until(
        lambda: not _running_builds(client, project.project),
        f"Project `{project.project}` still has a build that runs",
    )


def _running_builds(client: Any, project: str) -> list[str]:
    """Return the running ones among the newest builds: AWS lists those first."""
    try:
        ids = client.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"]
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return []
        raise
    if not ids:
        return []
    builds = client.batch_get_builds(ids=ids[:100])["builds"]
    return [build["id"] for build in builds if build["buildStatus"] == "IN_PROGRESS"]


def _pages(client: Any, operation: str, field: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(field, [])
