"""Takes each task through its life: one step at a time, with the runtime's lock held."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emulator.awake import AwakeClock
from emulator.control_plane.ecs.models import EcsBackend
from emulator.control_plane.ecs.tasks import Task
from emulator.data_plane.task_runner import logs, network, notices, targets
from emulator.data_plane.task_runner.ports import PortPool
from emulator.data_plane.task_runner.task_run import ContainerRun, Images, TaskRun, workspace_of
from emulator.engines.scheduler import Failure, words
from emulator.engines.task import TaskEvent, TaskStatus, advance
from emulator.runtime import Runtime

logger = logging.getLogger(__name__)

METADATA_PREFIX = "/_ecs"

SETTLES_AFTER_S = 0.4
"""How long processes must have lived before a task is RUNNING: one that crashes at its start must
not count as running, for `services-stable` counts nothing else."""

_GAVE_UP_LISTENING = ("permission denied", "address already in use", "eacces", "eaddrinuse")


@dataclass
class Plant:
    """What tasks are run with, and what runs; `to_start` and `to_close` wait for the lock's end."""

    runtime: Runtime
    images: Images
    awake: AwakeClock
    wake: Callable[[], None]
    ports: PortPool = field(default_factory=PortPool)
    runs: dict[str, TaskRun] = field(default_factory=dict)
    running_since_s: dict[str, float] = field(default_factory=dict)
    to_start: list[TaskRun] = field(default_factory=list)
    to_close: list[TaskRun] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.runtime.settings.data_dir / "tasks"


@dataclass(frozen=True)
class TargetNews:
    """Registrations and deregistrations of one step, which service events count together.

    Shape: service ARN, deployment or task set id, and target group ARN, to the number of tasks.
    """

    registered: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    deregistered: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    draining: Counter[tuple[str, str]] = field(default_factory=Counter)


class Lifecycle:
    """The driver of `engines.task` for every task of one backend."""

    def __init__(self, plant: Plant, backend: EcsBackend) -> None:
        self._plant = plant
        self._backend = backend
        self._place = (backend.account_id, backend.region_name)
        self._news = TargetNews()
        self._steps: dict[TaskStatus, Callable[[Task], TaskEvent | None]] = {
            TaskStatus.PROVISIONING: self._provision,
            TaskStatus.PENDING: self._await_start,
            TaskStatus.ACTIVATING: self._activate,
            TaskStatus.RUNNING: self._watch,
            TaskStatus.DEACTIVATING: self._drain,
            TaskStatus.STOPPING: self._await_end,
            TaskStatus.DEPROVISIONING: self._deprovision,
        }

    def step(self) -> None:
        """Take every task as far as it goes now, and tell each service's events."""
        for task in self._backend.all_tasks:
            try:
                self._ship_logs(task)
                self._go_on(task)
            except Exception:  # one broken task must not hold up the others
                logger.exception("task %s could not go on", task.id)
        self._tell()

    def _go_on(self, task: Task) -> None:
        while not task.is_stopped:
            event = self._steps[task.status](task)
            if event is None:
                break
            self._move(task, advance(task.status, event))

    def _move(self, task: Task, status: TaskStatus) -> None:
        task.status = status
        task.version += 1
        notices.task_changed(self._plant.runtime, task, *self._place)

    # One step each: the event that has happened, or None

    def _provision(self, task: Task) -> TaskEvent | None:
        if task.is_stopping:
            return TaskEvent.STOP
        try:
            network.attach(task, *self._place)
            run = self._new_run(task)
        except (network.NoAddress, logs.NoLogGroup, OSError) as error:
            self._fail(task, str(error))
            return TaskEvent.STOP
        task.times["pullStartedAt"] = self._backend.now()
        task.times["connectivityAt"] = self._backend.now()
        self._plant.runs[task.arn] = run
        self._plant.to_start.append(run)
        return TaskEvent.NETWORK_ATTACHED

    def _new_run(self, task: Task) -> TaskRun:
        folder = self._plant.folder / task.id
        streams = [logs.open_stream(c.definition, task.id, *self._place) for c in task.containers]
        containers = []
        for number, (container, stream) in enumerate(zip(task.containers, streams, strict=True)):
            env = self._environment(task, number)
            workspace = workspace_of(container.definition, folder, self._plant.ports, env)
            containers.append(ContainerRun(container.definition, workspace, stream))
        return TaskRun(containers, folder, self._plant.images, self._plant.ports, self._plant.wake)

    def _environment(self, task: Task, number: int) -> dict[str, str]:
        """Return what ECS adds, and how the emulator is reached, as the task's role would."""
        account, region = self._place
        endpoint = self._plant.runtime.settings.endpoint_url
        return {
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "ECS_CONTAINER_METADATA_URI_V4": (f"{endpoint}{METADATA_PREFIX}/v4/{task.id}-{number}"),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def _await_start(self, task: Task) -> TaskEvent | None:
        run = self._plant.runs[task.arn]
        self._observe(task, run)
        if run.is_pulled and "pullStoppedAt" not in task.times:
            task.times["pullStoppedAt"] = self._backend.now()
        if run.failure:
            self._fail(task, run.failure)
        if run.has_exited and not run.is_started:
            self._fail(task, words.STOP_ESSENTIAL_EXITED)
        if task.is_stopping:
            run.stop(self._plant.awake.seconds)
            return TaskEvent.STOP
        run.launched_at_s = self._plant.awake.seconds
        return TaskEvent.CONTAINERS_STARTED if run.is_started else None

    def _activate(self, task: Task) -> TaskEvent | None:
        run = self._plant.runs[task.arn]
        self._observe(task, run)
        if run.has_exited:
            task.times["startedAt"] = self._backend.now()
            self._note_exit(task)
        if task.is_stopping:
            return TaskEvent.STOP
        if self._plant.awake.seconds - run.launched_at_s < SETTLES_AFTER_S:
            return None
        if task.interface is not None:
            for container in run.containers:
                for container_port, host_port in container.workspace.ports.items():
                    self._plant.runtime.addresses.publish(
                        task.interface.private_ip, container_port, host_port
                    )
        for arn in targets.register(task, *self._place):
            self._news.registered[(*_owner(task), arn)] += 1
        task.times["startedAt"] = self._backend.now()
        self._plant.running_since_s[task.arn] = self._plant.awake.seconds
        return TaskEvent.TARGETS_REGISTERED

    def _watch(self, task: Task) -> TaskEvent | None:
        run = self._plant.runs[task.arn]
        self._observe(task, run)
        if run.has_exited:
            self._note_exit(task)
        strange = _ignores_port(run)
        if strange:
            self._fail(task, strange)
        return self._stop(task) if task.is_stopping else None

    def _stop(self, task: Task) -> TaskEvent:
        """Take a task out of its target groups; its processes go on while it drains."""
        for arn in targets.deregister(task, *self._place):
            self._news.deregistered[(*_owner(task), arn)] += 1
            if self._plant.runs[task.arn].is_alive:
                self._news.draining[_owner(task)] += 1
        return TaskEvent.STOP

    def _drain(self, task: Task) -> TaskEvent | None:
        run = self._plant.runs[task.arn]
        self._observe(task, run)
        if run.is_alive and not targets.is_drained(task, *self._place):
            return None
        run.stop(self._plant.awake.seconds)
        return TaskEvent.TARGETS_DRAINED

    def _await_end(self, task: Task) -> TaskEvent | None:
        run = self._plant.runs[task.arn]
        run.stop(self._plant.awake.seconds)  # again: one may just have been launched
        run.kill_overdue(self._plant.awake.seconds)
        self._observe(task, run)
        if not run.is_ended:
            return None
        self._ship_logs(task)
        task.times["executionStoppedAt"] = self._backend.now()
        return TaskEvent.CONTAINERS_ENDED

    def _deprovision(self, task: Task) -> TaskEvent | None:
        if task.interface is not None:
            self._plant.runtime.addresses.withdraw(task.interface.private_ip)
        network.release(task, *self._place)
        run = self._plant.runs.pop(task.arn, None)
        if run is not None:
            self._plant.to_close.append(run)
        self._plant.running_since_s.pop(task.arn, None)
        for container in task.containers:
            container.last_status = "STOPPED"
        task.times["stoppedAt"] = self._backend.now()
        return TaskEvent.NETWORK_RELEASED

    # What is seen of the processes

    def _observe(self, task: Task, run: TaskRun) -> None:
        for container in run.containers:
            shown = task.container(container.name)
            if shown is None or container.process is None:
                continue
            if container.image is not None:
                shown.image_digest = container.image.digest
            shown.runtime_id = f"{task.id}-{container.process.pid}"
            shown.last_status = "RUNNING" if container.is_alive else "STOPPED"
            if container.check is not None and not task.is_stopping:
                shown.health_status = container.check.status
            if container.exit_code is not None:
                shown.exit_code = container.exit_code
                shown.reason = shown.reason or _why_it_gave_up(container)

    def _ship_logs(self, task: Task) -> None:
        run = self._plant.runs.get(task.arn)
        for container in run.containers if run else []:
            if container.process is not None:
                lines = container.process.take_lines()
                if container.stream is not None:
                    container.stream.write(lines)

    def _fail(self, task: Task, reason: str) -> None:
        task.request_stop("TaskFailedToStart", reason, self._backend.now(), Failure.START)

    def _note_exit(self, task: Task) -> None:
        task.request_stop(
            "EssentialContainerExited",
            words.STOP_ESSENTIAL_EXITED,
            self._backend.now(),
            Failure.EXIT,
        )

    def _tell(self) -> None:
        now = self._backend.now()
        services = {service.arn: service for service in self._backend.all_services}
        for (owner, deployment_id, arn), count in self._news.registered.items():
            if service := services.get(owner):
                service.say(words.registered(service.subject(deployment_id), arn, count), now)
        for (owner, deployment_id), count in self._news.draining.items():
            if service := services.get(owner):
                service.say(words.draining(service.name, deployment_id, count), now)
        for (owner, deployment_id, arn), count in self._news.deregistered.items():
            if service := services.get(owner):
                service.say(words.deregistered(service.subject(deployment_id), arn, count), now)


def _owner(task: Task) -> tuple[str, str]:
    return task.service_arn or "", task.deployment_id or ""


def _ignores_port(run: TaskRun) -> str | None:
    for container in run.containers:
        if container.strange_ports and not container.listens:
            ports = ", ".join(str(port) for port in sorted(container.strange_ports))
            return (
                f"Container `{container.name}` does not listen on the port in PORT "
                f"({container.workspace.port}): it listens on {ports}. Tasks share this machine's "
                "ports, so the application has to listen on the port that PORT names."
            )
    return None


def _why_it_gave_up(container: ContainerRun) -> str | None:
    """Explain an application that took the container port for its own, and could not have it."""
    if container.listens or container.process is None or not container.exit_code:
        return None
    for line in reversed(container.process.tail):
        if any(sign in line.lower() for sign in _GAVE_UP_LISTENING):
            return (
                f"It does not listen on the port in PORT ({container.workspace.port}), and what "
                f"it tried failed: {line.strip()}"
            )
    return None
