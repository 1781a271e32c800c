"""What load balancers report to CloudWatch, of the requests counted and of their targets' health.

Source: Application Load Balancer guide, "CloudWatch metrics for your Application Load Balancer":
names, units, dimensions, and when each is reported: counts when they are not zero, hosts wherever
targets are registered.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.control_plane import registration
from emulator.data_plane.load_balancer.metrics import Counts, Key
from emulator.engines.alarms.statistics import StatisticSet
from emulator.engines.target_health import State

NAMESPACE = "AWS/ApplicationELB"
COUNT, SECONDS = "Count", "Seconds"


@dataclass(frozen=True)
class Moment:
    """When what is reported happened: its real beginning, and an emulated second of its minute."""

    at: datetime
    emulated_s: float


@dataclass(frozen=True)
class Report:
    name: str
    values: StatisticSet
    unit: str = COUNT


@dataclass(frozen=True)
class Hosts:
    """How many targets of a group are healthy, and how many are not; the others are neither."""

    load_balancer_arn: str
    group_arn: str
    healthy: int
    unhealthy: int


def report(counted: dict[Key, Counts], moment: Moment) -> None:
    """Record everything that there is to report, with the runtime's lock held."""
    for arn, counts in _by_load_balancer(counted).items():
        for each in (*_requests(counts), *_own_answers(counts)):
            _record(arn, {"LoadBalancer": suffix(arn)}, each, moment)
    for (arn, group_arn), counts in counted.items():
        for each in _requests(counts) if group_arn else ():
            _record(arn, _both(arn, str(group_arn)), each, moment)
    for backend in registration.backends("elbv2"):
        for hosts in _hosts(backend):
            _report_hosts(hosts, counted, moment)


def _report_hosts(hosts: Hosts, counted: dict[Key, Counts], moment: Moment) -> None:
    arn, both = hosts.load_balancer_arn, _both(hosts.load_balancer_arn, hosts.group_arn)
    for name, count in (
        ("HealthyHostCount", hosts.healthy),
        ("UnHealthyHostCount", hosts.unhealthy),
    ):
        _record(arn, both, Report(name, StatisticSet.of(count)), moment)
    requests = counted.get((arn, hosts.group_arn), Counts()).requests
    if requests and hosts.healthy:
        share = Report("RequestCountPerTarget", StatisticSet.of(requests / hosts.healthy))
        _record(arn, {"TargetGroup": suffix(hosts.group_arn)}, share, moment)
        _record(arn, both, share, moment)


def suffix(arn: str) -> str:
    """Return what CloudWatch names a load balancer or a target group by.

    `app/name/id` of `…:loadbalancer/app/name/id`, `targetgroup/name/id` of `…:targetgroup/name/id`.
    """
    return arn.rpartition(":")[2].removeprefix("loadbalancer/")


def _both(arn: str, group_arn: str) -> dict[str, str]:
    return {"LoadBalancer": suffix(arn), "TargetGroup": suffix(group_arn)}


def _by_load_balancer(counted: dict[Key, Counts]) -> dict[str, Counts]:
    found: defaultdict[str, Counts] = defaultdict(Counts)
    for (arn, _), counts in counted.items():
        found[arn] = found[arn].plus(counts)
    return found


def _requests(counts: Counts) -> Iterator[Report]:
    """Yield what both a load balancer and a target group report."""
    if counts.requests:
        yield _counted("RequestCount", counts.requests)
    for kind, count in sorted(counts.target.items()):
        if 2 <= kind <= 5:
            yield _counted(f"HTTPCode_Target_{kind}XX_Count", count)
    if counts.response_time_s is not None:
        yield Report("TargetResponseTime", counts.response_time_s, SECONDS)


def _own_answers(counts: Counts) -> Iterator[Report]:
    """Yield what the load balancer answered itself, which belongs to no target group."""
    for kind, count in sorted(counts.elb.items()):
        if 3 <= kind <= 5:
            yield _counted(f"HTTPCode_ELB_{kind}XX_Count", count)


def _counted(name: str, count: int) -> Report:
    """Return a count whose every request is a sample of value 1; its Sum is what is asked for."""
    return Report(name, StatisticSet.of(1.0, count))


def _hosts(backend: Any) -> Iterator[Hosts]:
    """Yield what is told of each group that has targets, once for each of its load balancers."""
    for group_arn, group in backend.target_groups.items():
        states = [target.progress.state for target in backend.registrations[group_arn]]
        healthy, unhealthy = states.count(State.HEALTHY), states.count(State.UNHEALTHY)
        for arn in group.load_balancer_arns if states else ():
            yield Hosts(arn, group_arn, healthy, unhealthy)


def _record(arn: str, dimensions: dict[str, str], each: Report, moment: Moment) -> None:
    _, _, _, region, account, _ = arn.split(":", 5)
    registration.backend("cloudwatch", account, region).record(
        NAMESPACE,
        each.name,
        dimensions.items(),
        each.values,
        each.unit,
        moment.at,
        moment.emulated_s,
    )
