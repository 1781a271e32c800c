"""Which slot of production a task serves."""

import re
from collections.abc import Iterable, Mapping

from workshop.checks.view import PRODUCTION, View

_TASK_ID = re.compile(r"[0-9a-f]{32}")
_MOST_AT_ONCE = 100
"""Source: ECS API, DescribeTasks, `tasks`: "up to 100 task IDs"."""


class SlotReader:
    """Remembers what ECS told: a task belongs to its task set, and that to a slot, for good.

    Tasks are asked about in bulk, and once; one that ECS does not know is asked about again.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._slots: dict[str, str] = {}
        self._task_sets: dict[str, str] = {}

    @property
    def slots(self) -> Mapping[str, str]:
        """Return what is known so far. Shape: task id -> slot."""
        return self._slots

    def learn(self, tasks: Iterable[str]) -> None:
        """Look up those tasks that are not known yet. Raises: AWS's errors."""
        unknown = sorted(set(filter(_TASK_ID.fullmatch, tasks)) - self._slots.keys())
        for first in range(0, len(unknown), _MOST_AT_ONCE):
            self._learn(unknown[first : first + _MOST_AT_ONCE])

    def _learn(self, tasks: list[str]) -> None:
        started_by = self._started_by(tasks)
        if set(started_by.values()) - self._task_sets.keys():
            self._read_task_sets()
        for task, task_set in started_by.items():
            if task_set in self._task_sets:
                self._slots[task] = self._task_sets[task_set]

    def _started_by(self, tasks: list[str]) -> dict[str, str]:
        """Return the task set of each task that ECS knows.

        Source: ECS API, Task, `startedBy`: "If an Amazon ECS service started the task, the
        startedBy parameter contains the deployment ID of that service", which is the task set's
        id, `ecs-svc/…`, where a deployment controller other than ECS has task sets.
        """
        found = self._view.aws.client("ecs").describe_tasks(
            cluster=self._view.service(PRODUCTION).cluster, tasks=tasks
        )["tasks"]
        return {one["taskArn"].rsplit("/", 1)[-1]: one.get("startedBy", "") for one in found}

    def _read_task_sets(self) -> None:
        record = self._view.service_record(PRODUCTION)
        for one in record.get("taskSets", []) if record else []:
            slot = self._view.slot_of(one)
            if slot:
                self._task_sets[one["id"]] = slot
