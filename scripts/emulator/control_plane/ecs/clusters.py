"""Clusters: what moto records of one, and what ECS shows."""

from collections.abc import Iterable
from typing import Any

from moto.ecs.models import Cluster

from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.tasks import Task
from emulator.engines.task import TaskStatus

_OPTIONAL = {"TAGS": "tags", "SETTINGS": "settings", "CONFIGURATIONS": "configuration"}


def describe_cluster(
    cluster: Cluster, services: Iterable[Service], tasks: Iterable[Task], include: Iterable[str]
) -> dict[str, Any]:
    """Return a cluster as DescribeClusters does; `include` asks for what AWS leaves out else."""
    mine = [task for task in tasks if task.cluster_arn == cluster.arn]
    active = [s for s in services if s.cluster_arn == cluster.arn and s.status == "ACTIVE"]
    running = sum(1 for task in mine if task.status is TaskStatus.RUNNING)
    pending = sum(1 for task in mine if task.is_pending)
    shown: dict[str, Any] = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": len(active),
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": cluster.capacity_providers or [],
        "defaultCapacityProviderStrategy": cluster.default_capacity_provider_strategy or [],
    }
    if cluster.service_connect_defaults:
        shown["serviceConnectDefaults"] = cluster.service_connect_defaults
    for option, member in _OPTIONAL.items():
        value = getattr(cluster, member)
        if option in include and value:
            shown[member] = value
    return shown
