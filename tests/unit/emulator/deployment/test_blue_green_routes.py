"""What a deployment changes of listeners and rules, and what it tells EventBridge."""

import json
from collections import Counter
from typing import Any

import pytest

from emulator.control_plane import registration
from emulator.data_plane.deployment_runner.effects import Effects

READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}


@pytest.fixture
def make_test_listener(world: Any) -> Any:
    """Return a function that makes a test listener which forwards a service's pair by default."""
    made = []

    def make(prod: Any) -> str:
        balancer = world.listener.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
        listener = world.aws("elbv2").create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=8080,
            DefaultActions=[_forward({prod.blue: 1, prod.green: 0})],
        )["Listeners"][0]["ListenerArn"]
        made.append(listener)
        return str(listener)

    yield make
    for listener in made:
        world.aws("elbv2").delete_listener(ListenerArn=listener)


def _forward(weights: dict[str, int]) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def default_weights(prod: Any, listener: str) -> dict[str, int]:
    """Return a listener's default weights; its default rule must say the same."""
    elbv2 = prod.aws("elbv2")
    found = elbv2.describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"]
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    assert rules[-1]["Actions"] == found
    groups = found[0]["ForwardConfig"]["TargetGroups"]
    return {group["TargetGroupArn"]: group["Weight"] for group in groups}


def test_test_listener_shows_the_new_version_while_production_serves_the_old(
    production, make_test_listener
):
    prod = production()
    listener = make_test_listener(prod)
    prod.make_group(ready=READY_WAIT, test_listener=listener)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    assert default_weights(prod, listener) == {prod.blue: 0, prod.green: 100}
    assert prod.weights == {"blue": 100, "green": 0}
    assert prod.answers(5) == Counter(one=5)
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert default_weights(prod, listener) == {prod.blue: 100, prod.green: 0}


def test_test_listener_must_point_at_the_primary_task_set(production, make_test_listener):
    prod = production()
    listener = make_test_listener(prod)
    prod.make_group(test_listener=listener)
    prod.aws("elbv2").modify_listener(
        ListenerArn=listener, DefaultActions=[_forward({prod.green: 1})]
    )
    error = prod.wait_status(prod.release(prod.version("two")), "Failed")["errorInformation"]
    assert error["message"] == (
        "The ELB could not be updated due to the following error: Primary taskset target group "
        f"must be behind listener {listener}"
    )


def test_only_rules_that_forward_to_the_pair_are_changed(production):
    prod = production()
    prod.make_group()
    second, _ = prod.world.route({prod.blue: 1, prod.green: 0})
    other = prod.world.target_group(is_used=False)
    third, _ = prod.world.route({other: 7})
    prod.wait_status(prod.release(prod.version("two")), "Succeeded")
    assert _weights(prod, second) == {prod.blue: 0, prod.green: 100}
    assert _weights(prod, third) == {other: 7}
    default = prod.aws("elbv2").describe_listeners(ListenerArns=[prod.world.listener])
    assert default["Listeners"][0]["DefaultActions"][0]["Type"] == "fixed-response"


def _weights(prod: Any, rule: str) -> dict[str, int]:
    found = prod.aws("elbv2").describe_rules(RuleArns=[rule])["Rules"][0]["Actions"][0]
    groups = found["ForwardConfig"]["TargetGroups"]
    return {group["TargetGroupArn"]: group["Weight"] for group in groups}


def test_switch_is_seen_whole_by_the_load_balancer(production, emulator, monkeypatch):
    """Every table that the balancer can read gives the pair 100 in sum, in every rule."""
    prod = production()
    prod.make_group()
    prod.world.route({prod.blue: 100, prod.green: 0})
    with emulator.runtime.lock:
        elbv2 = registration.backend("elbv2", "123456789012", "us-west-2")
    tables: list[Any] = []
    changed = type(elbv2)._changed

    def watched(self: Any, kind: str, key: str) -> None:
        changed(self, kind, key)
        tables.append(self.tables[prod.world.listener])

    monkeypatch.setattr(type(elbv2), "_changed", watched)
    prod.wait_status(prod.release(prod.version("two")), "Succeeded")
    seen = [_pair_weights(table, prod) for table in tables]
    assert {sum(rule.values()) for rules in seen for rule in rules} == {100}
    assert all(rules[0] == rules[1] for rules in seen)


def _pair_weights(table: Any, prod: Any) -> list[dict[str, int]]:
    found = []
    for route in table.routes:
        weights = {g.arn: g.weight for g in getattr(route.action, "groups", ())}
        if prod.blue in weights:
            found.append(weights)
    return found


@pytest.fixture
def heard(aws: Any, unique: Any) -> Any:
    """Return a function that returns CodeDeploy's events of an application so far."""
    name = unique()
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-west-2:123456789012:{name}"
    pattern = {"source": ["aws.codedeploy"]}
    aws("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def events(application: str) -> list[dict[str, Any]]:
        found = []
        while True:
            answer = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return [each for each in found if each["detail"]["application"] == application]
            for message in answer["Messages"]:
                found.append(json.loads(message["Body"]))
                aws("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    yield events
    aws("events").remove_targets(Rule=name, Ids=["queue"])
    aws("events").delete_rule(Name=name)


def test_eventbridge_hears_of_the_start_and_the_success(production, heard):
    prod = production()
    prod.make_group()
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Succeeded")
    started, succeeded = heard(prod.application)
    assert started["detail-type"] == "CodeDeploy Deployment State-change Notification"
    assert started["detail"] == {
        "region": "us-west-2",
        "deploymentId": deployment,
        "instanceGroupId": started["detail"]["instanceGroupId"],
        "deploymentGroup": "group",
        "state": "START",
        "application": prod.application,
    }
    prefix = "arn:aws:codedeploy:us-west-2:123456789012"
    assert started["resources"] == [
        f"{prefix}:deploymentgroup:{prod.application}/group",
        f"{prefix}:application:{prod.application}",
    ]
    assert succeeded["detail"]["state"] == "SUCCESS"


def test_eventbridge_hears_of_ready_stop_and_rollback(production, heard):
    prod = production()
    prod.make_group(ready=READY_WAIT)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    prod.stop(deployment, roll_back=True)
    back = prod.wait_rolled_back(deployment)["deploymentId"]
    states = [(e["detail"]["deploymentId"], e["detail"]["state"]) for e in heard(prod.application)]
    assert states == [
        (deployment, "START"),
        (deployment, "READY"),
        (deployment, "STOP"),
        (back, "START"),
        (back, "SUCCESS"),
    ]


def test_mistake_in_an_effect_fails_its_deployment_and_no_other(production, monkeypatch):
    broken, sound = production(), production()
    broken.make_group()
    sound.make_group()
    create = Effects.carry_out

    def clumsy(self: Any, deployment: Any, effect: Any) -> Any:
        if deployment.plan.service == broken.service:
            raise RuntimeError("a mistake of ours")
        return create(self, deployment, effect)

    monkeypatch.setattr(Effects, "carry_out", clumsy)
    failed = broken.release(broken.version("two"))
    passed = sound.release(sound.version("two"))
    error = broken.wait_status(failed, "Failed")["errorInformation"]
    assert error == {"code": "INTERNAL_ERROR", "message": "RuntimeError: a mistake of ours"}
    sound.wait_status(passed, "Succeeded")
