"""CodeDeploy's operations: parameters in, botocore's shapes out."""

from collections.abc import Callable
from datetime import UTC, datetime

from moto.core.responses import ActionResult, EmptyResult

from emulator.control_plane.codedeploy import views
from emulator.control_plane.codedeploy.declaration_responses import DeclarationResponses
from emulator.control_plane.codedeploy.deployments import DeploymentRecord
from emulator.control_plane.codedeploy.exceptions import (
    ApplicationNameRequiredException,
    DeploymentAlreadyCompletedException,
    DeploymentGroupNameRequiredException,
    DeploymentNotStartedException,
    DeploymentTargetDoesNotExistException,
    DeploymentTargetIdRequiredException,
    DeploymentTargetListSizeExceededException,
    InvalidComputePlatformException,
    InvalidDeploymentStatusException,
    InvalidDeploymentWaitTypeException,
    InvalidInstanceStatusException,
    InvalidInstanceTypeException,
    InvalidTargetFilterNameException,
    InvalidTimeRangeException,
)
from emulator.control_plane.codedeploy.views import Json
from emulator.engines.deployment.events import ContinueRequested, StopRequested, WaitType
from emulator.engines.deployment.model import DeploymentStatus

_STATUSES = [*DeploymentStatus, "Queued", "Baking"]
_TARGET_STATUSES = [
    "Failed",
    "InProgress",
    "Pending",
    "Ready",
    "Skipped",
    "Succeeded",
    "Unknown",
]
_LABELS = ["Blue", "Green"]


class CodeDeployResponse(DeclarationResponses):
    """Answers the API version 2014-10-06 for the compute platform ECS."""

    # Deployments.

    def create_deployment(self) -> ActionResult:
        return ActionResult({"deploymentId": self.backend.start(self.params).id})

    def get_deployment(self) -> ActionResult:
        return ActionResult({"deploymentInfo": self._info(self._record())})

    def batch_get_deployments(self) -> ActionResult:
        wanted = self._batch("deploymentIds", 25)
        found = [
            self.backend.deployments[each] for each in wanted if each in self.backend.deployments
        ]
        return ActionResult({"deploymentsInfo": [self._info(record) for record in found]})

    def list_deployments(self) -> ActionResult:
        wanted = self.params.get("includeOnlyStatuses") or []
        for status in wanted:
            if status not in _STATUSES:
                raise InvalidDeploymentStatusException(
                    f"`{status}` is none of {', '.join(sorted(_STATUSES))}."
                )
        in_range = self._time_range()
        found = [
            record.id
            for record in self._listed()
            if (not wanted or record.course.status.value in wanted) and in_range(record)
        ]
        return self._page("deployments", found, str)

    def stop_deployment(self) -> ActionResult:
        record = self._record()
        self.backend.apply(record.id, StopRequested(self.params.get("autoRollbackEnabled")))
        return ActionResult(
            {
                "status": "Succeeded" if record.is_over else "Pending",
                "statusMessage": "No more lifecycle events will be scheduled for the deployment.",
            }
        )

    def continue_deployment(self) -> ActionResult:
        wait_types = [wait_type.value for wait_type in WaitType]
        given = self._one_of("deploymentWaitType", wait_types, InvalidDeploymentWaitTypeException)
        self._continue(WaitType(given or WaitType.READY_WAIT))
        return EmptyResult()

    def skip_wait_time_for_instance_termination(self) -> ActionResult:
        self._continue(WaitType.TERMINATION_WAIT)
        return EmptyResult()

    def _continue(self, wait_type: WaitType) -> None:
        record = self._record()
        if record.is_over:
            raise DeploymentAlreadyCompletedException(
                f"The deployment {record.id} is already complete."
            )
        self.backend.apply(record.id, ContinueRequested(wait_type))

    def _record(self) -> DeploymentRecord:
        return self.backend.deployment(self.params.get("deploymentId"))

    def _info(self, record: DeploymentRecord) -> Json:
        undone = self.backend.deployments[record.undoes_id] if record.undoes_id else None
        return views.deployment_info(record, undone)

    def _listed(self) -> list[DeploymentRecord]:
        """Return the deployments of the group asked for, or all, the newest first."""
        application = self.params.get("applicationName")
        group = self.params.get("deploymentGroupName")
        if application and not group:
            raise DeploymentGroupNameRequiredException(
                "If applicationName is specified, then deploymentGroupName must be specified."
            )
        if group and not application:
            raise ApplicationNameRequiredException(
                "If deploymentGroupName is specified, then applicationName must be specified."
            )
        if self.params.get("externalId"):
            return []  # only CloudFormation gives its deployments one
        if group:
            return self.backend.deployments_of(self.backend.group(application, group))
        return list(self.backend.deployments.values())[::-1]

    def _time_range(self) -> Callable[[DeploymentRecord], bool]:
        given: dict[str, datetime] = self.params.get("createTimeRange") or {}
        start, end = _in_utc(given.get("start")), _in_utc(given.get("end"))
        if start and end and start > end:
            raise InvalidTimeRangeException("The start time must be earlier than the end time.")
        return lambda record: (
            (not start or record.course.created_at >= start)
            and (not end or record.course.created_at <= end)
        )

    # Targets.

    def list_deployment_targets(self) -> ActionResult:
        record = self._started()
        shown = [record.target_id] if self._passes_filters(record) else []
        return self._page("targetIds", shown, str)

    def get_deployment_target(self) -> ActionResult:
        return ActionResult({"deploymentTarget": self._target(self.params.get("targetId"))})

    def batch_get_deployment_targets(self) -> ActionResult:
        wanted = self.params.get("targetIds") or []
        if len(wanted) > 1:
            raise DeploymentTargetListSizeExceededException(
                f"An ECS deployment has exactly one target; got {len(wanted)}."
            )
        found = [self._target(wanted[0] if wanted else None)]
        return ActionResult({"deploymentTargets": found})

    def list_deployment_instances(self) -> ActionResult:
        return self._refuse_instances()

    def get_deployment_instance(self) -> ActionResult:
        return self._refuse_instances()

    def batch_get_deployment_instances(self) -> ActionResult:
        return self._refuse_instances()

    def _refuse_instances(self) -> ActionResult:
        self._record()
        raise InvalidComputePlatformException(
            "The compute platform of the deployment is ECS, which has no instances: use "
            "ListDeploymentTargets, GetDeploymentTarget or BatchGetDeploymentTargets."
        )

    def _started(self) -> DeploymentRecord:
        record = self._record()
        if record.course.status is DeploymentStatus.CREATED:
            raise DeploymentNotStartedException(f"The deployment {record.id} has not started yet.")
        return record

    def _target(self, target_id: str | None) -> Json:
        record = self._started()
        if not target_id:
            raise DeploymentTargetIdRequiredException("A deployment target ID is required.")
        if target_id != record.target_id:
            raise DeploymentTargetDoesNotExistException(
                f"The deployment {record.id} has no target `{target_id}`; its only one is "
                f"{record.target_id}."
            )
        return views.deployment_target(record)

    def _passes_filters(self, record: DeploymentRecord) -> bool:
        """Source: botocore shape TargetFilters."""
        filters: dict[str, list[str]] = self.params.get("targetFilters") or {}
        for name, values in filters.items():
            if name == "TargetStatus":
                _refuse_unknown(values, _TARGET_STATUSES, InvalidInstanceStatusException)
            elif name == "ServerInstanceLabel":
                _refuse_unknown(values, _LABELS, InvalidInstanceTypeException)
            else:
                raise InvalidTargetFilterNameException(
                    f"The filter is TargetStatus or ServerInstanceLabel; got `{name}`."
                )
        wanted = filters.get("TargetStatus")
        return not wanted or views.target_status(record.course) in wanted


def _in_utc(parsed: datetime | None) -> datetime | None:
    """Return the time with the zone that moto's parser leaves out."""
    return parsed.replace(tzinfo=UTC) if parsed else None


def _refuse_unknown(
    values: list[str], allowed: list[str], error: Callable[[str], Exception]
) -> None:
    for value in values:
        if value not in allowed:
            raise error(f"`{value}` is none of {', '.join(allowed)}.")
