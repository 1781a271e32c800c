"""A production service as lab 2 has it: real tasks behind two groups, and CodeDeploy over them."""

import importlib.util
import json
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loads import Load
from production_bench import SERVER, Production
from stub_alarm import Alarm

from emulator.data_plane.deployment_runner.driver import DeploymentDriver
from emulator.server import Emulator

_ECS_TESTS = Path(__file__).parents[1] / "ecs" / "conftest.py"
_spec = importlib.util.spec_from_file_location("ecs_world", _ECS_TESTS)
assert _spec is not None and _spec.loader is not None  # noqa: PT018 (a file beside this one)
ecs_world = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ecs_world)


@pytest.fixture(scope="session")
def _session_world(emulator: Emulator, aws: Callable[[str], Any]) -> Any:
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{n}.0/24", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for n, zone in ((1, "us-west-2a"), (2, "us-west-2b"))
    ]
    group = ec2.create_security_group(GroupName="prod", Description="prod", VpcId=vpc)["GroupId"]
    balancer = elbv2.create_load_balancer(Name="deployments", Subnets=subnets)["LoadBalancers"][0]
    fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "none"}
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
    )["Listeners"][0]["ListenerArn"]
    aws("ecs").create_cluster(clusterName="deployments")
    count = iter(range(10**6))
    return ecs_world.World(
        emulator,
        aws,
        lambda: f"dep{next(count)}",
        "deployments",
        subnets=subnets,
        group=group,
        vpc=vpc,
        listener=listener,
    )


world = ecs_world.world


@pytest.fixture(scope="session")
def _image(_session_world: Any) -> str:
    return str(_session_world.push({"app/server.py": SERVER}, ["python", "server.py"]))


@pytest.fixture(scope="session")
def _role(aws: Callable[[str], Any]) -> str:
    principal = {"Service": "codedeploy.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    answer = aws("iam").create_role(
        RoleName="deployments", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    return str(answer["Role"]["Arn"])


@pytest.fixture
def production(world: Any, _image: str, _role: str) -> Iterator[Callable[..., Production]]:
    """Return a function that makes a service of version `one`, serving from blue."""
    made: list[Production] = []

    def make(delay_s: int = 0, count: int = 1) -> Production:
        made.append(Production(world, _image, _role, delay_s, count))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def clock(emulator: Emulator) -> Iterator[Any]:
    """Return the emulator's clock; its scale is as it was afterwards."""
    found = emulator.runtime.clock
    scale = found.scale
    yield found
    found.scale = scale


@pytest.fixture
def under_load() -> Iterator[Callable[[str], Load]]:
    """Return a function that puts a URL under load, and stops it at the end in any case."""
    loads: list[Load] = []

    def start(url: str) -> Load:
        loads.append(Load(url))
        return loads[-1]

    yield start
    for load in loads:
        load.stop()


class HandClock:
    """Time for deployments that stands until a test moves it."""

    def __init__(self) -> None:
        self._due: queue.SimpleQueue[float] = queue.SimpleQueue()

    def pass_minutes(self, minutes: float) -> None:
        """Let this time pass at the next look at the deployments, at a clock of scale 1."""
        self._due.put(60 * minutes)

    def advance(self) -> float:
        return 0.0 if self._due.empty() else self._due.get()


@pytest.fixture
def hand_clock(emulator: Emulator, clock: Any, monkeypatch: pytest.MonkeyPatch) -> HandClock:
    clock.scale = 1
    (driver,) = [part for part in emulator._parts if isinstance(part, DeploymentDriver)]
    moved = HandClock()
    monkeypatch.setattr(driver, "_awake", moved)
    return moved


@pytest.fixture
def alarm(aws: Callable[[str], Any], unique: Callable[[], str]) -> Iterator[Alarm]:
    """Return an alarm that is OK until the test sets it."""
    made = Alarm(aws, f"alarm-{unique()}")
    yield made
    made.delete()
