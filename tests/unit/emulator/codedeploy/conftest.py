"""What CodeDeploy needs: a role, a balancer, and a CODE_DEPLOY service without tasks."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from codedeploy_bench import Bench, Room, make_role


@pytest.fixture(scope="session")
def room(aws: Callable[[str], Any]) -> Room:
    ec2, elbv2 = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.12.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for block, zone in [("10.12.0.0/20", "us-west-2a"), ("10.12.16.0/20", "us-west-2b")]
    ]
    balancer = elbv2.create_load_balancer(Name="codedeploy-tests", Subnets=subnets)
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    aws("ecs").create_cluster(clusterName="codedeploy-tests")
    security_group = ec2.create_security_group(GroupName="codedeploy", Description="d", VpcId=vpc)
    network = {"subnets": subnets, "securityGroups": [security_group["GroupId"]]}
    role = make_role(aws, "codedeploy-tests", "codedeploy.amazonaws.com")
    return Room(vpc, listener, "codedeploy-tests", role, {"awsvpcConfiguration": network})


@pytest.fixture
def bench(aws: Callable[[str], Any], room: Room, unique: Callable[[], str]) -> Iterator[Bench]:
    """Return an application of the test's own, with a service and no group yet."""
    made = Bench(aws, room, f"cd{unique()}")
    yield made
    made.clean()
