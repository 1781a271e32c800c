"""A load balancer with listeners on free ports, and targets behind it."""

import http.client
import itertools
import json
import socket
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from elb_target import Target

from emulator.server import Emulator

_addresses = (f"10.0.{high}.{low}" for high in range(1, 200) for low in range(1, 250))
_listener_ports = itertools.count(81)
WAIT_S = 10
NOWHERE = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/none/0123456789abcdef"
SOME_PATH = [{"Field": "path-pattern", "Values": ["/a"]}]


def eventually(claim: Callable[[], Any], wait_s: float = WAIT_S) -> Any:
    """Return what `claim` returns once it is true. Fails if that does not come."""
    deadline = time.monotonic() + wait_s
    while not (found := claim()):
        assert time.monotonic() < deadline, "the state that the test waits for did not come"
        time.sleep(0.02)
    return found


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass
class World:
    """One load balancer; everything made through it is taken away after the test."""

    emulator: Emulator
    elb: Any
    vpc: str
    arn: str
    unique: Callable[[], str]
    targets: list[Target] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    open_connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def group(self, **settings: Any) -> str:
        request = {
            "Name": self.unique(),
            "Protocol": "HTTP",
            "Port": 80,
            "VpcId": self.vpc,
            "TargetType": "ip",
            "HealthCheckPath": "/ping",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 2,
            **settings,
        }
        arn = self.elb.create_target_group(**request)["TargetGroups"][0]["TargetGroupArn"]
        self.groups.append(arn)
        return arn

    def listener(self, *actions: dict[str, Any], port: int | None = None) -> str:
        return self.elb.create_listener(
            LoadBalancerArn=self.arn,
            Protocol="HTTP",
            Port=port or next(_listener_ports),
            DefaultActions=list(actions) or [fixed("404")],
        )["Listeners"][0]["ListenerArn"]

    def listener_request(self, *actions: dict[str, Any]) -> Callable[[], str]:
        """Return a call that would make a listener, for those that are to be refused."""
        return lambda: self.listener(*actions)

    def rule(self, listener: str, priority: int = 1, **changes: Any) -> str:
        request = {"Conditions": SOME_PATH, "Actions": [fixed("200")], **changes}
        made = self.elb.create_rule(ListenerArn=listener, Priority=priority, **request)
        return made["Rules"][0]["RuleArn"]

    def target(self, name: str = "a") -> tuple[Target, str]:
        """Return a running target and the private address that it is published under."""
        target = Target(name)
        self.targets.append(target)
        address = next(_addresses)
        self.emulator.runtime.addresses.publish(address, 80, target.port)
        return target, address

    def register(self, group: str, *addresses: str) -> None:
        self.elb.register_targets(
            TargetGroupArn=group, Targets=[{"Id": address} for address in addresses]
        )

    def deregister(self, group: str, *addresses: str) -> None:
        self.elb.deregister_targets(
            TargetGroupArn=group, Targets=[{"Id": address} for address in addresses]
        )

    def health(self, group: str) -> dict[str, dict[str, str]]:
        """Return each registered target's health by its address."""
        described = self.elb.describe_target_health(TargetGroupArn=group)
        return {
            each["Target"]["Id"]: each["TargetHealth"]
            for each in described["TargetHealthDescriptions"]
        }

    def wait_until_healthy(self, group: str, *addresses: str) -> None:
        eventually(
            lambda: all(
                self.health(group).get(address, {}).get("State") == "healthy"
                for address in addresses
            )
        )

    def serving(self, count: int = 1) -> tuple[str, list[Target]]:
        """Return a group of healthy targets, behind no listener of a test yet."""
        group = self.group()
        self.listener(forward((group, 1)))
        made = [self.target(name) for name in "abcdefgh"[:count]]
        self.register(group, *(address for _, address in made))
        self.wait_until_healthy(group, *(address for _, address in made))
        return group, [target for target, _ in made]

    def published(self, listener: str) -> int | None:
        """Return the port that a listener is published on."""
        url = self.emulator.settings.endpoint_url + "/_emulator/listeners"
        with urllib.request.urlopen(url) as answer:
            found = json.load(answer)["listeners"]
        ports = {each["listenerArn"]: each["publishedPort"] for each in found}
        return ports.get(listener)

    def connect(self, listener: str) -> http.client.HTTPConnection:
        port = self.published(listener)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        self.open_connections.append(connection)
        return connection

    def get(self, listener: str, path: str = "/", **headers: str) -> tuple[int, str]:
        connection = self.connect(listener)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def close(self) -> None:
        for connection in self.open_connections:
            connection.close()
        self.elb.delete_load_balancer(LoadBalancerArn=self.arn)
        for group in self.groups:
            self.elb.delete_target_group(TargetGroupArn=group)
        for target in self.targets:
            target.stop()


def fixed(status: str = "404", body: str = "no such page") -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def forward(*weighted: tuple[str, int]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weighted]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
