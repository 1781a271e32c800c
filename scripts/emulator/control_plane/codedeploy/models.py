"""The CodeDeploy backend: what is declared, its deployments, and the engine that decides."""

from dataclasses import replace
from typing import Any

from emulator.control_plane.base import AwsError
from emulator.control_plane.codedeploy import configs, deployments, names, plans, revisions
from emulator.control_plane.codedeploy.appspec import AppSpecInvalid, parse
from emulator.control_plane.codedeploy.declarations import Application, Declarations
from emulator.control_plane.codedeploy.deployments import DeploymentRecord
from emulator.control_plane.codedeploy.exceptions import (
    DeploymentDoesNotExistException,
    DeploymentGroupNameRequiredException,
    DeploymentLimitExceededException,
    InvalidECSServiceException,
    RevisionDoesNotExistException,
)
from emulator.control_plane.codedeploy.groups import DeploymentGroup
from emulator.control_plane.codedeploy.revisions import KnownRevision
from emulator.engines.deployment import Refused, advance, rollback_of
from emulator.engines.deployment.events import Announce, Effect, Event, StartRollback, State
from emulator.engines.deployment.model import (
    Deployment,
    DeploymentStatus,
    Strategy,
    new_deployment,
)

Json = dict[str, Any]


class CodeDeployBackend(Declarations):
    """One account's applications and deployments in one region.

    The engine decides; `apply` keeps what it decided. What is to be carried out waits in a list
    until the driver takes it, called by the hint `codedeploy.deployment`.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.deployments: dict[str, DeploymentRecord] = {}
        self._to_carry_out: list[tuple[DeploymentRecord, Effect]] = []

    # Revisions.

    def register_revision(
        self, application: Application, location: Json, description: str | None = None
    ) -> KnownRevision:
        """Remember a revision; what is known of it already stays."""
        key = revisions.key(location)
        known = application.revisions.get(key)
        if known is None:
            known = KnownRevision(location, self.runtime.clock.now())
            application.revisions[key] = known
        known.description = names.description(description) or known.description
        return known

    def revision(self, application: Application, location: Json | None) -> KnownRevision:
        known = application.revisions.get(revisions.key(revisions.checked(location)))
        if known is None:
            raise RevisionDoesNotExistException(
                f"The application {application.application_name} has no such revision."
            )
        return known

    def groups_with(self, application: Application, known: KnownRevision) -> list[str]:
        """Return the names of the groups that last took this revision."""
        wanted = revisions.key(known.location)
        return [
            group.name
            for group in self.groups_of(application).values()
            if (last := self.last_successful(group)) is not None
            and last.revision is not None
            and revisions.key(last.revision) == wanted
        ]

    # Deployments.

    def start(self, request: Json) -> DeploymentRecord:
        """Create a deployment. Raises AWS's errors; an AppSpec that is wrong fails it instead."""
        application = self.application(request.get("applicationName"))
        if not request.get("deploymentGroupName"):
            raise DeploymentGroupNameRequiredException("Deployment group name is required.")
        group = self.group(application.application_name, request["deploymentGroupName"])
        location = self._location(application, request.get("revision"))
        config = self.config(request.get("deploymentConfigName") or group.config_name)
        names.description(request.get("description"))
        deployments.refuse_options(request)
        self._refuse_second(group)
        last = self.last_successful(group)
        record = DeploymentRecord(
            course=self._course(group, config.strategy, location, request),
            group=replace(group),
            service_arn=self._service_arn(group),
            config_name=config.name,
            revision=location,
            previous_revision=last.revision if last else None,
            description=request.get("description"),
            auto_rollback=deployments.auto_rollback(request, group),
            override_alarms=request.get("overrideAlarmConfiguration"),
            file_exists_behavior=request.get("fileExistsBehavior") or "DISALLOW",
        )
        self._use(application, location)
        self._keep(record)
        return record

    def deployment(self, deployment_id: str | None) -> DeploymentRecord:
        found = self.deployments.get(names.deployment_id(deployment_id))
        if found is None:
            raise DeploymentDoesNotExistException(
                f"The deployment {deployment_id} could not be found"
            )
        return found

    def deployments_of(self, group: DeploymentGroup) -> list[DeploymentRecord]:
        """Return a group's deployments, the newest first."""
        found = [record for record in self.deployments.values() if record.group_id == group.id]
        return found[::-1]

    def last_successful(self, group: DeploymentGroup) -> DeploymentRecord | None:
        return next(
            (
                record
                for record in self.deployments_of(group)
                if record.course.status is DeploymentStatus.SUCCEEDED
            ),
            None,
        )

    def change_group(self, request: Json) -> DeploymentGroup:
        """Change a group; what is shown of its deployments follows its name, not its settings."""
        group = super().change_group(request)
        self._follow_names()
        return group

    def rename_application(self, name: str | None, new_name: str | None) -> None:
        super().rename_application(name, new_name)
        self._follow_names()

    def _follow_names(self) -> None:
        by_id = {group.id: group for group in self.all_groups()}
        for record in self.deployments.values():
            named = by_id.get(record.group_id, record.group)
            record.group.name = named.name
            record.group.application_name = named.application_name

    def _location(self, application: Application, given: Json | None) -> Json:
        """Return the revision with its content, which a hash alone may stand for."""
        location = revisions.checked(given)
        if revisions.is_complete(location):
            return location
        return self.revision(application, location).location

    def _course(
        self, group: DeploymentGroup, strategy: Strategy, location: Json, request: Json
    ) -> Deployment:
        now = self.runtime.clock.now()
        try:
            appspec = parse(revisions.read(location, self.neighbours))
        except AppSpecInvalid as invalid:
            return deployments.failed_course(group, str(invalid), now)
        plan = plans.plan_of(
            group,
            strategy,
            appspec,
            deployments.auto_rollback(request, group),
            deployments.alarm_configuration(request, group),
        )
        return new_deployment(deployments.new_id(), plan, now)

    def _service_arn(self, group: DeploymentGroup) -> str:
        cluster, name = group.service
        service = self.neighbours.ecs_service(cluster, name)
        if service is None:
            raise InvalidECSServiceException(
                f"Could not load ECS service information for cluster: {cluster}, service: {name}. "
                "Cause: the service does not exist or is not ACTIVE."
            )
        return str(service.arn)

    def _refuse_second(self, group: DeploymentGroup) -> None:
        active = [record.id for record in self.deployments_of(group) if not record.is_over]
        if active:
            raise DeploymentLimitExceededException(
                f"The Deployment Group '{group.name}' already has an active Deployment "
                f"'{active[0]}'"
            )

    def _use(self, application: Application, location: Json) -> None:
        known = self.register_revision(application, location)
        known.last_used_at = self.runtime.clock.now()
        known.first_used_at = known.first_used_at or known.last_used_at

    def _keep(self, record: DeploymentRecord) -> None:
        self.deployments[record.id] = record
        if record.is_over:
            self._to_carry_out.append((record, Announce(State.FAILURE)))
        self._hint(record)

    # The engine and what it wants done.

    def apply(self, deployment_id: str, event: Event) -> None:
        """Let the engine decide on an event, keep the outcome, pass the effects on."""
        record = self.deployments[deployment_id]
        try:
            record.course, effects = advance(record.course, event, self.runtime.clock.now())
        except Refused as refusal:
            raise AwsError(refusal.code, refusal.message) from refusal
        for effect in effects:
            if isinstance(effect, StartRollback):
                self._begin_rollback(record)
            else:
                self._to_carry_out.append((record, effect))
        self._hint(record)

    def take_effects(self) -> list[tuple[DeploymentRecord, Effect]]:
        """Return what is to be carried out since the last call; the caller must do it."""
        taken, self._to_carry_out = self._to_carry_out, []
        return taken

    def _begin_rollback(self, undone: DeploymentRecord) -> None:
        """Create the deployment that undoes one that was stopped or has failed.

        It is there as soon as that one has ended, so that no other comes in between.
        It moves traffic all at once, whatever the group's configuration is.
        """
        record = DeploymentRecord(
            course=rollback_of(undone.course, deployments.new_id(), self.runtime.clock.now()),
            group=replace(undone.group),
            service_arn=undone.service_arn,
            config_name=configs.DEFAULT,
            revision=undone.previous_revision,
            previous_revision=undone.previous_revision,
            creator=deployments.ROLLBACK,
            undoes_id=undone.id,
        )
        undone.rollback_id = record.id
        self._keep(record)

    def _hint(self, record: DeploymentRecord) -> None:
        self.runtime.hints.emit(
            "codedeploy.deployment", self.account_id, self.region_name, record.id
        )
