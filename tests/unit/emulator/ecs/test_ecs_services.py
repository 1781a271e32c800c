"""Services with real processes behind them."""

import json
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


def test_update_replaces_tasks_and_keeps_the_minimum(world: Any, server_image: str) -> None:
    group = world.target_group(delay_s=1)
    configuration = {"minimumHealthyPercent": 50, "maximumPercent": 200}
    family = world.unique()
    name = world.serve(
        world.define(server_image, family),
        group,
        desiredCount=2,
        deploymentConfiguration=configuration,
    )
    world.wait_steady(name)
    old = {task["taskArn"] for task in world.tasks(name)}
    environment = [{"name": "ANSWER", "value": "two"}]
    updated = world.define(server_image, family, environment=environment)
    answer = world.ecs.update_service(cluster=world.cluster, service=name, taskDefinition=updated)[
        "service"
    ]
    assert [found["status"] for found in answer["deployments"]] == ["PRIMARY", "ACTIVE"]
    fewest = 2

    def is_replaced() -> bool:
        nonlocal fewest
        service = world.service(name)
        fewest = min(fewest, service["runningCount"])
        return len(service["deployments"]) == 1

    world.wait_for(is_replaced, "the old deployment's end")
    service = world.wait_steady(name)
    tasks = world.tasks(name)
    assert fewest >= 1
    assert not old & {task["taskArn"] for task in tasks}
    assert [get(world, task) for task in tasks] == ["two", "two"]
    assert service["taskDefinition"] == updated
    messages = world.messages(name)
    assert any("has begun draining connections on " in message for message in messages)
    assert any(f"targets in (target-group {group})" in message for message in messages)
    assert any(message.startswith(f"(service {name}) has stopped ") for message in messages)
    stopped = world.tasks(name, "STOPPED")
    assert {task["taskArn"] for task in stopped} == old
    assert {task["stopCode"] for task in stopped} == {"ServiceSchedulerInitiated"}
    deployment_id = service["deployments"][0]["id"]
    assert {task["stoppedReason"] for task in stopped} == {
        f"Scaling activity initiated by (deployment {deployment_id})"
    }


def test_draining_comes_before_sigterm(world: Any, server_image: str) -> None:
    group = world.target_group(delay_s=2)
    name = world.serve(world.define(server_image), group)
    world.wait_steady(name)
    (task,) = world.tasks(name)
    world.ecs.update_service(cluster=world.cluster, service=name, desiredCount=0)
    world.wait_for(lambda: world.task(task["taskArn"])["lastStatus"] == "DEACTIVATING", "draining")
    assert get(world, task) == "ok"
    health = world.aws("elbv2").describe_target_health(TargetGroupArn=group)
    assert [found["TargetHealth"]["State"] for found in health["TargetHealthDescriptions"]] == [
        "draining"
    ]
    stopped = world.wait_stopped(task["taskArn"])
    assert stopped["containers"][0]["exitCode"] == 0


def test_crashing_revision_is_rolled_back(world: Any, server_image: str) -> None:
    family = world.unique()
    good = world.define(server_image, family)
    breaker = {"enable": True, "rollback": True}
    name = world.serve(
        good,
        world.target_group(),
        deploymentConfiguration={"deploymentCircuitBreaker": breaker},
    )
    completed = world.wait_steady(name)["deployments"][0]["id"]
    kept = {task["taskArn"] for task in world.tasks(name)}
    bad = world.define(server_image, family, command=["python", "-c", "raise SystemExit(1)"])
    failed = world.ecs.update_service(cluster=world.cluster, service=name, taskDefinition=bad)[
        "service"
    ]["deployments"][0]["id"]
    world.wait_for(lambda: world.service(name)["taskDefinition"] == good, "the rollback")
    service = world.wait_steady(name)
    messages = world.messages(name)
    assert f"(service {name}) rolling back to deployment {completed}." in messages
    assert (
        f"(service {name}) (deployment {failed}) deployment failed: tasks failed to start."
    ) in messages
    assert {task["taskArn"] for task in world.tasks(name)} == kept
    assert service["deployments"][0]["id"] not in {completed, failed}
    reasons = {task["stoppedReason"] for task in world.tasks(name, "STOPPED")}
    assert "Essential container in task exited" in reasons


def test_sick_task_is_replaced(world: Any, server_image: str) -> None:
    group = world.target_group()
    name = world.serve(world.define(server_image), group)
    world.wait_steady(name)
    (task,) = world.tasks(name)
    task_id = task["taskArn"].split("/")[-1]
    home = world.emulator.settings.data_dir / "tasks" / task_id / "app" / "home"
    (home / "sick").touch()
    stopped = world.wait_stopped(task["taskArn"])
    assert stopped["stoppedReason"] == f"Task failed ELB health checks in (target-group {group})"
    assert any(
        message.startswith(
            f"(service {name}) (task {task_id}) (port 80) is unhealthy in (target-group {group}) "
            "due to (reason Health checks failed"
        )
        for message in world.messages(name)
    )
    world.wait_steady(name)


def test_deleted_service_drains_and_is_listed_no_more(world: Any, server_image: str) -> None:
    name = world.serve(world.define(server_image))
    world.wait_for(lambda: world.service(name)["runningCount"] == 1, "a running task")
    answer = world.ecs.delete_service(cluster=world.cluster, service=name, force=True)
    assert answer["service"]["status"] == "DRAINING"
    world.ecs.get_waiter("services_inactive").wait(
        cluster=world.cluster, services=[name], WaiterConfig={"Delay": 1}
    )
    service = world.service(name)
    assert (service["status"], service["deployments"]) == ("INACTIVE", [])
    assert (
        service["serviceArn"] not in world.ecs.list_services(cluster=world.cluster)["serviceArns"]
    )
    assert world.ecs.list_tasks(cluster=world.cluster, serviceName=name)["taskArns"] == []


def test_forced_deployment_replaces_tasks_of_the_same_revision(
    world: Any, server_image: str
) -> None:
    name = world.serve(world.define(server_image), world.target_group())
    before = world.wait_steady(name)
    (old,) = world.tasks(name)
    world.ecs.update_service(cluster=world.cluster, service=name, forceNewDeployment=True)
    world.wait_stopped(old["taskArn"])
    after = world.wait_steady(name)
    assert after["taskDefinition"] == before["taskDefinition"]
    assert after["deployments"][0]["id"] != before["deployments"][0]["id"]


def test_update_of_nothing_new_begins_no_deployment(world: Any, server_image: str) -> None:
    definition = world.define(server_image)
    name = world.serve(definition)
    answer = world.ecs.update_service(
        cluster=world.cluster,
        service=name,
        taskDefinition=definition,
        desiredCount=1,
        deploymentConfiguration={"maximumPercent": 150, "minimumHealthyPercent": 50},
    )["service"]
    assert len(answer["deployments"]) == 1
    assert answer["deploymentConfiguration"]["maximumPercent"] == 150


def test_a_user_stopping_a_task_gets_another(world: Any, server_image: str) -> None:
    name = world.serve(world.define(server_image), world.target_group())
    world.wait_steady(name)
    (old,) = world.tasks(name)
    world.ecs.stop_task(cluster=world.cluster, task=old["taskArn"])
    stopped = world.wait_stopped(old["taskArn"])
    assert stopped["stopCode"] == "UserInitiated"
    world.wait_steady(name)
    (new,) = world.tasks(name)
    assert new["taskArn"] != old["taskArn"]
    assert new["group"] == f"service:{name}"
    assert new["startedBy"] == world.service(name)["deployments"][0]["id"]


def test_events_reach_eventbridge(world: Any, server_image: str) -> None:
    events, logs = world.aws("events"), world.aws("logs")
    group = f"/aws/events/{world.unique()}"
    logs.create_log_group(logGroupName=group)
    rule = world.unique()
    events.put_rule(Name=rule, EventPattern='{"source": ["aws.ecs"]}')
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn.removesuffix(":*")}])
    name = world.serve(world.define(server_image), world.target_group())
    world.wait_steady(name)
    found = [
        json.loads(event["message"])
        for event in logs.filter_log_events(logGroupName=group)["events"]
    ]
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)
    (task,) = world.tasks(name)
    states = [
        event["detail"]["lastStatus"]
        for event in found
        if event["detail-type"] == "ECS Task State Change"
        and event["resources"] == [task["taskArn"]]
    ]
    assert states[-3:] == ["PENDING", "ACTIVATING", "RUNNING"]
    names = [
        event["detail"]["eventName"]
        for event in found
        if event["detail-type"] == "ECS Deployment State Change"
    ]
    assert names[-1] == "SERVICE_DEPLOYMENT_COMPLETED"
