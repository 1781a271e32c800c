"""Carries out what the scheduler decides for each service; hold the runtime's lock."""

import logging
from typing import Any

from emulator.control_plane.ecs.models import EcsBackend
from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.tasks import Task
from emulator.data_plane.task_runner import notices, targets
from emulator.data_plane.task_runner.lifecycle import Plant
from emulator.engines import scheduler
from emulator.engines.scheduler import words
from emulator.engines.task import TaskStatus

logger = logging.getLogger(__name__)

NO_INSTANCES = "No Container Instances were found in your cluster"


class Scheduling:
    """The driver of `engines.scheduler` for every service of one backend."""

    def __init__(self, plant: Plant, backend: EcsBackend) -> None:
        self._plant = plant
        self._backend = backend
        self._place = (backend.account_id, backend.region_name)

    def step(self) -> None:
        for service in self._backend.all_services:
            if service.status == "INACTIVE":
                continue
            try:
                self._reconcile(service)
            except Exception:  # one broken service must not hold up the others
                logger.exception("service %s could not be scheduled", service.name)

    def _reconcile(self, service: Service) -> None:
        tasks = [task for task in self._backend.all_tasks if task.service_arn == service.arn]
        fresh = service.memory is None
        wanted = service.wanted()
        decision = scheduler.reconcile(
            wanted, [self._observe(task) for task in tasks], self._plant.awake.now
        )
        service.keep(decision.service)
        if fresh:
            self._announce_new(service)
        found = {task.id: task for task in tasks}
        stopped: list[str] = []
        for effect in decision.effects:
            self._carry_out(service, effect, found, stopped)
        if stopped:
            service.say(words.stopped(service.name, stopped), self._backend.now())
        if service.status == "DRAINING" and all(task.is_stopped for task in tasks):
            service.retire(self._backend.now())

    def _observe(self, task: Task) -> scheduler.Task:
        since_s = self._plant.running_since_s.get(task.arn)
        is_running = task.status is TaskStatus.RUNNING and since_s is not None
        has_check = any(
            container.has_health_check and container.definition["essential"]
            for container in task.containers
        )
        return scheduler.Task(
            id=task.id,
            deployment_id=task.deployment_id or "",
            is_stopping=task.is_stopping,
            is_stopped=task.is_stopped,
            running_s=self._plant.awake.seconds - (since_s or 0) if is_running else None,
            container_health=task.health_status if has_check else None,
            targets=targets.states(task, *self._place) if is_running else (),
            expects_targets=bool(task.load_balancers),
            failure=task.failure,
        )

    def _carry_out(
        self,
        service: Service,
        effect: scheduler.Effect,
        tasks: dict[str, Task],
        stopped: list[str],
    ) -> None:
        if isinstance(effect, scheduler.Say):
            service.say(effect.message, self._backend.now())
        elif isinstance(effect, scheduler.StartTasks):
            self._start(service, effect)
        elif isinstance(effect, scheduler.StopTask):
            task = tasks[effect.task_id]
            task.request_stop(
                "ServiceSchedulerInitiated", effect.reason, self._backend.now(), effect.failure
            )
            stopped.append(task.id)
        elif isinstance(effect, scheduler.AdoptTasks):
            for task in tasks.values():
                if task.deployment_id == effect.from_deployment_id:
                    task.deployment_id = effect.to_deployment_id
                    task.started_by = effect.to_deployment_id
        else:
            self._announce(service, effect.deployment_id, effect.name, effect.reason)

    def _start(self, service: Service, effect: scheduler.StartTasks) -> None:
        if service.launch_type != "FARGATE":
            if not service.cannot_place:
                service.say(words.cannot_place(service.name, NO_INSTANCES), self._backend.now())
            service.cannot_place = True
            return
        started = [
            self._backend.new_service_task(service, effect.deployment_id)
            for _ in range(effect.count)
        ]
        message = words.started(service.name, [task.id for task in started])
        service.say(message, self._backend.now())

    def _announce_new(self, service: Service) -> None:
        for deployment in service.deployments[:1]:
            self._announce(
                service,
                deployment.id,
                "SERVICE_DEPLOYMENT_IN_PROGRESS",
                deployment.rollout_state_reason,
            )

    def _announce(self, service: Service, deployment_id: str, name: str, reason: str) -> None:
        detail: dict[str, Any] = {
            "eventType": "ERROR" if name.endswith("FAILED") else "INFO",
            "eventName": name,
            "deploymentId": deployment_id,
            "updatedAt": self._backend.now(),
            "reason": reason,
        }
        notices.deployment_changed(self._plant.runtime, service, self._place, detail)
