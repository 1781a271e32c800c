"""A network, a balancer, a cluster and small images, for tests that run real tasks."""

import gzip
import io
import json
import tarfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.data_plane.registry.manifests import OCI_MANIFEST, parse_manifest
from emulator.data_plane.registry.store import RepositoryKey
from emulator.server import Emulator

ACCOUNT = "123456789012"
REGION = "us-west-2"
DEADLINE_S = 60

SERVER = """
import http.server, os, signal, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ok = os.environ.get("SICK") != "1" and not os.path.exists(os.environ["HOME"] + "/sick")
        self.send_response(200 if ok else 500)
        self.end_headers()
        self.wfile.write(os.environ.get("ANSWER", "ok").encode())
    def log_message(self, *args):
        pass

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("serving on", os.environ["PORT"])
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
server.serve_forever()
"""


def wait_until(what: Callable[[], Any], why: str) -> Any:
    """Return the first true answer of `what`, or fail with what was waited for."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {DEADLINE_S} s for: {why}")


@dataclass
class World:
    """One network with a balancer and a cluster, and short ways to use them."""

    emulator: Emulator
    aws: Callable[[str], Any]
    unique: Callable[[], str]
    cluster: str
    subnets: list[str]
    group: str
    vpc: str
    listener: str

    def __post_init__(self) -> None:
        self.ecs = self.aws("ecs")
        self._priority = 0

    # Images

    def push(self, files: dict[str, str], cmd: list[str], **config: Any) -> str:
        """Make an image and return its reference."""
        name = self.unique()
        self.aws("ecr").create_repository(repositoryName=name)
        store, key = self.emulator.runtime.images, RepositoryKey(ACCOUNT, REGION, name)
        layer = self._blob(key, _layer(files))
        settings = {
            "Env": config.get("env", ["PATH=/usr/local/bin:/usr/bin:/bin"]),
            "Cmd": cmd,
            "Entrypoint": config.get("entrypoint", []),
            "WorkingDir": config.get("working_dir", "/app"),
            "Labels": {"io.workshop.base": "python"},
        }
        described = self._blob(key, json.dumps({"config": settings}).encode())
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **described},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **layer}],
        }
        manifest = parse_manifest(json.dumps(document).encode())
        store.put_manifest(key, manifest, "latest", datetime.now(UTC))
        return f"{self.emulator.settings.registry_host}/{name}:latest"

    def _blob(self, key: RepositoryKey, content: bytes) -> dict[str, Any]:
        store = self.emulator.runtime.images
        upload = store.blobs.start_upload()
        store.blobs.append(upload, [content])
        digest = store.blobs.finish(upload, None)
        store.link_blob(key, digest)
        return {"digest": digest, "size": len(content)}

    # What Terraform would make

    def log_group(self) -> str:
        name = f"/test/{self.unique()}"
        self.aws("logs").create_log_group(logGroupName=name)
        return name

    def target_group(self, delay_s: int = 0, is_used: bool = True) -> str:
        """Make a target group behind the listener, checked every five seconds."""
        elbv2 = self.aws("elbv2")
        arn: str = elbv2.create_target_group(
            Name=self.unique(),
            Protocol="HTTP",
            Port=80,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/ping",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        elbv2.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay_s)}],
        )
        if is_used:
            self.route({arn: 1})
        return arn

    def route(self, weights: dict[str, int]) -> tuple[str, str]:
        """Make a rule that forwards to target groups by weight; return its ARN and its path."""
        self._priority += 1
        path = f"/{self.unique()}"
        rule: str = self.aws("elbv2").create_rule(
            ListenerArn=self.listener,
            Priority=self._priority,
            Conditions=[{"Field": "path-pattern", "Values": [f"{path}/*"]}],
            Actions=[forward(weights)],
        )["Rules"][0]["RuleArn"]
        return rule, path

    def reroute(self, rule: str, weights: dict[str, int]) -> None:
        self.aws("elbv2").modify_rule(RuleArn=rule, Actions=[forward(weights)])

    @property
    def url(self) -> str:
        """Return where the listener is published."""
        return str(self.wait_for(lambda: self.url_of(self.listener), "the listener's port"))

    def url_of(self, listener: str) -> str | None:
        """Return where any listener is published, None as long as it is not."""
        endpoint = self.emulator.settings.endpoint_url
        with urllib.request.urlopen(f"{endpoint}/_emulator/listeners") as answer:
            found = json.load(answer)["listeners"]
        ports = {each["listenerArn"]: each["publishedPort"] for each in found}
        return f"http://127.0.0.1:{ports[listener]}" if listener in ports else None

    def target_states(self, group: str) -> list[str]:
        answer = self.aws("elbv2").describe_target_health(TargetGroupArn=group)
        return [found["TargetHealth"]["State"] for found in answer["TargetHealthDescriptions"]]

    def define(self, image: str, family: str | None = None, **container: Any) -> str:
        """Register a Fargate task definition of one container called `app`."""
        definition = {
            "name": "app",
            "image": image,
            "essential": True,
            "portMappings": [{"containerPort": 80}],
            **container,
        }
        answer = self.ecs.register_task_definition(
            family=family or self.unique(),
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/execution",
            containerDefinitions=[definition],
        )
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    @property
    def network(self) -> dict[str, Any]:
        return {
            "awsvpcConfiguration": {
                "subnets": self.subnets,
                "securityGroups": [self.group],
                "assignPublicIp": "ENABLED",
            }
        }

    def serve(self, definition: str, target_group: str | None = None, **settings: Any) -> str:
        """Create a service and return its name; `settings` are CreateService's."""
        name = f"s-{self.unique()}"
        balancers = [{"targetGroupArn": target_group, "containerName": "app", "containerPort": 80}]
        self.ecs.create_service(
            cluster=self.cluster,
            serviceName=name,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=self.network,
            loadBalancers=balancers if target_group else [],
            **{"desiredCount": 1, **settings},
        )
        return name

    def run(self, definition: str, **settings: Any) -> str:
        """Run one task and return its ARN."""
        answer = self.ecs.run_task(
            cluster=self.cluster,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **settings,
        )
        arn: str = answer["tasks"][0]["taskArn"]
        return arn

    # What is

    def service(self, name: str) -> dict[str, Any]:
        answer = self.ecs.describe_services(cluster=self.cluster, services=[name])
        found: dict[str, Any] = answer["services"][0]
        return found

    def messages(self, name: str) -> list[str]:
        return [event["message"] for event in self.service(name)["events"]]

    def task(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"][
            0
        ]
        return found

    def tasks(self, name: str, status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=self.cluster, serviceName=name, desiredStatus=status)[
            "taskArns"
        ]
        if not arns:
            return []
        found: list[dict[str, Any]] = self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)[
            "tasks"
        ]
        return found

    def wait_for(self, what: Callable[[], Any], why: str = "it") -> Any:
        return wait_until(what, why)

    def lines(self, group: str, stream: str) -> list[str]:
        """Return what a log stream holds; nothing where it is missing."""
        logs = self.aws("logs")
        try:
            answer = logs.get_log_events(logGroupName=group, logStreamName=stream)
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in answer["events"]]

    def wait_steady(self, name: str) -> dict[str, Any]:
        """Wait as `aws ecs wait services-stable` does, and for the deployment's completion."""

        def steady() -> dict[str, Any] | None:
            service = self.service(name)
            (first, *others) = service["deployments"]
            is_steady = (
                not others
                and first["rolloutState"] == "COMPLETED"
                and service["runningCount"] == service["desiredCount"]
            )
            return service if is_steady else None

        found: dict[str, Any] = wait_until(steady, f"{name} steady")
        return found

    def wait_stopped(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = wait_until(
            lambda: (task := self.task(arn))["lastStatus"] == "STOPPED" and task,
            f"{arn} stopped",
        )
        return found

    def wait_running(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = wait_until(
            lambda: (task := self.task(arn))["lastStatus"] == "RUNNING" and task,
            f"{arn} running",
        )
        return found

    def host_port(self, task: dict[str, Any]) -> int | None:
        interface = task["containers"][0]["networkInterfaces"][0]
        return self.emulator.runtime.addresses.resolve(interface["privateIpv4Address"], 80)


def forward(weights: dict[str, int]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def _layer(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(buffer.getvalue())


@pytest.fixture(scope="session")
def network(emulator: Emulator, aws: Callable[[str], Any]) -> dict[str, Any]:
    """Make the network, the balancer and the cluster once."""
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for n, zone in ((1, "us-west-2a"), (2, "us-west-2b"))
    ]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    balancer = elbv2.create_load_balancer(Name="ecs-tests", Subnets=subnets)["LoadBalancers"][0]
    fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "none"}
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
    )["Listeners"][0]["ListenerArn"]
    aws("ecs").create_cluster(clusterName="ecs-tests")
    return {"subnets": subnets, "group": group, "vpc": vpc, "listener": listener}


@pytest.fixture(scope="session")
def _session_world(emulator: Emulator, aws: Callable[[str], Any], network: dict[str, Any]) -> World:
    count = iter(range(10**6))
    return World(emulator, aws, lambda: f"ecs{next(count)}", "ecs-tests", **network)


@pytest.fixture
def world(_session_world: World) -> Iterator[World]:
    """Return the world; every service and task of the test is gone afterwards."""
    yield _session_world
    world = _session_world
    for arn in world.ecs.list_services(cluster=world.cluster)["serviceArns"]:
        with suppress(world.ecs.exceptions.ServiceNotFoundException):  # a draining one has ended
            world.ecs.delete_service(cluster=world.cluster, service=arn, force=True)
    for arn in world.ecs.list_tasks(cluster=world.cluster)["taskArns"]:
        world.ecs.stop_task(cluster=world.cluster, task=arn)
    runtime = world.emulator.runtime

    def is_quiet() -> bool:
        clusters = world.ecs.describe_clusters(clusters=[world.cluster])["clusters"][0]
        folder = runtime.settings.data_dir / "tasks"
        return not clusters["activeServicesCount"] and not any(folder.iterdir())

    wait_until(is_quiet, "no task folder left")


@pytest.fixture(scope="session")
def server_image(_session_world: World) -> str:
    """Return an image that answers on PORT."""
    return _session_world.push({"app/server.py": SERVER}, ["python", "server.py"])
