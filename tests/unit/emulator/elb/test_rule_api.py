"""What the elbv2 API says, does and refuses of rules and their actions."""

import pytest
from elb_world import NOWHERE, SOME_PATH, World, fixed, forward
from tests.unit.emulator.refusals import refusal


def priorities(world: World, listener: str) -> dict[str, str]:
    rules = world.elb.describe_rules(ListenerArn=listener)["Rules"]
    return {each["RuleArn"]: each["Priority"] for each in rules}


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
        world.rule(listener, 7)
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
        one, two = world.rule(listener, 1), world.rule(listener, 2)
        swapped = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
        world.elb.set_rule_priorities(RulePriorities=swapped)
        found = priorities(world, listener)
        assert (found[one], found[two]) == ("2", "1")

    def test_priority_of_a_rule_that_stays_is_not_taken(self, world):
        listener = world.listener()
        one, _ = world.rule(listener, 1), world.rule(listener, 2)
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
        made = world.rule(world.listener())
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
        made = world.rule(listener)
        (described,) = world.elb.describe_rules(RuleArns=[made])["Rules"]
        assert described["Conditions"] == [
            {
                "Field": "path-pattern",
                "Values": ["/a"],
                "PathPatternConfig": {"Values": ["/a"]},
            }
        ]
