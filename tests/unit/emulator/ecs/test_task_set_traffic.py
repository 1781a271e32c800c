"""Traffic through the load balancer while task sets come and go: no request may fail."""

import http.client
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from code_deploy_services import CODE_DEPLOY, add, delete, home, task_sets, variant, wait_steady

SLOW_SERVER = """
import http.server, os, pathlib, signal, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        home = pathlib.Path(os.environ["HOME"])
        if self.path.endswith("/slow"):
            (home / "asked").touch()
            while not (home / "go").exists():
                time.sleep(0.05)
        body = os.environ.get("ANSWER", "ok").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
server.serve_forever()
"""


@pytest.fixture(scope="session")
def slow_image(_session_world: Any) -> str:
    """Return an image that answers `…/slow` once a file called `go` is in its home."""
    return str(_session_world.push({"app/server.py": SLOW_SERVER}, ["python", "server.py"]))


@contextmanager
def load(url: str, clients: int = 4) -> Iterator[Counter[str]]:
    """Ask all the time, each client one request after the other; count answers and failures."""
    answers: Counter[str] = Counter()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    answers[answer.read().decode()] += 1
            except (OSError, http.client.HTTPException) as error:
                answers[f"failed: {error}"] += 1

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def failures(answers: Counter[str]) -> dict[str, int]:
    return {answer: count for answer, count in answers.items() if answer.startswith("failed")}


def two_groups(world: Any, delay_s: int) -> tuple[str, str, str, str]:
    """Make a rule that forwards to blue 100 and green 0; return blue, green, rule and path."""
    blue = world.target_group(delay_s=delay_s, is_used=False)
    green = world.target_group(delay_s=delay_s, is_used=False)
    rule, path = world.route({blue: 100, green: 0})
    return blue, green, rule, path


def serve_blue(world: Any, definition: str, blue: str, **settings: Any) -> str:
    name: str = world.serve(definition, blue, deploymentController=CODE_DEPLOY, **settings)
    return name


def test_both_groups_of_a_weighted_rule_are_health_checked(world: Any, slow_image: str) -> None:
    blue, green, _, path = two_groups(world, delay_s=0)
    definition = variant(world, slow_image, "blue")
    name = serve_blue(world, definition, blue, healthCheckGracePeriodSeconds=600)
    wait_steady(world, name)
    sick_server = SLOW_SERVER.replace("send_response(200)", "send_response(500)")
    sick = world.define(slow_image, command=["python", "-c", sick_server])
    new = add(world, name, sick, green)
    world.wait_for(lambda: world.target_states(green) == ["unhealthy"], "an unhealthy green")
    assert world.target_states(blue) == ["healthy"]
    delete(world, name, new["id"], force=True)
    add(world, name, variant(world, slow_image, "green"), green)
    world.wait_for(lambda: world.target_states(green) == ["healthy"], "a healthy green")
    with urllib.request.urlopen(f"{world.url}{path}/ping") as answer:
        assert answer.read() == b"blue"


def test_no_request_fails_while_green_replaces_blue(world: Any, slow_image: str) -> None:
    blue, green, rule, path = two_groups(world, delay_s=1)
    name = serve_blue(world, variant(world, slow_image, "blue"), blue, desiredCount=2)
    (old,) = wait_steady(world, name)
    with load(f"{world.url}{path}/ping") as answers:
        new = add(world, name, variant(world, slow_image, "green"), green)
        wait_steady(world, name, 2)
        assert answers.keys() == {"blue"}
        world.reroute(rule, {blue: 0, green: 100})
        world.ecs.update_service_primary_task_set(
            cluster=world.cluster, service=name, primaryTaskSet=new["id"]
        )
        delete(world, name, old["id"], force=True)
        wait_steady(world, name)
        served = answers["green"]
        world.wait_for(lambda: answers["green"] > served, "green after blue's end")
    assert failures(answers) == {}
    assert world.target_states(blue) == []


def test_no_request_fails_while_a_serving_task_set_shrinks(world: Any, slow_image: str) -> None:
    blue, _, _, path = two_groups(world, delay_s=1)
    name = serve_blue(world, variant(world, slow_image, "blue"), blue, desiredCount=3)
    (task_set,) = wait_steady(world, name)
    with load(f"{world.url}{path}/ping") as answers:
        world.wait_for(lambda: answers["blue"], "traffic")
        world.ecs.update_task_set(
            cluster=world.cluster,
            service=name,
            taskSet=task_set["id"],
            scale={"value": 30.0, "unit": "PERCENT"},
        )
        (smaller,) = wait_steady(world, name)
    assert smaller["runningCount"] == 1
    assert failures(answers) == {}


def test_draining_task_finishes_its_request_and_gets_no_other(world: Any, slow_image: str) -> None:
    blue, _, _, path = two_groups(world, delay_s=6)
    name = serve_blue(world, variant(world, slow_image, "blue"), blue)
    (old,) = wait_steady(world, name)
    (task,) = world.tasks(name)
    answers: list[str] = []

    def ask_slowly() -> None:
        with urllib.request.urlopen(f"{world.url}{path}/slow") as answer:
            answers.append(answer.read().decode())

    client = threading.Thread(target=ask_slowly)
    client.start()
    world.wait_for((home(world, task) / "asked").exists, "the request at its task")
    delete(world, name, old["id"], force=True)
    world.wait_for(lambda: world.target_states(blue) == ["draining"], "draining")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{world.url}{path}/ping")
    assert refused.value.code == 503  # nobody else is in the group
    refused.value.close()
    assert world.task(task["taskArn"])["lastStatus"] == "DEACTIVATING"
    assert task_sets(world, name)[0]["status"] == "DRAINING"
    (home(world, task) / "go").touch()
    client.join()
    assert answers == ["blue"]
    world.wait_for(lambda: not task_sets(world, name), "the task set's end")
    stopped = world.task(task["taskArn"])
    assert (stopped["lastStatus"], stopped["containers"][0]["exitCode"]) == ("STOPPED", 0)
