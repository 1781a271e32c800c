"""Revisions of task definitions: most are the pipeline's, so no state of Terraform's has them."""

from typing import Any

from workshop.aws import Aws
from workshop.environment import Environment
from workshop.progress import Note, Progress

_DELETE_AT_ONCE = 10  # Source: ECS DeleteTaskDefinitions, "up to 10 task definitions"
_SERVICES = ("staging", "prod")


def families_without_service(prefix: str, standing: Environment | None) -> list[str]:
    """Return the task families of an environment whose services do not stand (any more).

    By name rather than by what stood: an interrupted run's state forgets a service before we have
    deleted its revisions.
    """
    kept = {service.task_family for service in standing.services.values()} if standing else set()
    return [name for name in _families(prefix) if name not in kept]


def delete_revisions(aws: Aws, families: list[str], progress: Progress) -> None:
    """Deregister and delete every revision of the families; families without any are no error.

    Source: ECS DeleteTaskDefinitions: a revision must be INACTIVE, and stays as
    DELETE_IN_PROGRESS until no task or service refers to it.
    """
    ecs = aws.client("ecs")
    for family in families:
        active = _revisions(ecs, family, "ACTIVE")
        for arn in active:
            ecs.deregister_task_definition(taskDefinition=arn)
        # Both, since AWS may list what was deregistered as INACTIVE a moment later only.
        inactive = list(dict.fromkeys([*active, *_revisions(ecs, family, "INACTIVE")]))
        for start in range(0, len(inactive), _DELETE_AT_ONCE):
            ecs.delete_task_definitions(taskDefinitions=inactive[start : start + _DELETE_AT_ONCE])
        if inactive:
            progress(Note(f"Deleted {len(inactive)} revisions of `{family}`."))


def revisions_in_deletion(aws: Aws, prefix: str) -> list[str]:
    """Return the revisions that AWS is still deleting, as `<family>:<number>`.

    They go by themselves once ECS has forgotten the tasks that ran them, cost nothing, and cannot
    be hurried.
    """
    ecs = aws.client("ecs")
    return [
        arn.rpartition("/")[2]
        for family in _families(prefix)
        for arn in _revisions(ecs, family, "DELETE_IN_PROGRESS")
    ]


def _families(prefix: str) -> list[str]:
    return [f"{prefix}-hello-server-{service}" for service in _SERVICES]


def _revisions(ecs: Any, family: str, status: str) -> list[str]:
    """Return the ARNs of a family's revisions in a status; `familyPrefix` is the whole name."""
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, status=status)
    return [arn for page in pages for arn in page["taskDefinitionArns"]]
