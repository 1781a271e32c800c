"""The task runner: one thread that looks at every service and task, twice a second and on hints."""

import logging
import os
import shutil
import signal
from pathlib import Path
from time import monotonic

import psutil

from emulator.awake import AwakeClock
from emulator.control_plane import registration
from emulator.data_plane.task_runner import probe
from emulator.data_plane.task_runner.lifecycle import Lifecycle, Plant
from emulator.data_plane.task_runner.scheduling import Scheduling
from emulator.data_plane.task_runner.task_run import ContainerRun, Images, TaskRun
from emulator.engines.task import TaskStatus
from emulator.runtime import Runtime
from emulator.worker import Worker

logger = logging.getLogger(__name__)

TICK_S = 0.5
LISTENS_WITHIN_S = 5.0
"""How long an application may listen on other ports before its own must be among them."""

STOP_WITHIN_S = 3.0
"""How long tasks get to end by themselves when the emulator stops."""


class TaskRunner:
    """Runs ECS tasks as local processes: the scheduler's hands, and the only owner of pids."""

    def __init__(self, runtime: Runtime, images: Images) -> None:
        self._runtime = runtime
        self._worker = Worker("task-runner", self._tick, TICK_S)
        self._plant = Plant(runtime, images, AwakeClock(), self._worker.wake)
        self._looked_at_s: dict[int, float] = {}
        runtime.hints.subscribe("ecs.", lambda _hint: self._worker.wake())
        runtime.hints.subscribe("elbv2.", lambda _hint: self._worker.wake())

    def start(self) -> None:
        sweep(self._plant.folder)
        self._plant.folder.mkdir(parents=True, exist_ok=True)
        self._worker.start()

    def stop(self) -> None:
        """End every task, gently at first; no process is left. Idempotent."""
        self._worker.stop()
        runs = list(self._plant.runs.values())
        self._plant.runs.clear()
        for run in runs:
            run.stop(self._plant.awake.seconds)
        deadline = monotonic() + STOP_WITHIN_S
        for run in runs:
            run.end_by(deadline)
        for run in [*runs, *self._plant.to_close]:
            run.close()
        self._plant.to_close.clear()
        shutil.rmtree(self._plant.folder, ignore_errors=True)

    def _tick(self) -> None:
        with self._runtime.lock:
            self._plant.awake.advance()
            for backend in registration.backends("ecs"):
                Lifecycle(self._plant, backend).step()
                Scheduling(self._plant, backend).step()
                backend.forget_old()
            to_start, self._plant.to_start = self._plant.to_start, []
            to_close, self._plant.to_close = self._plant.to_close, []
            runs = list(self._plant.runs.values())
        for run in to_start:
            run.start()
        for run in to_close:
            run.close()
        self._look_for_ports(runs)
        if self._has_tasks_to_move():
            self._worker.wake()

    def _has_tasks_to_move(self) -> bool:
        """Tell whether the scheduler has just started a task, or asked a running one to stop."""
        with self._runtime.lock:
            return any(
                task.status is TaskStatus.PROVISIONING
                or (task.status is TaskStatus.RUNNING and task.is_stopping)
                for backend in registration.backends("ecs")
                for task in backend.all_tasks
            )

    def _look_for_ports(self, runs: list[TaskRun]) -> None:
        """Note which applications listen on their port, and which on others instead."""
        now_s = self._plant.awake.seconds
        alive = [container for run in runs for container in run.containers if container.is_alive]
        for container in alive:
            if container.workspace.ports and not container.listens:
                self._look(container, now_s)
        pids = {container.process.pid for container in alive if container.process}
        self._looked_at_s = {k: v for k, v in self._looked_at_s.items() if k in pids}

    def _look(self, container: ContainerRun, now_s: float) -> None:
        if container.process is None:
            return
        pid = container.process.pid
        began_s = self._looked_at_s.setdefault(pid, now_s)
        found = probe.listening_ports(pid)
        container.listens = container.workspace.port in found
        if now_s - began_s >= LISTENS_WITHIN_S:
            container.strange_ports = frozenset(found)


def sweep(folder: Path) -> None:
    """End processes that an emulator left which was killed together with their supervisors.

    A pid alone proves nothing, it may be another's by now: the process must have its home here.
    """
    for pid_file in folder.glob("*/*/pid"):
        try:
            pid = int(pid_file.read_text())
            home = psutil.Process(pid).environ().get("HOME", "")
            if Path(home).is_relative_to(pid_file.parent):
                os.killpg(pid, signal.SIGKILL)
        except (ValueError, OSError, psutil.Error):
            continue
    shutil.rmtree(folder, ignore_errors=True)
