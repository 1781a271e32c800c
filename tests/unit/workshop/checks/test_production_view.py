"""What the view reads of production, against moto where it has the operations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.unit.workshop.checks.blue_green_record import (
    BLUE,
    CANARY,
    ENVIRONMENT,
    GREEN,
    LAB_3,
    task_set,
)

from workshop.checks.view import PRODUCTION, NotStanding, View
from workshop.context import view_of
from workshop.environment import LoadBalancer, LoadBalancers, Production


class Moto:
    """The way to AWS that leads to moto."""

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-west-2")


@pytest.fixture
def elb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("elbv2", region_name="us-west-2")


@pytest.fixture
def view(elb: Any) -> View:
    """Return a view of a listener whose rule forwards to blue 100 and green 0."""
    ec2 = boto3.client("ec2", region_name="us-west-2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)[
            "Subnet"
        ]["SubnetId"]
        for number, zone in enumerate(("us-west-2a", "us-west-2b"))
    ]
    balancer = elb.create_load_balancer(Name="ana-prod", Subnets=subnets)["LoadBalancers"][0]
    groups = {
        slot: elb.create_target_group(
            Name=f"ana-prod-{slot}", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        for slot in ("blue", "green")
    }
    refusal = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[refusal],
    )["Listeners"][0]["ListenerArn"]
    weights = [
        {"TargetGroupArn": groups["blue"], "Weight": 100},
        {"TargetGroupArn": groups["green"], "Weight": 0},
    ]
    rule = _rule(
        elb, listener, 100, {"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}
    )
    service = replace(ENVIRONMENT.services["prod"], target_groups=groups)
    environment = replace(
        ENVIRONMENT, services={"prod": service}, production=Production(listener, rule)
    )
    return View(Moto(), environment, {})  # type: ignore[arg-type]


def _rule(elb: Any, listener: str, priority: int, action: dict[str, Any]) -> str:
    conditions = [{"Field": "path-pattern", "Values": ["/hello/*"]}]
    made = elb.create_rule(
        ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=[action]
    )
    return str(made["Rules"][0]["RuleArn"])


def test_weights_are_told_by_slot(view):
    assert view.weights_of(view.production_rule()) == {"blue": 100, "green": 0}


def test_rule_that_is_gone_is_none(view, elb):
    elb.delete_rule(RuleArn=view.production.rule_arn)
    assert view.production_rule() is None


def test_rules_that_come_first_are_told_without_the_default(view, elb):
    refusal = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}
    first = _rule(elb, view.production.listener_arn, 1, refusal)
    _rule(elb, view.production.listener_arn, 200, refusal)
    found = view.rules_before(view.production_rule())
    assert [rule["RuleArn"] for rule in found] == [first]


def test_targets_are_told_by_slot(view, elb):
    green = view.service(PRODUCTION).target_groups["green"]
    elb.register_targets(TargetGroupArn=green, Targets=[{"Id": "10.0.0.4", "Port": 80}])
    assert view.target_states(PRODUCTION, "blue") == []
    assert len(view.target_states(PRODUCTION, "green")) == 1


def test_task_set_fills_the_slot_of_its_target_group():
    view = View(None, ENVIRONMENT, {})  # type: ignore[arg-type]
    assert view.slot_of(task_set(loadBalancers=[{"targetGroupArn": BLUE}])) == "blue"
    assert view.slot_of(task_set(loadBalancers=[{"targetGroupArn": GREEN}])) == "green"
    assert view.slot_of(task_set(loadBalancers=[])) == ""


def test_primary_task_set_is_told_among_others():
    view = View(None, ENVIRONMENT, {})  # type: ignore[arg-type]
    primary = task_set(id="new")
    record = {"taskSets": [task_set(id="old", status="ACTIVE"), primary]}
    assert view.primary_task_set(record) is primary
    assert view.primary_task_set({"taskSets": []}) is None


class FakeTarget:
    def published_url(self, load_balancer: LoadBalancer, port: int | None = None) -> str:
        return f"http://{load_balancer.name}" + (f":{port}" if port else "")


def test_production_has_an_address_from_the_step_that_makes_it():
    staging, prod = LoadBalancer("staging", "", "", 80), LoadBalancer("prod", "", "", 80)
    environment = replace(ENVIRONMENT, load_balancers=LoadBalancers(staging, prod))
    target: Any = FakeTarget()
    below = replace(environment, production=None)
    assert view_of(None, target, below).urls == {"staging": "http://staging"}  # type: ignore[arg-type]
    both = view_of(None, target, environment).urls  # type: ignore[arg-type]
    assert both == {"staging": "http://staging", "prod": "http://prod"}


def test_test_port_has_an_address_of_its_own_on_productions_balancer():
    staging, prod = LoadBalancer("staging", "", "", 80), LoadBalancer("prod", "", "", 80)
    environment = replace(LAB_3, load_balancers=LoadBalancers(staging, prod))
    target: Any = FakeTarget()
    urls = view_of(None, target, environment).urls  # type: ignore[arg-type]
    assert urls["test"] == "http://prod:9001"


def test_test_rule_and_alarms_are_read_by_the_names_that_terraform_tells(elb: Any):
    cloudwatch = boto3.client("cloudwatch", region_name="us-west-2")
    for name in (CANARY.alarms["blue"], "of-somebody-else"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/ApplicationELB",
            MetricName="HTTPCode_Target_5XX_Count",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Period=60,
            Statistic="Sum",
            Threshold=3,
        )
    view = View(Moto(), LAB_3, {})  # type: ignore[arg-type]
    assert set(view.alarms()) == {CANARY.alarms["blue"]}
    below = replace(LAB_3, canary=replace(CANARY, alarms={}))
    assert View(Moto(), below, {}).alarms() == {}  # type: ignore[arg-type]
    assert view.test_rule() is None


def test_address_that_is_not_there_yet_is_not_asked():
    with pytest.raises(NotStanding):
        View(None, ENVIRONMENT, {}).hello("test")  # type: ignore[arg-type]
