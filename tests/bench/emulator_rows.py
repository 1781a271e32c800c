"""The emulator beside plain moto: start, latency, and its memory after a lab."""

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.place import CLUSTER, SERVICE, Place, client_of, say, wait_until
from tests.bench.rows import Row, ratio
from tests.standing import PROJECT, free_port
from workshop.config import LOCAL_ACCOUNT, LOCAL_REGION

STARTS = 5
CALLS = 300

Command = Callable[[int], list[str]]

_QUESTION = {
    "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters",
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": f"AWS4-HMAC-SHA256 Credential={LOCAL_ACCOUNT}/20250101/{LOCAL_REGION}"
    "/ecs/aws4_request, SignedHeaders=host, Signature=none",
}


def start_row() -> Row:
    """Compare the time from the start of the process to its first answer of AWS's."""
    say(f"starting the emulator and plain moto_server, {STARTS} times each")
    ours, theirs = [], []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(_time_to_answer(lambda port, data=folder: _emulator(port, data)))
        theirs.append(_time_to_answer(_moto))
    return ratio(
        "emulator: start to first answer",
        statistics.median(ours),
        statistics.median(theirs),
        "moto_server",
        limit=3,
    )


def latency_row(place: Place) -> Row:
    """Compare `describe_services` of the running service with moto's of the same."""
    say(f"asking for the service, {CALLS} times each")
    with _serving(_moto) as url:
        here, there = place.aws("ecs"), client_of(url, "ecs")
        _copy_service(here, there)
        ours, theirs = [], []
        for _ in range(CALLS):
            ours.append(_time_of_call(here))
            theirs.append(_time_of_call(there))
    return ratio(
        "emulator: describe_services, median",
        statistics.median(ours),
        statistics.median(theirs),
        "moto_server",
        limit=1.3,
    )


def memory_row(place: Place) -> Row:
    emulator = place.emulator
    children = emulator.children(recursive=True)
    tasks_mb = sum(process.memory_info().rss for process in children) / 1e6
    compared_to = f"resident; the tasks' processes: {tasks_mb:.0f} MB in {len(children)}"
    mine_mb = emulator.memory_info().rss / 1e6
    return Row("emulator: memory after lab 1", mine_mb, "MB", compared_to, limit=300)


def _emulator(port: int, folder: str) -> list[str]:
    return ["-m", "emulator", "--data", folder, "--port", str(port)]


def _moto(port: int) -> list[str]:
    return ["-m", "moto.server", "-p", str(port)]


@contextmanager
def _serving(command: Command) -> Iterator[str]:
    """Yield the address of a server that answers, and end it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, *command(port)],
        env={"PYTHONPATH": str(PROJECT / "scripts"), "PATH": "/usr/bin:/bin"},
        cwd=Path(tempfile.gettempdir()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: process.poll() is not None or _answers(port), every_s=0.01)
        if process.poll() is not None:
            raise RuntimeError(f"{' '.join(command(port))} ended with {process.returncode}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _time_to_answer(command: Command) -> float:
    started = time.monotonic()
    with _serving(command):
        return time.monotonic() - started


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/", "{}", _QUESTION)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _copy_service(here: Any, there: Any) -> None:
    """Make in plain moto what stands here."""
    service = here.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    definition = here.describe_task_definition(taskDefinition=service["taskDefinition"])
    there.create_cluster(clusterName=CLUSTER)
    there.register_task_definition(
        **_accepted(there, "RegisterTaskDefinition", definition["taskDefinition"])
    )
    there.create_service(
        cluster=CLUSTER,
        serviceName=SERVICE,
        taskDefinition=definition["taskDefinition"]["family"],
        desiredCount=service["desiredCount"],
        deploymentConfiguration=service["deploymentConfiguration"],
    )


def _accepted(client: Any, operation: str, described: dict[str, Any]) -> dict[str, Any]:
    """Return what an operation takes of what was described."""
    members = client.meta.service_model.operation_model(operation).input_shape.members
    return {name: value for name, value in described.items() if name in members}


def _time_of_call(ecs: Any) -> float:
    started = time.monotonic()
    ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
    return time.monotonic() - started
