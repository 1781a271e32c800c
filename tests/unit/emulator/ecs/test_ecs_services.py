"""Services with real processes behind them."""

import urllib.request
from typing import Any


def get(world: Any, task: dict[str, Any]) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{world.host_port(task)}/ping") as answer:
        return str(answer.read().decode())


def test_service_becomes_steady_behind_its_target_group(world: Any, server_image: str) -> None:
    group = world.target_group()
    name = world.serve(world.define(server_image), group, desiredCount=2)
    service = world.wait_steady(name)
    tasks = world.tasks(name)
    assert [get(world, task) for task in tasks] == ["ok", "ok"]
    world.ecs.get_waiter("services_stable").wait(cluster=world.cluster, services=[name])
    deployment = service["deployments"][0]
    messages = list(reversed(world.messages(name)))
    ids = [task["taskArn"].split("/")[-1] for task in tasks]
    assert messages[0].startswith(f"(service {name}) has started 2 tasks: (task ")
    assert all(f"(task {task_id})" in messages[0] for task_id in ids)
    assert any(
        message.startswith(f"(service {name}) registered ")
        and message.endswith(f"targets in (target-group {group})")
        for message in messages
    )
    assert messages[-2:] == [
        f"(service {name}) (deployment {deployment['id']}) deployment completed.",
        f"(service {name}) has reached a steady state.",
    ]
