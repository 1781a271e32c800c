"""What the elbv2 API says, does and refuses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from elb_world import World, eventually, fixed, forward

from emulator.control_plane import registration
from emulator.control_plane.elbv2.exceptions import TargetGroupNotFound
from emulator.engines.target_health import NO_ANSWER, TargetHealth

NOWHERE = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/none/0123456789abcdef"
SOME_PATH = [{"Field": "path-pattern", "Values": ["/a"]}]


def refusal(call, **request: Any) -> tuple[str, str]:
    """Return the code and the message that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def rule(world: World, listener: str, priority: int = 1, **changes: Any) -> str:
    request = {"Conditions": SOME_PATH, "Actions": [fixed("200")], **changes}
    made = world.elb.create_rule(ListenerArn=listener, Priority=priority, **request)
    return made["Rules"][0]["RuleArn"]


def priorities(world: World, listener: str) -> dict[str, str]:
    rules = world.elb.describe_rules(ListenerArn=listener)["Rules"]
    return {each["RuleArn"]: each["Priority"] for each in rules}


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


class TestActions:
    @pytest.mark.parametrize("weight", [-1, 1000])
    def test_weights_are_between_0_and_999(self, world, weight):
        group = world.group()
        code, message = refusal(world.listener_request(forward((group, weight))))
        assert code == "ValidationError"
        assert f"'{weight}'" in message

    def test_weights_0_and_999_are_allowed(self, world):
        world.listener(forward((world.group(), 0), (world.group(), 999)))

    def test_six_groups_are_too_many(self, world):
        groups = [(world.group(), 1) for _ in range(6)]
        code, message = refusal(world.listener_request(forward(*groups)))
        assert (code, "at most '5'" in message) == ("ValidationError", True)

    def test_one_group_twice_is_refused(self, world):
        group = world.group()
        code, _ = refusal(world.listener_request(forward((group, 1), (group, 2))))
        assert code == "ValidationError"

    def test_group_that_does_not_exist_is_named(self, world):
        code, message = refusal(world.listener_request(forward((NOWHERE, 1))))
        assert (code, message) == ("TargetGroupNotFound", f"Target group '{NOWHERE}' not found")

    def test_group_of_another_load_balancer_is_refused(self, world, network, unique):
        group = world.group()
        other = world.elb.create_load_balancer(Name=unique(), Subnets=network[1])
        arn = other["LoadBalancers"][0]["LoadBalancerArn"]
        world.elb.create_listener(
            LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[forward((group, 1))]
        )
        code, message = refusal(world.listener_request(forward((group, 1))))
        assert code == "TargetGroupAssociationLimit"
        assert group in message
        world.elb.delete_load_balancer(LoadBalancerArn=arn)

    def test_stickiness_is_not_emulated(self, world):
        action = forward((world.group(), 1))
        sticky = {"Enabled": True, "DurationSeconds": 60}
        action["ForwardConfig"]["TargetGroupStickinessConfig"] = sticky
        assert refusal(world.listener_request(action))[0] == "NotImplementedException"

    @pytest.mark.parametrize(
        ("action", "code"),
        [
            (fixed("302"), "ValidationError"),
            (fixed("99"), "ValidationError"),
            (fixed("200", "x" * 1025), "ValidationError"),
            ({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}, "ValidationError"),
            ({"Type": "forward"}, "ValidationError"),
            (
                {
                    "Type": "authenticate-oidc",
                    "AuthenticateOidcConfig": {
                        "Issuer": "i",
                        "AuthorizationEndpoint": "a",
                        "TokenEndpoint": "t",
                        "UserInfoEndpoint": "u",
                        "ClientId": "c",
                    },
                },
                "NotImplementedException",
            ),
        ],
    )
    def test_actions_that_cannot_be_are_refused(self, world, action, code):
        assert refusal(world.listener_request(action))[0] == code

    def test_two_final_actions_are_refused(self, world):
        assert refusal(world.listener_request(fixed("200"), fixed("404")))[0] == "ValidationError"

    def test_refused_change_changes_nothing(self, world):
        group = world.group()
        listener = world.listener(forward((group, 5)))
        modify = world.elb.modify_listener
        refusal(modify, ListenerArn=listener, DefaultActions=[forward((group, 1), (NOWHERE, 1))])
        described = world.elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]
        forwarded = described["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
        assert forwarded == [{"TargetGroupArn": group, "Weight": 5}]


class TestRules:
    def test_priority_in_use_is_refused(self, world):
        listener = world.listener()
        rule(world, listener, 7)
        code, message = refusal(
            world.elb.create_rule,
            ListenerArn=listener,
            Priority=7,
            Conditions=SOME_PATH,
            Actions=[fixed("200")],
        )
        assert (code, message) == ("PriorityInUse", "Priority '7' is currently in use")

    def test_priority_is_at_most_50000(self, world):
        listener = world.listener()
        request = {"Conditions": SOME_PATH, "Actions": [fixed("200")]}
        create = world.elb.create_rule
        code, _ = refusal(create, ListenerArn=listener, Priority=50_001, **request)
        assert code == "ValidationError"

    def test_rules_can_change_places(self, world):
        listener = world.listener()
        one, two = rule(world, listener, 1), rule(world, listener, 2)
        swapped = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
        world.elb.set_rule_priorities(RulePriorities=swapped)
        found = priorities(world, listener)
        assert (found[one], found[two]) == ("2", "1")

    def test_priority_of_a_rule_that_stays_is_not_taken(self, world):
        listener = world.listener()
        one, _ = rule(world, listener, 1), rule(world, listener, 2)
        wanted = [{"RuleArn": one, "Priority": 2}]
        code, _ = refusal(world.elb.set_rule_priorities, RulePriorities=wanted)
        assert code == "PriorityInUse"
        assert priorities(world, listener)[one] == "1"

    def test_default_rule_can_be_neither_changed_nor_deleted(self, world):
        listener = world.listener()
        (default,) = priorities(world, listener)
        modify, delete = world.elb.modify_rule, world.elb.delete_rule
        code, _ = refusal(modify, RuleArn=default, Actions=[fixed("200")])
        assert code == "OperationNotPermitted"
        assert refusal(delete, RuleArn=default)[0] == "OperationNotPermitted"

    def test_deleted_rule_is_not_found(self, world):
        made = rule(world, world.listener())
        world.elb.delete_rule(RuleArn=made)
        assert refusal(world.elb.delete_rule, RuleArn=made)[0] == "RuleNotFound"
        code, _ = refusal(world.elb.modify_rule, RuleArn=made, Actions=[fixed("200")])
        assert code == "RuleNotFound"

    @pytest.mark.parametrize(
        ("condition", "code"),
        [
            ({"Field": "no-such-field", "Values": ["x"]}, "ValidationError"),
            ({"Field": "path-pattern", "Values": ["x" * 129]}, "ValidationError"),
            (
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/"] * 6}},
                "ValidationError",
            ),
            ({"Field": "source-ip", "SourceIpConfig": {"Values": ["nowhere"]}}, "ValidationError"),
            (
                {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}},
                "NotImplementedException",
            ),
        ],
    )
    def test_conditions_that_cannot_be_are_refused(self, world, condition, code):
        found, _ = refusal(
            world.elb.create_rule,
            ListenerArn=world.listener(),
            Priority=1,
            Conditions=[condition],
            Actions=[fixed("200")],
        )
        assert found == code

    def test_condition_is_described_with_values_and_config(self, world):
        listener = world.listener()
        made = rule(world, listener)
        (described,) = world.elb.describe_rules(RuleArns=[made])["Rules"]
        assert described["Conditions"] == [
            {
                "Field": "path-pattern",
                "Values": ["/a"],
                "PathPatternConfig": {"Values": ["/a"]},
            }
        ]


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
        made = rule(world, listener, Actions=[forward((group, 1))])
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
