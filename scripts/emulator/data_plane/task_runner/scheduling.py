"""Carries out what the scheduler decides for each service; hold the runtime's lock."""

import logging
from typing import Any

from emulator.control_plane.ecs.models import EcsBackend
from emulator.control_plane.ecs.services import Service
from emulator.control_plane.ecs.task_sets import TaskSet
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
                if service.has_task_sets:
                    self._reconcile_task_sets(service)
                else:
                    self._reconcile(service)
            except Exception:  # one broken service must not hold up the others
                logger.exception("service %s could not be scheduled", service.name)

    def _reconcile(self, service: Service) -> None:
        tasks = self._tasks_of(service)
        fresh = service.memory is None
        decision = self._decide(service.wanted(), tasks)
        service.keep(decision.service)
        if fresh:
            self._announce_new(service)
        self._carry_out_all(service, service.name, decision, tasks)
        self._retire_if_ended(service, tasks)

    def _reconcile_task_sets(self, service: Service) -> None:
        """Schedule each task set as a service with one deployment."""
        tasks = self._tasks_of(service)
        for task_set in list(service.task_sets):
            mine = [task for task in tasks if task.deployment_id == task_set.id]
            if task_set.is_draining and all(task.is_stopped for task in mine):
                service.task_sets.remove(task_set)
                self._backend.hint("task_set", service.arn)
            else:
                self._reconcile_task_set(service, task_set, mine)
        self._note_steady(service)
        self._retire_if_ended(service, tasks)

    def _reconcile_task_set(self, service: Service, task_set: TaskSet, tasks: list[Task]) -> None:
        decision = self._decide(task_set.wanted(service.policy()), tasks)
        if task_set.keep(decision.service, self._backend.now()):
            self._backend.hint("task_set", service.arn)
        self._carry_out_all(service, service.subject(task_set.id), decision, tasks)

    def _note_steady(self, service: Service) -> None:
        is_steady = bool(service.task_sets) and all(
            task_set.is_steady for task_set in service.task_sets
        )
        if is_steady and not service.was_steady and service.status == "ACTIVE":
            service.say(words.steady(service.name), self._backend.now())
        service.was_steady = is_steady

    def _tasks_of(self, service: Service) -> list[Task]:
        return [task for task in self._backend.all_tasks if task.service_arn == service.arn]

    def _decide(self, wanted: scheduler.Service, tasks: list[Task]) -> scheduler.Decision:
        observed = [self._observe(task) for task in tasks]
        return scheduler.reconcile(wanted, observed, self._plant.awake.now)

    def _retire_if_ended(self, service: Service, tasks: list[Task]) -> None:
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

    def _carry_out_all(
        self, service: Service, subject: str, decision: scheduler.Decision, tasks: list[Task]
    ) -> None:
        found = {task.id: task for task in tasks}
        stopped: list[str] = []
        for effect in decision.effects:
            self._carry_out(service, effect, found, stopped)
        if stopped:
            service.say(words.stopped(subject, stopped), self._backend.now())

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
        owner = service.find_task_set(effect.deployment_id) or service
        if owner.launch_type != "FARGATE":
            if not service.cannot_place:
                service.say(words.cannot_place(service.name, NO_INSTANCES), self._backend.now())
            service.cannot_place = True
            return
        started = [
            self._backend.new_service_task(service, effect.deployment_id)
            for _ in range(effect.count)
        ]
        message = words.started(
            service.subject(effect.deployment_id), [task.id for task in started]
        )
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
