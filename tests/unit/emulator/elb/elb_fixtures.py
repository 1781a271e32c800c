"""A load balancer that each test has to itself."""

from collections.abc import Iterator

import pytest
from elb_world import World


@pytest.fixture(scope="session")
def network(aws) -> tuple[str, list[str]]:
    """Return a VPC and subnets of it in two zones."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for block, zone in [("10.0.0.0/20", "us-west-2a"), ("10.0.16.0/20", "us-west-2b")]
    ]
    return vpc, subnets


@pytest.fixture
def world(emulator, aws, network, unique) -> Iterator[World]:
    """Return a load balancer with nothing behind it."""
    elb = aws("elbv2")
    vpc, subnets = network
    made = elb.create_load_balancer(Name=unique(), Subnets=subnets)["LoadBalancers"][0]
    world = World(emulator, elb, vpc, made["LoadBalancerArn"], lambda: "g-" + unique())
    yield world
    world.close()
