"""What checks look through: AWS's own record of one environment, and its application by HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from workshop.aws import Aws, ClientError, error_code
from workshop.checks.web import Answer, ask
from workshop.environment import (
    BuildProject,
    Environment,
    ImageRepository,
    Pipeline,
    Service,
    SourceRepository,
)

STAGING = "staging"
"""The key of the staging service."""

T = TypeVar("T")


class NotStanding(Exception):
    """What a check looks at is not part of the environment yet."""


@dataclass(frozen=True)
class View:
    """One environment as AWS records it; every property asks AWS anew.

    `urls` maps a service's key, such as `staging`, to the address that answers for it.
    Raises, from every look: NotStanding below the step that makes the thing, or AWS's errors.
    """

    aws: Aws
    environment: Environment
    urls: dict[str, str]

    # What stands

    @property
    def source(self) -> SourceRepository:
        return self._standing(self.environment.source_repository)

    @property
    def images(self) -> ImageRepository:
        return self._standing(self.environment.image_repository)

    @property
    def first_build(self) -> BuildProject:
        return self._standing(self.environment.first_build)

    @property
    def build(self) -> BuildProject:
        return self._standing(self.environment.build)

    @property
    def pipeline(self) -> Pipeline:
        return self._standing(self.environment.pipeline)

    def service(self, key: str) -> Service:
        return self._standing(self.environment.services.get(key))

    def _standing(self, part: T | None) -> T:
        if part is None:
            raise NotStanding(f"The environment stands at step {self.environment.step}.")
        return part

    # CodeCommit

    def head_commit(self) -> str | None:
        """Return the newest commit of the branch, or None where there is no branch."""
        try:
            found = self.aws.client("codecommit").get_branch(
                repositoryName=self.source.name, branchName=self.source.branch
            )
        except ClientError as error:
            if error_code(error) in {
                "BranchDoesNotExistException",
                "RepositoryDoesNotExistException",
            }:
                return None
            raise
        return str(found["branch"]["commitId"])

    def default_branch(self) -> str | None:
        """Return the branch that a new clone begins on."""
        found = self.aws.client("codecommit").get_repository(repositoryName=self.source.name)
        branch = found["repositoryMetadata"].get("defaultBranch")
        return str(branch) if branch else None

    def history(self, commit: str, limit: int) -> Iterator[str]:
        """Yield a commit and its first parents, newest first, at most `limit`."""
        current: str | None = commit
        for _ in range(limit):
            if current is None:
                return
            yield current
            found = self.aws.client("codecommit").get_commit(
                repositoryName=self.source.name, commitId=current
            )
            current = next(iter(found["commit"].get("parents", [])), None)

    def files(self, commit: str) -> set[str]:
        """Return the names at the top of a commit's tree."""
        found = self.aws.client("codecommit").get_folder(
            repositoryName=self.source.name, commitSpecifier=commit, folderPath="/"
        )
        return {entry["relativePath"] for entry in found["files"]}

    def file(self, commit: str, path: str) -> str:
        """Return the text of a file as of a commit."""
        found = self.aws.client("codecommit").get_file(
            repositoryName=self.source.name, commitSpecifier=commit, filePath=path
        )
        return bytes(found["fileContent"]).decode("utf-8", "replace")

    # ECR and CodeBuild

    def image_tags(self) -> set[str]:
        """Return every tag in the image repository."""
        pages = self.aws.client("ecr").get_paginator("describe_images")
        return {
            tag
            for page in pages.paginate(repositoryName=self.images.name)
            for image in page["imageDetails"]
            for tag in image.get("imageTags", [])
        }

    def latest_build(self, project: str) -> dict[str, Any] | None:
        """Return the newest build of a project, or None where there is none."""
        codebuild = self.aws.client("codebuild")
        ids = codebuild.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"]
        return self.build_by_id(ids[0]) if ids else None

    def build_by_id(self, build_id: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self.aws.client("codebuild").batch_get_builds(ids=[build_id])[
            "builds"
        ]
        if not found:
            raise NotStanding(f"There is no build `{build_id}`.")
        return found[0]

    # ECS and the load balancer

    def service_record(self, key: str) -> dict[str, Any] | None:
        """Return what ECS says of a service, or None where it is not active."""
        service = self.service(key)
        found = self.aws.client("ecs").describe_services(
            cluster=service.cluster, services=[service.name]
        )["services"]
        return next((one for one in found if one["status"] == "ACTIVE"), None)

    def running_tasks(self, key: str) -> set[str]:
        """Return the ids of a service's running tasks."""
        service = self.service(key)
        arns = self.aws.client("ecs").list_tasks(
            cluster=service.cluster, serviceName=service.name, desiredStatus="RUNNING"
        )["taskArns"]
        return {arn.rsplit("/", 1)[-1] for arn in arns}

    def running_tag(self, key: str, record: dict[str, Any]) -> str:
        """Return the tag of the image that a service's task definition names."""
        definition = self.aws.client("ecs").describe_task_definition(
            taskDefinition=record["taskDefinition"]
        )["taskDefinition"]
        container = self.service(key).container
        image: str = next(
            one["image"] for one in definition["containerDefinitions"] if one["name"] == container
        )
        return image.rsplit("/", 1)[-1].partition(":")[2]

    def target_states(self, key: str) -> list[str]:
        """Return the state of each registered target, such as `healthy`."""
        found = self.aws.client("elbv2").describe_target_health(
            TargetGroupArn=self.service(key).target_group_arn
        )["TargetHealthDescriptions"]
        return sorted(one["TargetHealth"]["State"] for one in found)

    def hello(self, key: str, name: str = "workshop") -> Answer:
        """Ask the application for a greeting, as its users do."""
        return ask(f"{self.urls[key]}/hello/{quote(name)}")

    # CodePipeline

    def execution_of(self, commit: str) -> dict[str, Any] | None:
        """Return the newest execution that runs `commit`, or None."""
        pages = self.aws.client("codepipeline").get_paginator("list_pipeline_executions")
        for page in pages.paginate(pipelineName=self.pipeline.name):
            for execution in page["pipelineExecutionSummaries"]:
                if commit in {
                    one.get("revisionId") for one in execution.get("sourceRevisions", [])
                }:
                    return dict(execution)
        return None

    def action_executions(self, execution_id: str) -> list[dict[str, Any]]:
        """Return every action of an execution, oldest first; a retried one stands there twice."""
        pages = self.aws.client("codepipeline").get_paginator("list_action_executions")
        found = [
            action
            for page in pages.paginate(
                pipelineName=self.pipeline.name, filter={"pipelineExecutionId": execution_id}
            )
            for action in page["actionExecutionDetails"]
        ]
        return sorted(found, key=lambda action: action["startTime"])
