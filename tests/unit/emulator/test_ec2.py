"""Security groups as Terraform reads them back."""

from collections.abc import Callable
from typing import Any


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
