"""Security groups as Terraform reads them back; instances are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_a_rule_from_another_group_keeps_its_description(
    aws: Callable[[str], Any], unique: Callable[[], str]
) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    balancer, task = (
        ec2.create_security_group(GroupName=unique(), Description="test", VpcId=vpc)["GroupId"]
        for _ in range(2)
    )
    added = ec2.authorize_security_group_ingress(
        GroupId=task,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "UserIdGroupPairs": [{"GroupId": balancer, "Description": "HTTP only"}],
            }
        ],
    )["SecurityGroupRules"][0]

    rules = ec2.describe_security_group_rules(SecurityGroupRuleIds=[added["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]

    assert rules[0]["Description"] == "HTTP only"
    assert rules[0]["ReferencedGroupInfo"]["GroupId"] == balancer
    assert "CidrIpv4" not in rules[0]
    ec2.delete_security_group(GroupId=task)
    ec2.delete_security_group(GroupId=balancer)
    ec2.delete_vpc(VpcId=vpc)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("run_instances", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-12c6146b"}),
        ("describe_instance_types", {}),
        ("describe_instance_type_offerings", {}),
    ],
)
def test_instances_are_refused_as_not_emulated(
    aws: Callable[[str], Any], operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"EC2 instances; tasks here run on Fargate") as refused:
        getattr(aws("ec2"), operation)(**arguments)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
