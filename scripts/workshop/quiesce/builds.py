"""CodeBuild at rest."""

from typing import Any

from workshop.aws import Aws, ClientError, error_code
from workshop.environment import BuildProject
from workshop.progress import Note, Progress, Waiting
from workshop.waiting import wait_until


def stop_builds(aws: Aws, project: BuildProject, progress: Progress) -> None:
    """Stop a project's builds; return when none runs."""
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
        if error_code(error) == "ResourceNotFoundException":
            return []
        raise
    if not ids:
        return []
    builds = client.batch_get_builds(ids=ids[:100])["builds"]
    return [build["id"] for build in builds if build["buildStatus"] == "IN_PROGRESS"]
