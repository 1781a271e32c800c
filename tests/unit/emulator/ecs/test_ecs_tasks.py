"""Tasks as processes: their surroundings, their output, and why they stopped."""

import json
import os
import threading
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from emulator.data_plane.task_runner import logs, task_run
from emulator.data_plane.task_runner.driver import TaskRunner
from emulator.data_plane.task_runner.health_check import HealthCheck
from emulator.data_plane.task_runner.process import Launch

SHOW = """
import json, os, sys, urllib.request

def get(path):
    with urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + path) as answer:
        return json.load(answer)

print(json.dumps({
    "env": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv, "exe": sys.executable,
    "path": sys.path,
    "container": get(""), "task": get("/task"),
}))
"""


@pytest.fixture(scope="session")
def show_image(_session_world: Any) -> str:
    return str(
        _session_world.push(
            {"app/show.py": SHOW, "app/data/x.txt": "x"},
            ["/usr/local/bin/python", "/app/show.py", "/app/data/x.txt", "/not/there"],
            env=["PATH=/usr/local/bin:/usr/bin", "DATA=/app/data", "PLAIN=hello", "EMPTY="],
        )
    )


def awslogs(group: str) -> dict[str, Any]:
    options = {
        "awslogs-group": group,
        "awslogs-region": "us-west-2",
        "awslogs-stream-prefix": "web",
    }
    return {"logDriver": "awslogs", "options": options}


def shown(world: Any, image: str, **container: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a task of the image that prints its surroundings; return task and surroundings."""
    group = world.log_group()
    definition = world.define(image, logConfiguration=awslogs(group), **container)
    task = world.wait_stopped(world.run(definition))
    task_id = task["taskArn"].split("/")[-1]
    (line,) = world.lines(group, f"web/app/{task_id}")
    return task, json.loads(line)


def test_task_has_pythons_own_library_and_no_package_of_the_machine(world, show_image):
    _, seen = shown(world, show_image)
    assert any(Path(folder, "json").is_dir() for folder in seen["path"])
    assert [one for one in seen["path"] if "-packages" in one] == []


def test_container_sees_its_image_and_nothing_of_the_user(
    world: Any, show_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.aws("logs")  # its client reads the environment only when it is made
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("SECRET_OF_THE_USER", "1")
    environment = [{"name": "PLAIN", "value": "changed"}]
    task, seen = shown(world, show_image, environment=environment)
    env = seen["env"]
    assert (env["PLAIN"], env["EMPTY"]) == ("changed", "")
    assert env["DATA"].endswith("/app/rootfs/app/data")
    assert seen["cwd"].endswith("/app/rootfs/app")
    assert seen["argv"][1].endswith("/rootfs/app/data/x.txt")
    assert seen["argv"][2] == "/not/there"
    assert "AWS_PROFILE" not in env
    assert "SECRET_OF_THE_USER" not in env
    assert env["AWS_ENDPOINT_URL"] == world.emulator.settings.endpoint_url
    task_folder = str(world.emulator.settings.data_dir / "tasks" / task["taskArn"].split("/")[-1])
    assert env["HOME"].startswith(task_folder)
    assert env["TMPDIR"].startswith(task_folder)
    assert int(env["PORT"]) > 1024


def test_metadata_endpoint_tells_a_task_who_it_is(world: Any, show_image: str) -> None:
    task, seen = shown(world, show_image)
    about = seen["task"]
    assert about["TaskARN"] == task["taskArn"]
    assert about["Family"] == task["taskDefinitionArn"].split("/")[-1].split(":")[0]
    assert about["Revision"] == task["taskDefinitionArn"].split(":")[-1]
    assert about["Cluster"] == task["clusterArn"]
    assert about["LaunchType"] == "FARGATE"
    assert [found["Name"] for found in about["Containers"]] == ["app"]
    interface = task["containers"][0]["networkInterfaces"][0]
    assert seen["container"]["Networks"][0]["IPv4Addresses"] == [interface["privateIpv4Address"]]
    assert seen["container"]["DockerName"] == "app"


def test_metadata_of_an_unknown_container_is_not_found(world: Any) -> None:
    url = f"{world.emulator.settings.endpoint_url}/_ecs/v4/{'0' * 32}-0"
    with pytest.raises(urllib.request.HTTPError) as refused:
        urllib.request.urlopen(url)
    assert refused.value.code == 404
    refused.value.close()


def test_finished_task_shows_exit_code_and_reason(world: Any, show_image: str) -> None:
    definition = world.define(show_image, command=["python", "-c", "raise SystemExit(3)"])
    task = world.wait_stopped(world.run(definition, startedBy="me"))
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    (container,) = task["containers"]
    assert (container["exitCode"], container["lastStatus"]) == (3, "STOPPED")
    assert container["imageDigest"].startswith("sha256:")
    assert task["startedBy"] == "me"
    assert task["attachments"][0]["status"] == "DELETED"
    times = ("createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "stoppedAt")
    moments = [task[name] for name in times]
    assert moments == sorted(moments)


def test_task_has_an_address_in_its_subnet(world: Any, server_image: str) -> None:
    arn = world.run(world.define(server_image))
    task = world.wait_running(arn)
    details = {entry["name"]: entry["value"] for entry in task["attachments"][0]["details"]}
    assert details["privateIPv4Address"].startswith("10.9.")
    assert details["subnetId"] in world.subnets
    interfaces = world.aws("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[details["networkInterfaceId"]]
    )["NetworkInterfaces"]
    assert interfaces[0]["PrivateIpAddress"] == details["privateIPv4Address"]
    assert task["availabilityZone"] in {"us-west-2a", "us-west-2b"}


def test_stopped_by_user(world: Any, server_image: str) -> None:
    group = world.log_group()
    arn = world.run(world.define(server_image, logConfiguration=awslogs(group)))
    world.wait_running(arn)
    world.wait_for(lambda: world.lines(group, f"web/app/{arn.split('/')[-1]}"), "it serves")
    world.ecs.stop_task(cluster=world.cluster, task=arn, reason="enough")
    task = world.wait_stopped(arn)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 0
    assert world.host_port(task) is None


def test_one_that_ignores_sigterm_is_killed_with_its_children(world: Any, show_image: str) -> None:
    script = (
        "import signal, subprocess, sys, time; signal.signal(15, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print(child.pid); child.wait()"
    )
    group = world.log_group()
    definition = world.define(
        show_image,
        command=["python", "-c", script],
        stopTimeout=2,
        logConfiguration=awslogs(group),
    )
    arn = world.run(definition)
    task_id = arn.split("/")[-1]
    (child_pid,) = world.wait_for(lambda: world.lines(group, f"web/app/{task_id}"), "a child")
    world.ecs.stop_task(cluster=world.cluster, task=arn)
    task = world.wait_stopped(arn)
    assert task["containers"][0]["exitCode"] == 137
    world.wait_for(lambda: has_ended(int(child_pid)), "the child's end")


def test_one_that_is_launched_while_it_is_told_to_stop_ends(
    world: Any, server_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_launching, goes_on = threading.Event(), threading.Event()
    plan = task_run.plan_launch

    def hold(*arguments: Any) -> Any:
        is_launching.set()
        assert goes_on.wait(30)
        return plan(*arguments)

    monkeypatch.setattr(task_run, "plan_launch", hold)
    arn = world.run(world.define(server_image))
    assert is_launching.wait(30)
    world.ecs.stop_task(cluster=world.cluster, task=arn)
    world.wait_for(lambda: world.task(arn)["lastStatus"] == "STOPPING", "the stop")
    goes_on.set()
    world.wait_stopped(arn)


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone, or waits only for its adopted parent to notice."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (
            {"image": "IMAGE/none:1"},
            "CannotPullContainerError: pull image manifest has been retried 1 time(s)",
        ),
        (
            {"logConfiguration": awslogs("/not/there")},
            "ResourceInitializationError: failed to validate logger args: create stream has been",
        ),
        (
            {"secrets": [{"name": "PASSWORD", "valueFrom": "arn:aws:ssm:x"}]},
            "ResourceInitializationError: container `app` uses `secrets` (PASSWORD)",
        ),
        ({"command": ["no-such-program"]}, "CannotStartContainerError: "),
    ],
)
def test_a_task_that_cannot_start_says_why(
    world: Any, show_image: str, container: dict[str, Any], reason: str
) -> None:
    settings = {"image": show_image, **container}
    image = settings.pop("image").replace("IMAGE", world.emulator.settings.registry_host)
    task = world.wait_stopped(world.run(world.define(image, **settings)))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(reason)
    assert "startedAt" not in task


def test_an_application_that_listens_elsewhere_is_stopped(world: Any, server_image: str) -> None:
    script = (
        "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
        "time.sleep(600)"
    )
    definition = world.define(server_image, command=["python", "-c", script])
    task = world.wait_stopped(world.run(definition))
    assert "`app` does not listen on the port in PORT (" in task["stoppedReason"]
    assert ": it listens on " in task["stoppedReason"]


def test_an_application_that_cannot_have_its_port_says_so(world: Any, server_image: str) -> None:
    script = "raise PermissionError(13, 'Permission denied')"
    definition = world.define(server_image, command=["python", "-c", script])
    task = world.wait_stopped(world.run(definition))
    (container,) = task["containers"]
    assert "It does not listen on the port in PORT (" in container["reason"]
    assert "Permission denied" in container["reason"]


def test_containers_wait_for_those_they_depend_on(world: Any, show_image: str) -> None:
    group = world.log_group()
    first = {
        "name": "first",
        "image": show_image,
        "essential": False,
        "command": ["python", "-c", "print('first')"],
        "logConfiguration": awslogs(group),
    }
    then = {
        "name": "then",
        "image": show_image,
        "command": ["python", "-c", "print('then')"],
        "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}],
        "logConfiguration": awslogs(group),
    }
    answer = world.ecs.register_task_definition(
        family=world.unique(),
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::123456789012:role/execution",
        containerDefinitions=[then, first],
    )
    task = world.wait_stopped(world.run(answer["taskDefinition"]["taskDefinitionArn"]))
    assert {found["name"]: found["exitCode"] for found in task["containers"]} == {
        "first": 0,
        "then": 0,
    }
    events = world.aws("logs").filter_log_events(logGroupName=group)["events"]
    events.sort(key=lambda event: event["timestamp"])
    assert [event["message"] for event in events] == ["first", "then"]


def test_container_health_is_shown(world: Any, server_image: str) -> None:
    check = {"command": ["CMD-SHELL", "exit 0"], "interval": 5, "timeout": 2, "retries": 1}
    arn = world.run(world.define(server_image, healthCheck=check))
    task = world.wait_for(lambda: (task := world.task(arn))["healthStatus"] == "HEALTHY" and task)
    assert task["containers"][0]["healthStatus"] == "HEALTHY"


def test_one_broken_task_does_not_hold_up_the_others(world: Any, server_image: str) -> None:
    broken = world.run(world.define(server_image))
    world.wait_running(broken)
    runs = task_runner(world)._plant.runs
    run = runs.pop(broken)
    try:
        other = world.wait_running(world.run(world.define(server_image)))
    finally:
        runs[broken] = run
    assert other["lastStatus"] == "RUNNING"


def test_a_task_whose_start_fails_unexpectedly_stops_and_says_why(
    world: Any, server_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_args: Any) -> None:
        raise RuntimeError("a layer of nonsense")

    monkeypatch.setattr(world.emulator.runtime.images, "unpack", break_down)
    task = world.wait_stopped(world.run(world.define(server_image)))
    assert task["stoppedReason"] == ("CannotStartContainerError: RuntimeError: a layer of nonsense")


def task_runner(world: Any) -> TaskRunner:
    return next(part for part in world.emulator._parts if isinstance(part, TaskRunner))


def test_the_end_of_a_task_does_not_wait_for_its_health_check(world: Any, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    words = ["/bin/sh", "-c", f"touch {begun}; sleep 600"]
    launch = Launch([], {"PATH": os.defpath}, tmp_path, tmp_path / "pid")
    check = HealthCheck({"interval": 0.01, "timeout": 300, "retries": 1}, words, launch, print)
    world.wait_for(begun.exists, "the first check")
    check.stop()
    ending = threading.Thread(target=check.join, daemon=True)
    ending.start()
    ending.join(60)
    assert not ending.is_alive()
    assert check.status == "UNKNOWN"


def test_of_a_containers_output_the_newest_lines_are_kept(
    world: Any, show_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "EVENTS_KEPT", 2)
    group = world.log_group()
    command = ["python", "-c", "for n in range(9): print(n)"]
    definition = world.define(show_image, logConfiguration=awslogs(group), command=command)
    task = world.wait_stopped(world.run(definition))
    task_id = task["taskArn"].split("/")[-1]
    assert world.lines(group, f"web/app/{task_id}") == ["7", "8"]


def test_process_group_is_its_own(world: Any, server_image: str) -> None:
    arn = world.run(world.define(server_image))
    task = world.wait_running(arn)
    pid = int(task["containers"][0]["runtimeId"].split("-")[-1])
    assert os.getpgid(pid) == pid
    assert os.getsid(pid) == pid
