"""Load balancers with traffic, and CloudWatch to look at them with."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "elb"))

from elb_fixtures import network, world
from elb_world import World, eventually, forward

__all__ = ["network", "world"]

NAMESPACE = "AWS/ApplicationELB"


class Watched:
    """A load balancer of one target, the metrics that are reported of it, and its alarms."""

    def __init__(self, world: World, cloudwatch: Any) -> None:
        self.world, self.cloudwatch = world, cloudwatch
        self.group = world.group()
        self.listener = world.listener(forward((self.group, 1)))
        self.target, self.address = world.target()
        world.register(self.group, self.address)
        world.wait_until_healthy(self.group, self.address)
        self.balancer_name = world.arn.split("loadbalancer/")[1]
        self.group_name = self.group.split(":")[-1]

    def dimensions(self, *names: str) -> list[dict[str, str]]:
        known = {"LoadBalancer": self.balancer_name, "TargetGroup": self.group_name}
        return [{"Name": name, "Value": known[name]} for name in names]

    def statistic(self, metric: str, statistic: str, *dimensions: str) -> float | None:
        """Return a statistic over the last hour, or None where nothing is reported."""
        now = datetime.now(UTC)
        found = self.cloudwatch.get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=self.dimensions(*dimensions),
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=7200,
            Statistics=[statistic],
        )["Datapoints"]
        assert len(found) <= 1
        return found[0][statistic] if found else None

    def wait_for_sum(self, metric: str, expected: float, *dimensions: str) -> None:
        eventually(lambda: self.statistic(metric, "Sum", *dimensions) == expected)


@pytest.fixture
def watched(world, aws) -> Watched:
    return Watched(world, aws("cloudwatch"))


@pytest.fixture
def alarm(aws, unique) -> Iterator[Any]:
    """Return a function that makes an alarm and returns its name; all are gone after the test."""
    made = []

    def make(**settings: Any) -> str:
        name = settings.get("AlarmName") or unique()
        request = {
            "AlarmName": name,
            "Namespace": "test",
            "MetricName": name,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 3,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            **settings,
        }
        made.append(name)
        aws("cloudwatch").put_metric_alarm(**request)
        return name

    yield make
    aws("cloudwatch").delete_alarms(AlarmNames=made)


@pytest.fixture
def state(aws) -> Any:
    """Return a function from an alarm's name to what DescribeAlarms says of it."""
    return lambda name: aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]


@pytest.fixture
def reaches(state) -> Any:
    """Return a function that waits until an alarm is in a state."""
    return lambda name, value: eventually(lambda: state(name)["StateValue"] == value, wait_s=20)
