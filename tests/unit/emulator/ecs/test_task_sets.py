"""Task sets with real processes behind them, as CodeDeploy uses them."""

from typing import Any


def blue_green(world: Any, **settings: Any) -> tuple[str, str, str]:
    """Create a CODE_DEPLOY service behind the first of two groups; return name, blue, green."""
    definition = settings.pop("definition")
    blue, green = world.target_group(), world.target_group()
    name = world.serve(definition, blue, deploymentController={"type": "CODE_DEPLOY"}, **settings)
    return name, blue, green


def task_sets(world: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.service(name)["taskSets"]
    return found


def add(world: Any, name: str, definition: str, group: str, **settings: Any) -> dict[str, Any]:
    """Create a task set behind a group, scaled to 100 % unless told otherwise."""
    found: dict[str, Any] = world.ecs.create_task_set(
        cluster=world.cluster,
        service=name,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration=world.network,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 80}],
        **{"scale": {"value": 100.0, "unit": "PERCENT"}, **settings},
    )["taskSet"]
    return found


def wait_steady(world: Any, name: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until the service has so many task sets, and each is steady."""

    def steady() -> list[dict[str, Any]] | None:
        found = task_sets(world, name)
        states = [task_set["stabilityStatus"] for task_set in found]
        return found if states == ["STEADY_STATE"] * count else None

    found: list[dict[str, Any]] = world.wait_for(steady, f"{count} steady task sets of {name}")
    return found


def test_service_has_its_tasks_in_a_primary_task_set(world: Any, server_image: str) -> None:
    definition = world.define(server_image)
    name, blue, _ = blue_green(world, definition=definition, desiredCount=2)
    created = world.service(name)
    assert created["deployments"] == []
    assert created["deploymentController"] == {"type": "CODE_DEPLOY"}
    assert created["deploymentConfiguration"] == {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    }
    (task_set,) = created["taskSets"]
    assert (task_set["status"], task_set["stabilityStatus"]) == ("PRIMARY", "STABILIZING")
    (task_set,) = wait_steady(world, name)
    number = task_set["id"].removeprefix("ecs-svc/")
    assert len(number) == 19
    assert number.isdigit()
    assert task_set["taskSetArn"].endswith(f":task-set/{world.cluster}/{name}/{task_set['id']}")
    assert task_set["scale"] == {"value": 100.0, "unit": "PERCENT"}
    counts = ("computedDesiredCount", "runningCount", "pendingCount")
    assert [task_set[member] for member in counts] == [2, 2, 0]
    assert task_set["taskDefinition"] == definition
    assert task_set["loadBalancers"][0]["targetGroupArn"] == blue
    assert task_set["networkConfiguration"] == world.network
    assert (task_set["launchType"], task_set["platformVersion"]) == ("FARGATE", "1.4.0")
    tasks = world.tasks(name)
    assert {task["startedBy"] for task in tasks} == {task_set["id"]}
    assert {task["group"] for task in tasks} == {f"service:{name}"}


def test_service_tells_what_its_task_set_does(world: Any, server_image: str) -> None:
    name, blue, _ = blue_green(world, definition=world.define(server_image))
    (task_set,) = wait_steady(world, name)
    (task,) = world.tasks(name)
    task_id = task["taskArn"].split("/")[-1]
    subject = f"(service {name}, taskSet {task_set['id']})"
    assert list(reversed(world.messages(name))) == [
        f"(service {name}) updated computedDesiredCount for taskSet {task_set['id']} to 1.",
        f"{subject} has started 1 tasks: (task {task_id}).",
        f"{subject} registered 1 targets in (target-group {blue})",
        f"{subject} updated state to STEADY_STATE.",
        f"(service {name}) has reached a steady state.",
    ]
