"""The life of one ECS task, as a table.

Source: ECS developer guide, "Amazon ECS task lifecycle".
"""

from enum import StrEnum


class TaskStatus(StrEnum):
    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


class TaskEvent(StrEnum):
    NETWORK_ATTACHED = "NETWORK_ATTACHED"
    CONTAINERS_STARTED = "CONTAINERS_STARTED"
    TARGETS_REGISTERED = "TARGETS_REGISTERED"
    STOP = "STOP"
    TARGETS_DRAINED = "TARGETS_DRAINED"
    CONTAINERS_ENDED = "CONTAINERS_ENDED"
    NETWORK_RELEASED = "NETWORK_RELEASED"


class IllegalTransition(Exception):
    """An event that cannot happen to a task in this status."""


TRANSITIONS = {
    (TaskStatus.PROVISIONING, TaskEvent.NETWORK_ATTACHED): TaskStatus.PENDING,
    (TaskStatus.PENDING, TaskEvent.CONTAINERS_STARTED): TaskStatus.ACTIVATING,
    (TaskStatus.ACTIVATING, TaskEvent.TARGETS_REGISTERED): TaskStatus.RUNNING,
    (TaskStatus.PROVISIONING, TaskEvent.STOP): TaskStatus.DEPROVISIONING,
    (TaskStatus.PENDING, TaskEvent.STOP): TaskStatus.STOPPING,
    (TaskStatus.ACTIVATING, TaskEvent.STOP): TaskStatus.DEACTIVATING,
    (TaskStatus.RUNNING, TaskEvent.STOP): TaskStatus.DEACTIVATING,
    (TaskStatus.DEACTIVATING, TaskEvent.TARGETS_DRAINED): TaskStatus.STOPPING,
    (TaskStatus.STOPPING, TaskEvent.CONTAINERS_ENDED): TaskStatus.DEPROVISIONING,
    (TaskStatus.DEPROVISIONING, TaskEvent.NETWORK_RELEASED): TaskStatus.STOPPED,
}


def advance(status: TaskStatus, event: TaskEvent) -> TaskStatus:
    """Return the status after an event. Raises IllegalTransition if there is none."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"A task that is {status} cannot take {event}.") from None
