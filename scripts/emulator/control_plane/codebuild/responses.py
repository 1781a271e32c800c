"""CodeBuild's operations on the wire.

Source: botocore's codebuild model.
"""

from typing import Any

from moto.codebuild.responses import CodeBuildResponse as MotoCodeBuildResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import get_service_model

from emulator.control_plane.base import EmulatedResponse
from emulator.control_plane.codebuild import validation
from emulator.control_plane.codebuild.exceptions import InvalidInputException
from emulator.control_plane.codebuild.models import CodeBuildBackend
from emulator.control_plane.registration import backend

PAGE_SIZE = 100

_SORT_KEYS = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "last_modified"}


class CodeBuildResponse(EmulatedResponse, MotoCodeBuildResponse):
    """Answers CodeBuild's operations that are emulated."""

    validation_error_code = "InvalidInputException"

    @property
    def codebuild_backend(self) -> CodeBuildBackend:
        found: CodeBuildBackend = backend("codebuild", self.current_account, self.region)
        return found

    def _refuse_invalid_input(self, operation: str) -> None:
        super()._refuse_invalid_input(operation)
        shape = get_service_model("codebuild").operation_model(operation).input_shape
        if shape is not None:
            validation.refuse_outside_model(self.params, shape)

    def create_project(self) -> ActionResult:
        project = self.codebuild_backend.create_project(self.params["name"], self.params)
        return ActionResult({"project": project.to_dict()})

    def update_project(self) -> ActionResult:
        project = self.codebuild_backend.update_project(self.params["name"], self.params)
        return ActionResult({"project": project.to_dict()})

    def delete_project(self) -> EmptyResult:
        self.codebuild_backend.delete_project(self.params["name"])
        return EmptyResult()

    def batch_get_projects(self) -> ActionResult:
        known = self.codebuild_backend.projects
        names = self._at_most_100(self.params["names"])
        found = [name for name in names if name.rpartition("/")[2] in known]
        return ActionResult(
            {
                "projects": [known[name.rpartition("/")[2]].to_dict() for name in found],
                "projectsNotFound": [name for name in names if name not in found],
            }
        )

    def list_projects(self) -> ActionResult:
        key = _SORT_KEYS[self.params.get("sortBy", "NAME")]
        projects = sorted(
            self.codebuild_backend.projects.values(), key=lambda project: getattr(project, key)
        )
        names = [project.name for project in projects]
        return self._page("projects", names, default="ASCENDING")

    def start_build(self) -> ActionResult:
        build = self.codebuild_backend.start_build(self.params["projectName"], self.params)
        return ActionResult({"build": build.to_dict()})

    def retry_build(self) -> ActionResult:
        if not self.params.get("id"):
            raise InvalidInputException("Invalid build ID provided")
        return ActionResult(
            {"build": self.codebuild_backend.retry_build(self.params["id"]).to_dict()}
        )

    def stop_build(self) -> ActionResult:
        return ActionResult(
            {"build": self.codebuild_backend.stop_build(self.params["id"]).to_dict()}
        )

    def batch_get_builds(self) -> ActionResult:
        known = self.codebuild_backend.builds
        ids = self._at_most_100(self.params["ids"])
        if any(":" not in build_id for build_id in ids):
            raise InvalidInputException("Invalid build ID provided")
        found = [build_id for build_id in ids if build_id.rpartition("/")[2] in known]
        return ActionResult(
            {
                "builds": [known[build_id.rpartition("/")[2]].to_dict() for build_id in found],
                "buildsNotFound": [build_id for build_id in ids if build_id not in found],
            }
        )

    def list_builds(self) -> ActionResult:
        return self._page("ids", list(self.codebuild_backend.builds), default="DESCENDING")

    def list_builds_for_project(self) -> ActionResult:
        project = self.codebuild_backend.project(self.params["projectName"])
        ids = [
            build.id
            for build in self.codebuild_backend.builds.values()
            if build.project_name == project.name
        ]
        return self._page("ids", ids, default="DESCENDING")

    def batch_delete_builds(self) -> ActionResult:
        deleted, kept = self.codebuild_backend.delete_builds(self._at_most_100(self.params["ids"]))
        return ActionResult({"buildsDeleted": deleted, "buildsNotDeleted": kept})

    def invalidate_project_cache(self) -> EmptyResult:
        self.codebuild_backend.project(self.params["projectName"])
        return EmptyResult()

    def _page(self, member: str, ascending: list[str], *, default: str) -> ActionResult:
        """Return one page of names, the token being the number of the first name that is left."""
        if self.params.get("sortOrder", default) == "DESCENDING":
            ascending = ascending[::-1]
        token = self.params.get("nextToken") or "0"
        if not token.isdecimal() or int(token) > len(ascending):
            raise InvalidInputException(f"Invalid nextToken `{token}`")
        start = int(token)
        answer: dict[str, Any] = {member: ascending[start : start + PAGE_SIZE]}
        if start + PAGE_SIZE < len(ascending):
            answer["nextToken"] = str(start + PAGE_SIZE)
        return ActionResult(answer)

    def _at_most_100(self, names: list[str]) -> list[str]:
        if len(names) > PAGE_SIZE:
            raise InvalidInputException(
                f"At most {PAGE_SIZE} names can be given at once; got {len(names)}"
            )
        return names
