"""Task sets with real processes behind them, as CodeDeploy uses them."""

import json
import urllib.request
from typing import Any

from code_deploy_services import (
    add,
    blue_green,
    delete,
    home,
    task_sets,
    variant,
    wait_steady,
)

from emulator.control_plane import registration
from emulator.hints import Hint

ACCOUNT = "123456789012"
REGION = "us-west-2"


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


def test_replacement_serves_behind_its_own_group_and_becomes_primary(
    world: Any, server_image: str
) -> None:
    one, two = variant(world, server_image, "one"), variant(world, server_image, "two")
    name, blue, green = blue_green(world, definition=one)
    (old,) = wait_steady(world, name)
    new = add(world, name, two, green, externalId="d-1")
    assert (new["status"], new["externalId"]) == ("ACTIVE", "d-1")
    assert "startedBy" not in new
    wait_steady(world, name, 2)
    owners = {task["startedBy"]: task for task in world.tasks(name)}
    assert owners.keys() == {old["id"], new["id"]}
    assert get(world, owners[old["id"]]) == "one"
    assert get(world, owners[new["id"]]) == "two"
    assert (len(world.target_states(blue)), len(world.target_states(green))) == (1, 1)
    before = world.service(name)
    assert (before["taskDefinition"], groups(before)) == (one, [blue])
    world.ecs.update_service_primary_task_set(
        cluster=world.cluster, service=name, primaryTaskSet=new["id"]
    )
    after = world.service(name)
    assert (after["taskDefinition"], groups(after)) == (two, [green])
    assert {found["id"]: found["status"] for found in after["taskSets"]} == {
        old["id"]: "ACTIVE",
        new["id"]: "PRIMARY",
    }
    deleted = delete(world, name, old["id"], force=True)
    assert (deleted["status"], deleted["computedDesiredCount"]) == ("DRAINING", 0)
    (left,) = wait_steady(world, name)
    assert left["id"] == new["id"]
    assert {task["startedBy"] for task in world.tasks(name)} == {new["id"]}
    (stopped,) = world.tasks(name, "STOPPED")
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"


def get(world: Any, task: dict[str, Any]) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{world.host_port(task)}/ping") as answer:
        return str(answer.read().decode())


def groups(service: dict[str, Any]) -> list[str]:
    return [balancer["targetGroupArn"] for balancer in service["loadBalancers"]]


def test_codedeploy_signs_what_it_starts(world: Any, server_image: str) -> None:
    definition = world.define(server_image)
    name, _, green = blue_green(world, definition=definition, desiredCount=0)
    backend = registration.backend("ecs", ACCOUNT, REGION)
    with world.emulator.runtime.lock:
        task_set = backend.create_task_set(
            {
                "cluster": world.cluster,
                "service": name,
                "taskDefinition": definition,
                "externalId": "d-ABCDEFGHI",
                "launchType": "FARGATE",
                "networkConfiguration": world.network,
                "loadBalancers": [
                    {"targetGroupArn": green, "containerName": "app", "containerPort": 80}
                ],
                "scale": {"value": 100.0, "unit": "PERCENT"},
            }
        )
    shown = task_sets(world, name)[1]
    assert shown["id"] == task_set.id
    assert (shown["startedBy"], shown["externalId"]) == ("CODE_DEPLOY", "d-ABCDEFGHI")


def test_desired_count_follows_each_scale_rounded_up(world: Any, server_image: str) -> None:
    definition = world.define(server_image)
    name, _, green = blue_green(world, definition=definition, desiredCount=0)
    half = add(world, name, definition, green, scale={"value": 50.0, "unit": "PERCENT"})
    empty = add(world, name, definition, green, scale={})
    assert empty["scale"] == {"value": 0.0, "unit": "PERCENT"}
    updated = world.ecs.update_service(cluster=world.cluster, service=name, desiredCount=3)
    counts = [found["computedDesiredCount"] for found in updated["service"]["taskSets"]]
    assert counts == [3, 2, 0]
    assert f"(service {name}) updated computedDesiredCount for taskSet {half['id']} to 2." in (
        world.messages(name)
    )
    changed = world.ecs.update_task_set(
        cluster=world.cluster,
        service=name,
        taskSet=half["taskSetArn"],
        scale={"value": 0.0, "unit": "PERCENT"},
    )["taskSet"]
    assert (changed["computedDesiredCount"], changed["scale"]["value"]) == (0, 0.0)
    found = wait_steady(world, name, 3)
    assert [task_set["runningCount"] for task_set in found] == [3, 0, 0]


def test_task_set_is_stabilizing_until_it_has_replaced_a_lost_task(
    world: Any, server_image: str
) -> None:
    name, _, _ = blue_green(world, definition=world.define(server_image))
    (steady,) = wait_steady(world, name)
    (task,) = world.tasks(name)
    world.ecs.stop_task(cluster=world.cluster, task=task["taskArn"])
    world.wait_for(
        lambda: task_sets(world, name)[0]["stabilityStatus"] == "STABILIZING", "stabilizing"
    )
    (again,) = wait_steady(world, name)
    assert again["stabilityStatusAt"] > steady["stabilityStatusAt"]
    (other,) = world.tasks(name)
    assert other["taskArn"] != task["taskArn"]


def test_sick_replacement_never_gets_steady_and_the_primary_stays(
    world: Any, server_image: str
) -> None:
    name, _, green = blue_green(world, definition=world.define(server_image))
    (primary,) = wait_steady(world, name)
    sick = world.define(server_image, environment=[{"name": "SICK", "value": "1"}])
    new = add(world, name, sick, green)
    subject = f"(service {name}, taskSet {new['id']})"
    world.wait_for(
        lambda: any(
            message.startswith(f"{subject} (task ")
            and f"unhealthy in (target-group {green})" in message
            for message in world.messages(name)
        ),
        "an unhealthy task",
    )
    found = {task_set["id"]: task_set for task_set in task_sets(world, name)}
    assert found[new["id"]]["stabilityStatus"] == "STABILIZING"
    assert found[primary["id"]]["stabilityStatus"] == "STEADY_STATE"
    delete(world, name, new["id"], force=True)
    (left,) = wait_steady(world, name)
    assert left["id"] == primary["id"]


def test_replacement_whose_image_is_missing_says_so_and_never_gets_steady(
    world: Any, server_image: str
) -> None:
    name, _, green = blue_green(world, definition=world.define(server_image))
    wait_steady(world, name)
    missing = world.define(f"{server_image.rsplit(':', 1)[0]}:missing")
    new = add(world, name, missing, green)
    subject = f"(service {name}, taskSet {new['id']})"
    world.wait_for(
        lambda: any(
            message.startswith(f"{subject} is unable to consistently start tasks successfully.")
            for message in world.messages(name)
        ),
        "the throttle",
    )
    shown = next(found for found in task_sets(world, name) if found["id"] == new["id"])
    assert (shown["stabilityStatus"], shown["runningCount"]) == ("STABILIZING", 0)
    stopped = [t for t in world.tasks(name, "STOPPED") if t["startedBy"] == new["id"]]
    assert all(task["stopCode"] == "TaskFailedToStart" for task in stopped)


def test_container_health_check_counts_for_the_steady_state(world: Any, server_image: str) -> None:
    check = {"command": ["CMD-SHELL", "test -e $HOME/well"], "interval": 5, "retries": 10}
    name, _, _ = blue_green(world, definition=world.define(server_image, healthCheck=check))
    world.wait_for(lambda: task_sets(world, name)[0]["runningCount"] == 1, "a running task")
    (task,) = world.tasks(name)
    assert task_sets(world, name)[0]["stabilityStatus"] == "STABILIZING"
    (home(world, task) / "well").touch()
    wait_steady(world, name)
    assert world.task(task["taskArn"])["healthStatus"] == "HEALTHY"


def test_hint_tells_when_a_task_set_is_steady_and_when_it_is_gone(
    world: Any, server_image: str
) -> None:
    heard: list[tuple[str, int]] = []

    def hear(hint: Hint) -> None:
        if hint.kind == "ecs.task_set":
            backend = registration.backend("ecs", ACCOUNT, REGION)
            service = next(s for s in backend.all_services if s.arn == hint.key)
            heard.append((hint.key, sum(found.is_steady for found in service.task_sets)))

    world.emulator.runtime.hints.subscribe("ecs.task_set", hear)
    name, _, _ = blue_green(world, definition=world.define(server_image))
    (task_set,) = wait_steady(world, name)
    arn = task_set["serviceArn"]
    assert heard == [(arn, 1)]
    delete(world, name, task_set["id"], force=True)
    world.wait_for(lambda: not task_sets(world, name), "no task set")
    assert heard[-1] == (arn, 0)


def test_deleted_service_ends_its_task_sets(world: Any, server_image: str) -> None:
    definition = world.define(server_image)
    name, _, green = blue_green(world, definition=definition)
    add(world, name, definition, green)
    wait_steady(world, name, 2)
    answer = world.ecs.delete_service(cluster=world.cluster, service=name, force=True)["service"]
    assert answer["status"] == "DRAINING"
    assert {found["status"] for found in answer["taskSets"]} == {"DRAINING"}
    assert {found["computedDesiredCount"] for found in answer["taskSets"]} == {0}
    world.wait_for(lambda: world.service(name)["status"] == "INACTIVE", "the end")
    assert world.service(name)["taskSets"] == []
    assert world.tasks(name) == []


def test_task_state_changes_carry_the_task_set(world: Any, server_image: str) -> None:
    events, logs = world.aws("events"), world.aws("logs")
    group, rule = f"/aws/events/{world.unique()}", world.unique()
    logs.create_log_group(logGroupName=group)
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn.removesuffix(":*")}])
    name, _, _ = blue_green(world, definition=world.define(server_image))
    (task_set,) = wait_steady(world, name)
    found = [
        json.loads(event["message"])["detail"]
        for event in logs.filter_log_events(logGroupName=group)["events"]
    ]
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)
    states = [detail["lastStatus"] for detail in found if detail.get("startedBy") == task_set["id"]]
    assert states[-3:] == ["PENDING", "ACTIVATING", "RUNNING"]
