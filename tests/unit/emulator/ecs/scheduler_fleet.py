"""A service and its tasks for tests of the scheduler: tables and moved time, no process."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from emulator.engines.scheduler import (
    Deployment,
    DeploymentStatus,
    Effect,
    Failure,
    Policy,
    Say,
    Service,
    StartTasks,
    StopTask,
    Target,
    Task,
    reconcile,
)

GROUP = "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/t/1"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Fleet:
    """A service and its tasks; `tick` lets the scheduler decide and carries it out at once."""

    def __init__(self, desired: int, policy: Policy, checked: bool = True) -> None:
        self.now = START
        self.checked = checked
        self.tasks: dict[str, Task] = {}
        self.said: list[str] = []
        self.effects: list[Effect] = []
        self.stops: list[StopTask] = []
        self._ids: Iterator[int] = iter(range(1, 10**6))
        self.service = Service("web", desired, policy, (Deployment("ecs-svc/0", "td:1"),))
        self.lowest = 10**6
        self.highest = 0

    def tick(self) -> None:
        decision = reconcile(
            self.service, list(self.tasks.values()), self.now, lambda: f"ecs-svc/r{next(self._ids)}"
        )
        self.service = decision.service
        self.effects += decision.effects
        for effect in decision.effects:
            if isinstance(effect, StartTasks):
                for _ in range(effect.count):
                    self.add(effect.deployment_id)
            elif isinstance(effect, StopTask):
                self.stops.append(effect)
                self.change(effect.task_id, is_stopping=True, failure=effect.failure)
            elif isinstance(effect, Say):
                self.said.append(effect.message)
            elif hasattr(effect, "from_deployment_id"):
                for task in list(self.tasks.values()):
                    if task.deployment_id == effect.from_deployment_id:
                        self.change(task.id, deployment_id=effect.to_deployment_id)
        self._measure()

    def _measure(self) -> None:
        self.lowest = min(self.lowest, len(self.healthy()))
        self.highest = max(self.highest, len(self.live()))

    def add(self, deployment_id: str) -> None:
        task_id = f"t{next(self._ids)}"
        self.tasks[task_id] = Task(task_id, deployment_id, expects_targets=self.checked)

    def change(self, task_id: str, **changes: object) -> None:
        self.tasks[task_id] = replace(self.tasks[task_id], **changes)  # type: ignore[arg-type]

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for task in self.live():
            if task.running_s is not None:
                self.change(task.id, running_s=task.running_s + seconds)

    def live(self) -> list[Task]:
        return [t for t in self.tasks.values() if not (t.is_stopping or t.is_stopped)]

    def of(self, deployment_id: str) -> list[Task]:
        return [task for task in self.live() if task.deployment_id == deployment_id]

    def healthy(self) -> list[Task]:
        return [t for t in self.live() if t.targets and t.targets[0].state == "healthy"]

    def run(self, state: str = "healthy") -> None:
        """Bring every pending task to RUNNING, its target in a state."""
        for task in self.live():
            if task.running_s is None:
                targets = (Target(GROUP, 80, state),) if self.checked else ()
                self.change(task.id, running_s=0.0, targets=targets)

    def set_health(self, task: Task, state: str, description: str = "") -> None:
        self.change(task.id, targets=(Target(GROUP, 80, state, description),))

    def end_stopped(self) -> None:
        for task in list(self.tasks.values()):
            if task.is_stopping:
                self.change(task.id, is_stopped=True)

    def exit(self, task: Task, failure: Failure) -> None:
        self.change(task.id, is_stopping=True, is_stopped=True, failure=failure)

    def settle(self) -> None:
        """Go on until the deployment has completed."""
        for _ in range(50):
            self.tick()
            self.run()
            self.tick()
            self.end_stopped()
            if self.service.is_steady:
                return
        raise AssertionError(f"never steady: {self.service}")

    def deploy(self, revision: str = "td:2") -> None:
        number = next(self._ids)
        older = tuple(replace(d, status=DeploymentStatus.ACTIVE) for d in self.service.deployments)
        self.service = replace(
            self.service,
            deployments=(Deployment(f"ecs-svc/{number}", revision), *older),
            is_steady=False,
        )
        self.lowest, self.highest = 10**6, 0

    def scale(self, desired: int) -> None:
        self.service = replace(self.service, desired_count=desired)

    @property
    def primary(self) -> Deployment:
        return self.service.deployments[0]


def steady_fleet(desired: int = 2, **policy: object) -> Fleet:
    fleet = Fleet(desired, Policy(**policy))  # type: ignore[arg-type]
    fleet.settle()
    return fleet
