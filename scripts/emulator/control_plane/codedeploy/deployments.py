"""Deployments: what CreateDeployment was given, and the course that the engine decides."""

import secrets
import string
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from emulator.control_plane.codedeploy import alarms, plans
from emulator.control_plane.codedeploy.exceptions import (
    InvalidFileExistsBehaviorException,
    InvalidIgnoreApplicationStopFailuresValueException,
    InvalidTargetInstancesException,
    InvalidUpdateOutdatedInstancesOnlyValueException,
)
from emulator.control_plane.codedeploy.groups import DeploymentGroup, refuse_auto_rollback
from emulator.engines.deployment.model import (
    Deployment,
    ErrorCode,
    ErrorInformation,
    Strategy,
    new_deployment,
)
from emulator.engines.deployment.transitions import (
    Move,
    Step,
    after_lifecycle,
    after_phase,
    after_status,
)

Json = dict[str, Any]

USER = "user"
ROLLBACK = "codeDeployRollback"


@dataclass
class DeploymentRecord:
    """One deployment, with its group as it was when it was created.

    Shape: `revision` and `auto_rollback` as CreateDeployment has them; `auto_rollback` is the
    deployment's own, else the group's; `override_alarms` is its own alarm configuration, if it has
    one. A rollback's `revision` is what it returns to: None if
    nothing was deployed before. `rollback_id` is of the deployment that undoes this one,
    `undoes_id` of the one that this one undoes.
    """

    course: Deployment
    group: DeploymentGroup
    service_arn: str
    config_name: str
    revision: Json | None
    previous_revision: Json | None = None
    description: str | None = None
    creator: str = USER
    auto_rollback: Json | None = None
    override_alarms: Json | None = None
    file_exists_behavior: str = "DISALLOW"
    rollback_id: str | None = None
    undoes_id: str | None = None

    @property
    def id(self) -> str:
        return self.course.id

    @property
    def is_over(self) -> bool:
        return self.course.is_over

    @property
    def application_name(self) -> str:
        return self.group.application_name

    @property
    def group_name(self) -> str:
        return self.group.name

    @property
    def group_id(self) -> str:
        return self.group.id

    @property
    def target_id(self) -> str:
        """Source: BatchGetDeploymentTargets: `<clustername>:<servicename>`."""
        return ":".join(self.group.service)


def new_id() -> str:
    """Return an id as AWS gives it, such as d-A1B2C3D4E."""
    letters = string.ascii_uppercase + string.digits
    return "d-" + "".join(secrets.choice(letters) for _ in range(9))


def auto_rollback(request: Json, group: DeploymentGroup) -> Json | None:
    """Return the automatic rollback of CreateDeployment, else its group's."""
    return request.get("autoRollbackConfiguration") or group.settings.get(
        "autoRollbackConfiguration"
    )


def alarm_configuration(request: Json, group: DeploymentGroup) -> Json | None:
    """Return the alarms of CreateDeployment, else its group's; an empty one turns them off."""
    own: Json | None = request.get("overrideAlarmConfiguration")
    return group.settings.get("alarmConfiguration") if own is None else own


def refuse_options(request: Json) -> None:
    """Raise AWS's error for options of CreateDeployment that ECS has no use for."""
    alarms.refuse_invalid(request.get("overrideAlarmConfiguration"))
    refuse_auto_rollback(request.get("autoRollbackConfiguration"))
    if request.get("targetInstances"):
        raise InvalidTargetInstancesException(
            "For ECS deployment, targetInstances can not be specified"
        )
    if request.get("updateOutdatedInstancesOnly"):
        raise InvalidUpdateOutdatedInstancesOnlyValueException(
            "For ECS deployment, updateOutdatedInstancesOnly must be false"
        )
    if request.get("ignoreApplicationStopFailures"):
        raise InvalidIgnoreApplicationStopFailuresValueException(
            "For ECS deployment, ignoreApplicationStopFailures must be false"
        )
    if request.get("fileExistsBehavior", "DISALLOW") not in {"DISALLOW", "OVERWRITE", "RETAIN"}:
        raise InvalidFileExistsBehaviorException(
            "fileExistsBehavior is DISALLOW, OVERWRITE or RETAIN; got "
            f"`{request['fileExistsBehavior']}`."
        )


def failed_course(group: DeploymentGroup, message: str, now: datetime) -> Deployment:
    """Return a deployment that ended before it began: its revision cannot be read."""
    plan = plans.plan_of(group, Strategy(), plans.UNREADABLE)
    begun = new_deployment(new_id(), plan, now)
    return replace(
        begun,
        status=after_status(begun.status, Move.FAIL),
        phase=after_phase(begun.phase, Step.END),
        lifecycle=tuple(
            replace(event, status=after_lifecycle(event.status, Move.SKIP))
            for event in begun.lifecycle
        ),
        error=ErrorInformation(ErrorCode.INVALID_REVISION, message),
        completed_at=now,
    )
