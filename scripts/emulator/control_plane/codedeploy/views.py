"""What an API call shows of groups and deployments: functions to botocore's shapes."""

from typing import Any

from emulator.control_plane.answers import present
from emulator.control_plane.codedeploy.declarations import Application
from emulator.control_plane.codedeploy.deployments import DeploymentRecord
from emulator.control_plane.codedeploy.groups import DeploymentGroup
from emulator.engines.deployment.model import (
    Deployment,
    LifecycleEvent,
    LifecycleStatus,
    TaskSetState,
)

Json = dict[str, Any]

_OVERVIEW = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")


def application_info(application: Application) -> Json:
    """Source: botocore shape ApplicationInfo."""
    return {
        "applicationId": application.id,
        "applicationName": application.application_name,
        "createTime": application.create_time,
        "linkedToGitHub": False,
        "computePlatform": application.compute_platform,
    }


def group_info(
    group: DeploymentGroup, last: DeploymentRecord | None, successful: DeploymentRecord | None
) -> Json:
    """Source: botocore shape DeploymentGroupInfo."""
    return present(
        applicationName=group.application_name,
        deploymentGroupId=group.id,
        deploymentGroupName=group.name,
        computePlatform="ECS",
        ec2TagFilters=[],
        onPremisesInstanceTagFilters=[],
        autoScalingGroups=[],
        triggerConfigurations=[],
        **group.settings,
        targetRevision=successful.revision if successful else None,
        lastAttemptedDeployment=_last_deployment(last),
        lastSuccessfulDeployment=_last_deployment(successful),
    )


def _last_deployment(record: DeploymentRecord | None) -> Json | None:
    if record is None:
        return None
    return present(
        deploymentId=record.id,
        status=record.course.status.value,
        createTime=record.course.created_at,
        endTime=record.course.completed_at,
    )


def deployment_info(record: DeploymentRecord, undone: DeploymentRecord | None) -> Json:
    """Source: botocore shape DeploymentInfo. `undone` is the deployment that this one undoes."""
    course = record.course
    settings = record.group.settings
    return present(
        applicationName=record.application_name,
        deploymentGroupName=record.group_name,
        deploymentConfigName=record.config_name,
        deploymentId=record.id,
        previousRevision=_without_content(record.previous_revision),
        revision=_without_content(record.revision),
        status=course.status.value,
        errorInformation=_error(course),
        createTime=course.created_at,
        startTime=course.started_at,
        completeTime=course.completed_at,
        deploymentOverview=_overview(course) if course.is_over else None,
        description=record.description,
        creator=record.creator,
        ignoreApplicationStopFailures=False,
        autoRollbackConfiguration=record.auto_rollback,
        updateOutdatedInstancesOnly=False,
        rollbackInfo=_rollback_info(record, undone),
        deploymentStyle=settings["deploymentStyle"],
        instanceTerminationWaitTimeStarted=course.termination_wait_started,
        blueGreenDeploymentConfiguration=settings["blueGreenDeploymentConfiguration"],
        loadBalancerInfo=settings["loadBalancerInfo"],
        fileExistsBehavior=record.file_exists_behavior,
        deploymentStatusMessages=[],
        computePlatform="ECS",
        overrideAlarmConfiguration=record.override_alarms,
    )


def _without_content(location: Json | None) -> Json | None:
    """Source: GetDeployment: the content of an `appSpecContent` is null, its sha256 is there."""
    if location is None or location["revisionType"] != "AppSpecContent":
        return location
    sha256 = location["appSpecContent"]["sha256"]
    return {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256}}


def _error(course: Deployment) -> Json | None:
    if course.error is None:
        return None
    return {"code": course.error.code.value, "message": course.error.message}


def _overview(course: Deployment) -> Json:
    """Count the one target of an ECS deployment under its status, once the deployment is over.

    Source: outputs of GetDeployment, published by josefloressv for an ECS service (2026-08-08):
    null while it is under way.
    """
    return {name: int(name == target_status(course)) for name in _OVERVIEW}


def _rollback_info(record: DeploymentRecord, undone: DeploymentRecord | None) -> Json | None:
    """Source: botocore shape RollbackInfo; the wording is AWS's as published outputs show it."""
    if undone is not None:
        return {
            "rollbackTriggeringDeploymentId": undone.id,
            "rollbackMessage": f"Deployment {record.id} is triggered to roll back deployment "
            f"{undone.id}.",
        }
    if record.rollback_id is not None:
        return {
            "rollbackDeploymentId": record.rollback_id,
            "rollbackMessage": f"Deployment {record.id} terminated. Automatic rollback is "
            f"triggered with a DeploymentId {record.rollback_id}.",
        }
    return None


def target_status(course: Deployment) -> str:
    """Source: botocore shape TargetStatus."""
    return course.target_status.value


def deployment_target(record: DeploymentRecord) -> Json:
    """Source: botocore shape DeploymentTarget."""
    course = record.course
    return {
        "deploymentTargetType": "ECSTarget",
        "ecsTarget": {
            "deploymentId": record.id,
            "targetId": record.target_id,
            "targetArn": record.service_arn,
            "lastUpdatedAt": course.updated_at,
            "lifecycleEvents": [_lifecycle_event(event) for event in course.lifecycle],
            "status": target_status(course),
            "taskSetsInfo": [_task_set(found) for found in course.task_sets],
        },
    }


def _lifecycle_event(event: LifecycleEvent) -> Json:
    """Source: botocore shape LifecycleEvent."""
    return present(
        lifecycleEventName=event.name.value,
        startTime=event.started_at,
        endTime=event.ended_at,
        status=event.status.value,
        diagnostics=_diagnostics(event),
    )


def _diagnostics(event: LifecycleEvent) -> Json | None:
    if event.diagnostics is None:
        return None
    code = "Success" if event.status is LifecycleStatus.SUCCEEDED else "UnknownError"
    return {"errorCode": code, "scriptName": "", "message": event.diagnostics, "logTail": ""}


def _task_set(found: TaskSetState) -> Json:
    """Source: botocore shape ECSTaskSet; `identifer` is AWS's spelling."""
    return {
        "identifer": found.id,
        "desiredCount": found.desired_count,
        "pendingCount": found.pending_count,
        "runningCount": found.running_count,
        "status": found.status,
        "trafficWeight": float(found.weight),
        "targetGroup": {"name": found.target_group},
        "taskSetLabel": found.label.value,
    }
