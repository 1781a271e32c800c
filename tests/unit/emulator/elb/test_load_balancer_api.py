"""What the elbv2 API says, does and refuses of load balancers and listeners."""

import pytest
from elb_world import fixed, forward
from tests.unit.emulator.refusals import refusal


class TestLoadBalancers:
    def test_name_is_localhost_and_state_active(self, world):
        (made,) = world.elb.describe_load_balancers(LoadBalancerArns=[world.arn])["LoadBalancers"]
        assert made["DNSName"] == "localhost"
        assert made["State"] == {"Code": "active"}
        assert made["Scheme"] == "internet-facing"

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("x" * 33, "cannot be longer than '32' characters"),
            ("has_underscore", "alphanumeric"),
            ("-begins", "hyphen"),
            ("ends-", "hyphen"),
            ("two--hyphens", "hyphen"),
            ("internal-x", "cannot begin with 'internal-'"),
        ],
    )
    def test_name_that_aws_refuses_is_refused(self, world, network, name, says):
        code, message = refusal(world.elb.create_load_balancer, Name=name, Subnets=network[1])
        assert code == "ValidationError"
        assert says in message

    def test_same_request_again_returns_the_same_one(self, world, network, unique):
        name = unique()
        request = {"Name": name, "Subnets": network[1]}
        made = [world.elb.create_load_balancer(**request)["LoadBalancers"][0] for _ in range(2)]
        arns = {each["LoadBalancerArn"] for each in made}
        assert len(arns) == 1
        code, _ = refusal(world.elb.create_load_balancer, Scheme="internal", **request)
        assert code == "DuplicateLoadBalancerName"
        world.elb.delete_load_balancer(LoadBalancerArn=arns.pop())

    def test_one_zone_is_not_enough(self, world, network, unique):
        name = unique()
        code, message = refusal(world.elb.create_load_balancer, Name=name, Subnets=network[1][:1])
        assert (code, "two different Availability Zones" in message) == ("ValidationError", True)
        assert refusal(world.elb.describe_load_balancers, Names=[name])[0] == "LoadBalancerNotFound"

    def test_network_load_balancers_are_not_emulated(self, world, network, unique):
        code, message = refusal(
            world.elb.create_load_balancer, Name=unique(), Subnets=network[1], Type="network"
        )
        assert (code, "'network'" in message) == ("NotImplementedException", True)

    def test_classic_load_balancers_are_not_emulated(self, aws):
        code, message = refusal(aws("elb").describe_load_balancers)
        assert code == "NotImplementedException"
        assert "DescribeLoadBalancers is not emulated" in message

    def test_deletion_protection_protects(self, world):
        def protect(value: str) -> None:
            world.elb.modify_load_balancer_attributes(
                LoadBalancerArn=world.arn,
                Attributes=[{"Key": "deletion_protection.enabled", "Value": value}],
            )

        protect("true")
        delete = world.elb.delete_load_balancer
        assert refusal(delete, LoadBalancerArn=world.arn)[0] == "OperationNotPermitted"
        protect("false")

    @pytest.mark.parametrize(
        ("key", "value", "code"),
        [
            ("idle_timeout.timeout_seconds", "0", "ValidationError"),
            ("idle_timeout.timeout_seconds", "4001", "ValidationError"),
            ("no.such.attribute", "1", "ValidationError"),
            ("access_logs.s3.enabled", "true", "NotImplementedException"),
        ],
    )
    def test_attributes_are_checked(self, world, key, value, code):
        attribute = {"Key": key, "Value": value}
        modify = world.elb.modify_load_balancer_attributes
        assert refusal(modify, LoadBalancerArn=world.arn, Attributes=[attribute])[0] == code

    def test_deleting_one_leaves_its_target_groups_unused(self, world):
        group = world.group()
        world.listener(forward((group, 1)))
        world.register(group, "10.0.0.1")
        world.elb.delete_load_balancer(LoadBalancerArn=world.arn)
        assert world.health(group)["10.0.0.1"]["Reason"] == "Target.NotInUse"
        world.elb.delete_load_balancer(LoadBalancerArn=world.arn)  # no error the second time


class TestListeners:
    def test_second_listener_on_a_port_is_refused(self, world):
        world.listener(fixed("404"), port=82)
        request = {"LoadBalancerArn": world.arn, "Protocol": "HTTP", "Port": 82}
        create = world.elb.create_listener
        code, message = refusal(create, DefaultActions=[fixed("503")], **request)
        assert code == "DuplicateListener"
        assert message == "A listener already exists on this port for this load balancer"

    def test_very_same_listener_again_is_the_same_one(self, world):
        assert world.listener(fixed("404"), port=82) == world.listener(fixed("404"), port=82)

    def test_listener_cannot_move_to_a_taken_port(self, world):
        world.listener(port=82)
        other = world.listener(port=83)
        modify = world.elb.modify_listener
        assert refusal(modify, ListenerArn=other, Port=82)[0] == "DuplicateListener"

    @pytest.mark.parametrize(
        ("protocol", "code"), [("HTTPS", "NotImplementedException"), ("TCP", "ValidationError")]
    )
    def test_other_protocols_are_refused_by_name(self, world, protocol, code):
        found, message = refusal(
            world.elb.create_listener,
            LoadBalancerArn=world.arn,
            Protocol=protocol,
            Port=443,
            DefaultActions=[fixed("404")],
        )
        assert found == code
        assert f"'{protocol}'" in message

    def test_missing_listener_is_not_found(self, world):
        arn = world.listener()
        world.elb.delete_listener(ListenerArn=arn)
        assert refusal(world.elb.delete_listener, ListenerArn=arn)[0] == "ListenerNotFound"
        assert refusal(world.elb.modify_listener, ListenerArn=arn)[0] == "ListenerNotFound"

    def test_single_group_is_described_both_ways(self, world):
        group = world.group()
        listener = world.listener({"Type": "forward", "TargetGroupArn": group})
        described = world.elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]
        (action,) = described["DefaultActions"]
        assert action["TargetGroupArn"] == group
        assert action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
