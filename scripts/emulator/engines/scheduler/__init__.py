"""How an ECS service gets from what runs to what should run: one pure function, `reconcile`."""

from emulator.engines.scheduler.reconcile import reconcile
from emulator.engines.scheduler.state import (
    AdoptTasks,
    AnnounceDeployment,
    Decision,
    Deployment,
    DeploymentStatus,
    Effect,
    Failure,
    Policy,
    RolloutState,
    Say,
    Service,
    StartTasks,
    StopTask,
    Target,
    Task,
)

__all__ = [
    "AdoptTasks",
    "AnnounceDeployment",
    "Decision",
    "Deployment",
    "DeploymentStatus",
    "Effect",
    "Failure",
    "Policy",
    "RolloutState",
    "Say",
    "Service",
    "StartTasks",
    "StopTask",
    "Target",
    "Task",
    "reconcile",
]
