"""What the elbv2 API says, does and refuses of target groups and targets."""

import pytest
from elb_world import NOWHERE, eventually, fixed, forward
from tests.unit.emulator.refusals import refusal

from emulator.control_plane import registration
from emulator.control_plane.elbv2.exceptions import TargetGroupNotFound
from emulator.engines.target_health import NO_ANSWER, TargetHealth


class TestTargetGroups:
    @pytest.mark.parametrize(
        ("settings", "code"),
        [
            ({"Name": "x" * 33}, "ValidationError"),
            ({"HealthCheckIntervalSeconds": 301}, "ValidationError"),
            ({"HealthCheckTimeoutSeconds": 121}, "ValidationError"),
            ({"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5}, "ValidationError"),
            ({"UnhealthyThresholdCount": 11}, "ValidationError"),
            ({"HealthCheckPath": "ping"}, "ValidationError"),
            ({"Matcher": {"HttpCode": "2xx"}}, "ValidationError"),
            ({"Matcher": {"HttpCode": "200-599"}}, "ValidationError"),
            ({"TargetType": "instance"}, "NotImplementedException"),
            ({"Protocol": "HTTPS"}, "NotImplementedException"),
            ({"ProtocolVersion": "GRPC"}, "NotImplementedException"),
            ({"VpcId": "vpc-0123456789abcdef0"}, "ValidationError"),
        ],
    )
    def test_settings_that_aws_or_we_refuse(self, world, settings, code):
        assert refusal(world.group, **settings)[0] == code

    def test_change_is_checked_against_what_stays(self, world):
        group = world.group(HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=6)
        modify = world.elb.modify_target_group
        code, _ = refusal(modify, TargetGroupArn=group, HealthCheckIntervalSeconds=5)
        assert code == "ValidationError"
        modify(TargetGroupArn=group, HealthCheckPath="/other", Matcher={"HttpCode": "200-299"})
        (found,) = world.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
        assert found["HealthCheckPath"] == "/other"
        assert found["Matcher"] == {"HttpCode": "200-299"}
        assert found["HealthCheckIntervalSeconds"] == 10

    def test_group_of_the_same_name_with_other_settings_is_refused(self, world):
        name = world.unique()
        first = world.group(Name=name)
        assert world.group(Name=name) == first
        world.groups.pop()
        assert refusal(world.group, Name=name, Port=81)[0] == "DuplicateTargetGroupName"

    def test_group_in_use_cannot_be_deleted(self, world):
        group = world.group()
        listener = world.listener(forward((group, 1)))
        delete = world.elb.delete_target_group
        assert refusal(delete, TargetGroupArn=group)[0] == "ResourceInUse"
        made = world.rule(listener, Actions=[forward((group, 1))])
        world.elb.modify_listener(ListenerArn=listener, DefaultActions=[fixed("404")])
        assert refusal(delete, TargetGroupArn=group)[0] == "ResourceInUse"
        world.elb.delete_rule(RuleArn=made)
        delete(TargetGroupArn=group)
        world.groups.remove(group)
        assert refusal(delete, TargetGroupArn=group)[0] == "TargetGroupNotFound"

    def test_load_balancers_of_a_group_follow_its_rules(self, world):
        group = world.group()

        def users() -> list[str]:
            found = world.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
            return found[0].get("LoadBalancerArns", [])

        assert users() == []
        listener = world.listener(forward((group, 0)))
        assert users() == [world.arn]
        world.elb.delete_listener(ListenerArn=listener)
        assert users() == []

    @pytest.mark.parametrize(
        ("key", "value", "code"),
        [
            ("deregistration_delay.timeout_seconds", "3601", "ValidationError"),
            ("deregistration_delay.timeout_seconds", "soon", "ValidationError"),
            ("slow_start.duration_seconds", "30", "NotImplementedException"),
            ("stickiness.enabled", "true", "NotImplementedException"),
            ("no.such.key", "1", "ValidationError"),
        ],
    )
    def test_attributes_are_checked(self, world, key, value, code):
        modify = world.elb.modify_target_group_attributes
        attribute = {"Key": key, "Value": value}
        assert refusal(modify, TargetGroupArn=world.group(), Attributes=[attribute])[0] == code

    def test_attributes_have_awss_defaults_and_keep_what_is_set(self, world):
        group = world.group()
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
        world.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[attribute])
        described = world.elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
        found = {each["Key"]: each["Value"] for each in described}
        assert found["deregistration_delay.timeout_seconds"] == "5"
        assert found["stickiness.type"] == "lb_cookie"
        assert found["load_balancing.algorithm.type"] == "round_robin"

    def test_tags_are_kept_and_go_with_the_group(self, world):
        group = world.group(Tags=[{"Key": "workshop", "Value": "ecs"}])
        (tagged,) = world.elb.describe_tags(ResourceArns=[group])["TagDescriptions"]
        assert tagged["Tags"] == [{"Key": "workshop", "Value": "ecs"}]


class TestTargets:
    def test_two_ports_of_one_address_are_two_targets(self, world):
        group = world.group()
        world.elb.register_targets(
            TargetGroupArn=group,
            Targets=[{"Id": "10.0.0.9", "Port": 8080}, {"Id": "10.0.0.9", "Port": 8081}],
        )
        described = world.elb.describe_target_health(TargetGroupArn=group)
        targets = [each["Target"] for each in described["TargetHealthDescriptions"]]
        assert [target["Port"] for target in targets] == [8080, 8081]

    def test_target_of_a_group_behind_nothing_is_unused(self, world):
        group = world.group()
        world.register(group, "10.0.0.9")
        assert world.health(group)["10.0.0.9"] == {
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target group is not configured to receive traffic "
            "from the load balancer",
        }

    def test_target_that_never_was_is_not_registered(self, world):
        group = world.group()
        described = world.elb.describe_target_health(
            TargetGroupArn=group, Targets=[{"Id": "10.0.0.9", "Port": 80}]
        )
        (found,) = described["TargetHealthDescriptions"]
        assert found["TargetHealth"]["State"] == "unused"
        assert found["TargetHealth"]["Reason"] == "Target.NotRegistered"

    def test_new_target_is_initial_then_healthy(self, world):
        group = world.group()
        world.listener(forward((group, 1)))
        target, address = world.target()
        world.register(group, address)
        assert world.health(group)[address]["State"] in {"initial", "healthy"}
        world.wait_until_healthy(group, address)
        assert world.health(group)[address] == {"State": "healthy"}
        assert target.checks[0].target == "/ping"

    def test_target_that_fails_its_first_check_stays_initial(self, world):
        group = world.group()
        world.listener(forward((group, 1)))
        world.register(group, "10.0.0.9")  # nothing serves this address
        eventually(lambda: world.health(group)["10.0.0.9"]["Reason"] == "Elb.InitialHealthChecking")

    def test_unhealthy_target_says_why(self, world):
        group = world.group()
        world.listener(forward((group, 1)))
        world.register(group, "10.0.0.9")
        backend = registration.backend("elbv2", "123456789012", "us-west-2")
        with world.emulator.runtime.lock:
            (check,) = [each for each in backend.health_checks if each.group_arn == group]
            for _ in range(2):
                backend.record_check(check, NO_ANSWER)
        assert world.health(group)["10.0.0.9"] == {
            "State": "unhealthy",
            "Reason": "Target.FailedHealthChecks",
            "Description": "Health checks failed",
        }

    def test_deregistered_target_drains(self, world):
        group = world.group()
        world.listener(forward((group, 1)))
        world.register(group, "10.0.0.9")
        world.deregister(group, "10.0.0.9")
        assert world.health(group)["10.0.0.9"] == {
            "State": "draining",
            "Reason": "Target.DeregistrationInProgress",
            "Description": "Target deregistration is in progress",
        }

    def test_without_delay_a_deregistered_target_is_gone(self, world):
        group = world.group()
        world.listener(forward((group, 1)))
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "0"}
        world.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[attribute])
        world.register(group, "10.0.0.9")
        world.deregister(group, "10.0.0.9")
        assert world.health(group) == {}

    @pytest.mark.parametrize(
        ("address", "code"),
        [("not-an-address", "ValidationError"), ("8.8.8.8", "InvalidTarget")],
    )
    def test_address_outside_a_vpc_is_refused(self, world, address, code):
        group = world.group()
        assert refusal(lambda: world.register(group, address))[0] == code

    def test_target_that_is_not_registered_cannot_be_deregistered(self, world):
        group = world.group()
        assert refusal(lambda: world.deregister(group, "10.0.0.9"))[0] == "InvalidTarget"

    def test_missing_group_is_not_found(self, world):
        describe = world.elb.describe_target_health
        assert refusal(describe, TargetGroupArn=NOWHERE)[0] == "TargetGroupNotFound"


class TestInProcess:
    def test_target_health_is_what_the_api_describes(self, world):
        group = world.group()
        world.register(group, "10.0.0.9")
        backend = registration.backend("elbv2", "123456789012", "us-west-2")
        with world.emulator.runtime.lock:
            found = backend.target_health(group, "10.0.0.9", 80)
            other_port = backend.target_health(group, "10.0.0.9", 81)
        assert found == TargetHealth(
            **{k.lower(): v for k, v in world.health(group)["10.0.0.9"].items()}
        )
        assert other_port.reason == "Target.NotRegistered"

    def test_target_health_of_no_group_raises(self, world):
        backend = registration.backend("elbv2", "123456789012", "us-west-2")
        with world.emulator.runtime.lock, pytest.raises(TargetGroupNotFound):
            backend.target_health(NOWHERE, "10.0.0.9", 80)

    def test_change_of_health_is_hinted(self, world):
        heard = []
        world.emulator.runtime.hints.subscribe("elbv2.target_health", heard.append)
        group, _ = world.serving()
        assert group in {hint.key for hint in heard}
