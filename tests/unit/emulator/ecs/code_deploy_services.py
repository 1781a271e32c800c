"""Short ways to use services whose deployment controller is CODE_DEPLOY."""

from pathlib import Path
from typing import Any

CODE_DEPLOY = {"type": "CODE_DEPLOY"}


def blue_green(world: Any, **settings: Any) -> tuple[str, str, str]:
    """Create a CODE_DEPLOY service behind the first of two groups; return name, blue, green."""
    definition = settings.pop("definition")
    blue, green = world.target_group(), world.target_group()
    name = world.serve(definition, blue, deploymentController=CODE_DEPLOY, **settings)
    return name, blue, green


def add(world: Any, name: str, definition: str, group: str, **settings: Any) -> dict[str, Any]:
    """Create a task set behind a group, scaled to 100 % unless told otherwise."""
    request = {
        "launchType": "FARGATE",
        "networkConfiguration": world.network,
        "loadBalancers": [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}],
        "scale": {"value": 100.0, "unit": "PERCENT"},
        **settings,
    }
    found: dict[str, Any] = world.ecs.create_task_set(
        cluster=world.cluster, service=name, taskDefinition=definition, **request
    )["taskSet"]
    return found


def delete(world: Any, name: str, task_set: str, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = world.ecs.delete_task_set(
        cluster=world.cluster, service=name, taskSet=task_set, **settings
    )["taskSet"]
    return found


def task_sets(world: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.service(name)["taskSets"]
    return found


def wait_steady(world: Any, name: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until the service has so many task sets, and each is steady."""

    def steady() -> list[dict[str, Any]] | None:
        found = task_sets(world, name)
        states = [task_set["stabilityStatus"] for task_set in found]
        return found if states == ["STEADY_STATE"] * count else None

    found: list[dict[str, Any]] = world.wait_for(steady, f"{count} steady task sets of {name}")
    return found


def variant(world: Any, image: str, answer: str, **container: Any) -> str:
    """Define a revision that answers in its own way."""
    environment = [{"name": "ANSWER", "value": answer}]
    arn: str = world.define(image, environment=environment, **container)
    return arn


def home(world: Any, task: dict[str, Any]) -> Path:
    folder: Path = world.emulator.settings.data_dir / "tasks"
    return folder / task["taskArn"].split("/")[-1] / "app" / "home"
