"""CodeBuild's record of builds, and ECR's of images."""

from typing import Any

from workshop.checks.view.standing import NotStanding, Standing


class BuildsView(Standing):
    """What was built."""

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
