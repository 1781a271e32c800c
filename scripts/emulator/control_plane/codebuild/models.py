"""CodeBuild: projects, and builds that a runner carries out.

Why not moto's: it rejects sources of type CODEPIPELINE, makes a build SUCCEEDED when it is read,
and has no UpdateProject (moto 5.2.5, codebuild/models.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from moto.codebuild.models import CodeBuildBackend as MotoCodeBuildBackend

from emulator.control_plane.base import Emulated
from emulator.control_plane.codebuild import validation
from emulator.control_plane.codebuild.artifacts import InputArtifact, OutputArtifact
from emulator.control_plane.codebuild.builds import Build
from emulator.control_plane.codebuild.exceptions import (
    InvalidInputException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from emulator.control_plane.codebuild.overrides import settings_of_build
from emulator.control_plane.codebuild.projects import Project
from emulator.engines import build as engine
from emulator.engines.build import Context, OnFailure, Status
from emulator.ids import new_uuid

TOKEN_LIFE = timedelta(minutes=5)


class CodeBuildBackend(Emulated, MotoCodeBuildBackend):
    """One account's CodeBuild in one region.

    Emits the hint `codebuild.build`, keyed by the build's ARN, when a build is queued or ends.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.projects: dict[str, Project] = {}
        self.builds: dict[str, Build] = {}
        self._tokens: dict[str, tuple[datetime, dict[str, Any], str]] = {}

    # projects

    def create_project(self, name: str, given: dict[str, Any]) -> Project:
        validation.refuse_project_name(name)
        if name in self.projects:
            raise ResourceAlreadyExistsException(
                f"Project already exists: {self.projects[name].arn}"
            )
        project = Project(name, self.account_id, self.region_name, given, self.runtime.clock.now())
        self.projects[name] = project
        return project

    def update_project(self, name: str, given: dict[str, Any]) -> Project:
        project = self.project(name)
        project.update(given, self.runtime.clock.now())
        return project

    def delete_project(self, project_name: str) -> None:
        """Delete a project, or nothing where there is none; its builds stay, as on AWS."""
        self.projects.pop(project_name.rpartition("/")[2], None)

    def project(self, name: str) -> Project:
        """Return a project by its name or ARN."""
        found = self.projects.get(name.rpartition("/")[2])
        if found is None:
            arn = f"arn:aws:codebuild:{self.region_name}:{self.account_id}:project/{name}"
            raise ResourceNotFoundException(f"Project cannot be found: {arn}")
        return found

    # builds

    def start_build(self, project_name: str, given: dict[str, Any]) -> Build:
        """Queue a build of a project, as StartBuild does: `given` are its input's members."""
        known = self._build_of_token(given)
        if known is not None:
            return known
        project = self.project(project_name)
        settings = settings_of_build(project, given)
        if settings["source"]["type"] == "CODEPIPELINE":
            raise InvalidInputException(
                f"Project `{project.name}` has the source type CODEPIPELINE: its pipeline starts "
                "its builds. To start one directly, give sourceTypeOverride, "
                "sourceLocationOverride and artifactsOverride"
            )
        version = given.get("sourceVersion") or project.settings.get("sourceVersion")
        build = self._queue(project, settings, initiator="root", source_version=version)
        self._remember_token(given, build)
        return build

    def start_pipeline_build(
        self,
        *,
        project_name: str,
        input_artifacts: list[InputArtifact],
        output_artifacts: list[OutputArtifact],
        primary_source: str | None,
        environment_overrides: list[dict[str, str]],
        initiator: str,
        source_version: str,
    ) -> str:
        """Queue a build for a pipeline's action, and return its id; used with the lock held.

        Shape: an override is `{"name", "value", "type"}`; `source_version` is the revision that
        the pipeline carries, shown as resolvedSourceVersion.
        Source: CodePipeline User Guide, "AWS CodeBuild build and test action reference".
        """
        project = self.project(project_name)
        settings = settings_of_build(
            project,
            {
                "sourceTypeOverride": "CODEPIPELINE",
                "artifactsOverride": {"type": "CODEPIPELINE"},
                "environmentVariablesOverride": environment_overrides,
            },
        )
        primary = next((one for one in input_artifacts if primary_source in {None, one.name}), None)
        location = f"arn:aws:s3:::{primary.bucket}/{primary.key}" if primary else None
        build = self._queue(project, settings, initiator=initiator, source_version=location)
        build.resolved_version = source_version or None
        build.input_artifacts = list(input_artifacts)
        build.output_artifacts = list(output_artifacts)
        build.primary_source = primary_source
        return build.id

    def retry_build(self, build_id: str) -> Build:
        """Queue a build with the settings and the source of an earlier one."""
        old = self.build(build_id)
        if not old.progress.is_complete:
            raise InvalidInputException(f"Build {old.id} is still in progress")
        project = self.project(old.project_name)
        build = self._queue(
            project, old.settings, initiator="root", source_version=old.source_version
        )
        build.input_artifacts = old.input_artifacts
        build.output_artifacts = old.output_artifacts
        build.primary_source = old.primary_source
        if old.input_artifacts:
            build.resolved_version = old.resolved_version
        return build

    def stop_build(self, build_id: str) -> Build:
        """End a build at once; its runner kills what still runs. One that is over stays so."""
        build = self.build(build_id)
        self.end_build(build, Status.STOPPED)
        return build

    def build(self, build_id: str) -> Build:
        """Return a build by its id or ARN."""
        if ":" not in build_id:
            raise InvalidInputException("Invalid build ID provided")
        found = self.builds.get(build_id.rpartition("/")[2])
        if found is None:
            raise ResourceNotFoundException(f"Build {build_id} does not exist")
        return found

    def delete_builds(self, ids: Sequence[str]) -> tuple[list[str], list[dict[str, str]]]:
        """Delete builds, and return what was deleted and what was not, with the reason."""
        deleted: list[str] = []
        kept: list[dict[str, str]] = []
        for build_id in ids:
            build = self.builds.get(build_id.rpartition("/")[2])
            if build is None:
                kept.append({"id": build_id, "statusCode": "BUILD_NOT_FOUND"})
            elif not build.progress.is_complete:
                kept.append({"id": build_id, "statusCode": "BUILD_IN_PROGRESS"})
            else:
                del self.builds[build.id]
                deleted.append(build.arn)
        return deleted, kept

    # what the runner reports, with the lock held

    def queued_builds(self) -> list[Build]:
        """Return the builds that wait for a runner, the oldest first."""
        return [
            build for build in self.builds.values() if build.progress.current is engine.Phase.QUEUED
        ]

    def finish_phase(
        self,
        build: Build,
        status: Status,
        context: Context | None = None,
        on_failure: OnFailure | None = None,
    ) -> None:
        """Record how the current phase ended, and begin the next; no-op on a build that is over."""
        if build.progress.is_complete:
            return
        now = self.runtime.clock.now()
        build.progress = engine.finish(build.progress, status, now, context, on_failure)
        if build.progress.is_complete:
            self._emit(build)

    def end_build(self, build: Build, status: Status, context: Context | None = None) -> None:
        """End a build in its current phase, as STOPPED, TIMED_OUT or FAULT."""
        self.finish_phase(build, status, context)

    def _queue(
        self,
        project: Project,
        settings: dict[str, Any],
        *,
        initiator: str,
        source_version: str | None,
    ) -> Build:
        project.builds_started += 1
        now = self.runtime.clock.now()
        build = Build(
            id=f"{project.name}:{new_uuid()}",
            account_id=self.account_id,
            region=self.region_name,
            project_name=project.name,
            number=project.builds_started,
            started_at=now,
            initiator=initiator,
            settings=settings,
            progress=engine.submit(now),
            source_version=source_version or None,
            artifacts={"location": ""},
        )
        self.builds[build.id] = build
        self._emit(build)
        return build

    def _emit(self, build: Build) -> None:
        self.runtime.hints.emit("codebuild.build", self.account_id, self.region_name, build.arn)

    def _build_of_token(self, given: dict[str, Any]) -> Build | None:
        token = given.get("idempotencyToken")
        if token not in self._tokens:
            return None
        used_at, request, build_id = self._tokens[token]
        if self.runtime.clock.now() - used_at > TOKEN_LIFE or build_id not in self.builds:
            return None
        if request != given:
            raise InvalidInputException(
                f"Parameter mismatch: idempotencyToken `{token}` was used with other parameters"
            )
        return self.builds[build_id]

    def _remember_token(self, given: dict[str, Any], build: Build) -> None:
        token = given.get("idempotencyToken")
        if token:
            self._tokens[token] = (self.runtime.clock.now(), given, build.id)
