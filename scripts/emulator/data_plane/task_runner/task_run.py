"""One task as it really is: its containers' folders, ports and processes."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from emulator.data_plane.registry.image import Image, ImageNotFound
from emulator.data_plane.task_runner import health_check
from emulator.data_plane.task_runner.health_check import HealthCheck
from emulator.data_plane.task_runner.launch import (
    CannotLaunch,
    Workspace,
    map_ports,
    plan_launch,
    refuse_unsupported,
)
from emulator.data_plane.task_runner.logs import LogStream
from emulator.data_plane.task_runner.ports import PortPool
from emulator.data_plane.task_runner.process import CannotStart, ContainerProcess

logger = logging.getLogger(__name__)

DEFAULT_STOP_TIMEOUT_S = 30
"""Source: ECS API, ContainerDefinition, stopTimeout, on Fargate."""


class Images(Protocol):
    """What a task needs of the image store."""

    def resolve(self, image_uri: str) -> Image: ...

    def unpack(self, image: Image, folder: Path) -> None: ...


@dataclass
class ContainerRun:
    """One container: what it is made of, and its process once there is one."""

    definition: dict[str, Any]
    workspace: Workspace
    stream: LogStream | None = None
    image: Image | None = None
    process: ContainerProcess | None = None
    check: HealthCheck | None = None
    kill_at_s: float | None = None
    listens: bool = False
    strange_ports: frozenset[int] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def exit_code(self) -> int | None:
        return self.process.exit_code if self.process else None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.exit_code is None

    def satisfies(self, condition: str) -> bool:
        """Tell whether a dependency on this container is met. Source: ECS API, dependsOn."""
        if self.process is None:
            return False
        if condition == "HEALTHY":
            return self.check is not None and self.check.status == "HEALTHY"
        if condition == "COMPLETE":
            return self.exit_code is not None
        if condition == "SUCCESS":
            return self.exit_code == 0
        return True


class TaskRun:
    """Starts a task's containers in a thread of its own, and ends them.

    The driver reads `failure`, `is_pulled`, `is_started` and the containers; `wake` is called when
    one of them has changed.
    """

    def __init__(
        self,
        containers: list[ContainerRun],
        folder: Path,
        images: Images,
        ports: PortPool,
        wake: Callable[[], None],
    ) -> None:
        self.containers = containers
        self.failure: str | None = None
        self.is_pulled = False
        self.is_started = False
        self.launched_at_s = 0.0
        self._folder = folder
        self._images = images
        self._ports = ports
        self._wake = wake
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._start, name=f"task-{folder.name[:8]}")
        self._thread.daemon = True

    def start(self) -> None:
        self._thread.start()

    # Starting

    def _start(self) -> None:
        try:
            self._pull()
            waiting = list(self.containers)
            while waiting and not self._stopping:
                waiting = self._launch_ready(waiting)
            self.is_started = not waiting
        except (ImageNotFound, CannotLaunch) as error:
            self.failure = str(error.args[0])
        except OSError as error:
            self.failure = f"CannotStartContainerError: {error}"
        except Exception as error:  # a task that nobody starts any more must not stay PENDING
            logger.exception("the task in %s could not be started", self._folder)
            self.failure = f"CannotStartContainerError: {type(error).__name__}: {error}"
        finally:
            self._wake()

    def _pull(self) -> None:
        for container in self.containers:
            refuse_unsupported(container.definition)
            container.image = self._images.resolve(container.definition["image"])
        for container in self.containers:
            if self._stopping or container.image is None:
                return
            container.workspace.make()
            container.workspace.add_python()
            self._images.unpack(container.image, container.workspace.root)
        self.is_pulled = True

    def _launch_ready(self, waiting: list[ContainerRun]) -> list[ContainerRun]:
        """Launch what depends on nothing more; wait for a change where that is nothing."""
        self._changed.clear()
        ready = [container for container in waiting if self._is_ready(container)]
        for container in ready:
            self._launch(container)
        if not ready:
            self._refuse_hopeless(waiting)
            self._changed.wait(1)
        return [container for container in waiting if container not in ready]

    def _is_ready(self, container: ContainerRun) -> bool:
        found = {other.name: other for other in self.containers}
        return all(
            found[dependency["containerName"]].satisfies(dependency["condition"])
            for dependency in container.definition.get("dependsOn") or []
        )

    def _refuse_hopeless(self, waiting: list[ContainerRun]) -> None:
        found = {other.name: other for other in self.containers}
        for container in waiting:
            for dependency in container.definition.get("dependsOn") or []:
                other = found[dependency["containerName"]]
                if other.exit_code is not None and not other.satisfies(dependency["condition"]):
                    raise CannotLaunch(
                        f"CannotStartContainerError: container `{other.name}` exited before it was "
                        f"{dependency['condition']}, which `{container.name}` waits for"
                    )

    def _launch(self, container: ContainerRun) -> None:
        if container.image is None:
            raise CannotLaunch(f"CannotStartContainerError: no image for `{container.name}`")
        launch = plan_launch(container.image, container.definition, container.workspace)
        try:
            container.process = ContainerProcess(launch, self._notice)
        except CannotStart as error:
            raise CannotLaunch(
                "CannotStartContainerError: failed to create task for container: exec: "
                f'"{launch.argv[0]}": {error}'
            ) from error
        check = container.definition.get("healthCheck")
        if check and check["command"] != ["NONE"]:
            words = [
                map_ports(word, container.workspace.ports)
                for word in health_check.command_of(check)
            ]
            container.check = HealthCheck(check, words, launch, self._notice)

    def _notice(self) -> None:
        self._changed.set()
        self._wake()

    # Ending

    @property
    def has_exited(self) -> bool:
        """Tell whether an essential container has ended."""
        return any(
            container.definition["essential"] and container.exit_code is not None
            for container in self.containers
        )

    @property
    def is_alive(self) -> bool:
        return any(container.is_alive for container in self.containers)

    @property
    def is_ended(self) -> bool:
        return not self._thread.is_alive() and not self.is_alive

    def stop(self, now_s: float) -> None:
        """Ask every container to end, once; `now_s` is the awake clock's."""
        self._stopping = True
        self._changed.set()
        for container in self.containers:
            if container.check:
                container.check.stop()
            if container.process and container.kill_at_s is None:
                timeout_s = container.definition.get("stopTimeout") or DEFAULT_STOP_TIMEOUT_S
                container.kill_at_s = now_s + timeout_s
                container.process.signal(_stop_signal(container.image))

    def kill_overdue(self, now_s: float) -> None:
        """Kill what has not ended in its stop timeout."""
        for container in self.containers:
            overdue = container.kill_at_s is not None and now_s >= container.kill_at_s
            if overdue and container.process:
                container.process.signal("SIGKILL")

    def end_by(self, deadline: float) -> None:
        """Wait until a time of `monotonic` for every process to end, then kill what is left."""
        self._thread.join()
        for container in self.containers:
            if container.process:
                if container.kill_at_s is None:  # launched while it was told to stop
                    container.process.signal("SIGKILL")
                container.process.join(max(0.0, deadline - monotonic()))
                container.process.signal("SIGKILL")

    def close(self) -> None:
        """Wait for the end, and remove what the task left. Call it without any lock."""
        self._thread.join()
        for container in self.containers:
            if container.process:
                container.process.join()
            if container.check:
                container.check.stop()
                container.check.join()
            for port in {container.workspace.port, *container.workspace.ports.values()}:
                self._ports.give_back(port)
        shutil.rmtree(self._folder, ignore_errors=True)


def _stop_signal(image: Image | None) -> str:
    wanted = (image.config.stop_signal if image else None) or "SIGTERM"
    return wanted if wanted.startswith("SIG") else f"SIG{wanted}"


def workspace_of(
    definition: Mapping[str, Any], folder: Path, pool: PortPool, env: Mapping[str, str]
) -> Workspace:
    """Return a container's folder and ports: one host port for each port mapping, or one spare."""
    mappings = definition.get("portMappings") or []
    ports = {mapping["containerPort"]: pool.take() for mapping in mappings}
    first = next(iter(ports.values())) if ports else pool.take()
    return Workspace(folder / str(definition["name"]), first, ports, env)
