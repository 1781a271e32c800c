"""The test listener with a rule, as lab 3 has it, beside the production rule."""

from collections import Counter

import pytest

READY_WAIT = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 5}
FIVE_MINUTES = {"terminationWaitTimeInMinutes": 5}
ON_BLUE, ON_GREEN = {"blue": 100, "green": 0}, {"blue": 0, "green": 100}
GROUPS = {
    "ready wait": {"ready": READY_WAIT},
    "canary": {"config": "CodeDeployDefault.ECSCanary10Percent5Minutes"},
    "termination wait": {"termination": FIVE_MINUTES},
}
PRODUCTION = {
    "ready wait": ON_BLUE,
    "canary": {"blue": 90, "green": 10},
    "termination wait": ON_GREEN,
}


class TestRoute:
    """A listener with a fixed 404 and one rule, which begins like the production rule."""

    __test__ = False

    def __init__(self, prod, weights):
        self._elbv2, self._prod = prod.aws("elbv2"), prod
        production = prod.world.listener
        fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "none"}
        self.listener = self._elbv2.create_listener(
            LoadBalancerArn=production.replace(":listener/", ":loadbalancer/").rpartition("/")[0],
            Protocol="HTTP",
            Port=9001,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
        )["Listeners"][0]["ListenerArn"]
        arns = {prod.blue: weights["blue"], prod.green: weights["green"]}
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in arns.items()]
        self.rule = self._elbv2.create_rule(
            ListenerArn=self.listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": [f"{prod.path}/*"]}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )["Rules"][0]["RuleArn"]

    @property
    def weights(self):
        return self._prod.weights_of(self.rule)

    @property
    def url(self):
        world = self._prod.world
        port = world.wait_for(lambda: world.url_of(self.listener), "the test listener's port")
        return f"{port}{self._prod.path}/"

    def close(self):
        self._elbv2.delete_listener(ListenerArn=self.listener)


@pytest.fixture
def test_route():
    """Return a function that makes a test route; it is gone afterwards."""
    made = []

    def make(prod, weights=None):
        made.append(TestRoute(prod, weights or prod.weights))
        return made[-1]

    yield make
    for route in made:
        route.close()


def test_each_port_answers_with_its_version_until_the_deployment_goes_on(production, test_route):
    prod = production()
    route = test_route(prod)
    prod.make_group(ready=READY_WAIT, test_listener=route.listener)
    assert Counter(prod.ask(route.url) for _ in range(5)) == Counter(one=5)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    assert (prod.weights, route.weights) == (ON_BLUE, ON_GREEN)
    assert Counter(prod.ask(route.url) for _ in range(20)) == Counter(two=20)
    assert prod.answers() == Counter(one=20)
    prod.go_on(deployment)
    prod.wait_status(deployment, "Succeeded")
    assert (prod.weights, route.weights) == (ON_GREEN, ON_GREEN)
    assert prod.answers(5) == Counter(two=5)


def test_routes_agree_after_every_deployment_and_rollback(production, test_route):
    prod = production()
    route = test_route(prod)
    prod.make_group(ready=READY_WAIT, test_listener=route.listener)
    for version, (before, after) in {
        "two": (ON_BLUE, ON_GREEN),
        "three": (ON_GREEN, ON_BLUE),
    }.items():
        assert prod.weights == route.weights == before
        rolled_back = prod.release(prod.version("bad"))
        prod.wait_status(rolled_back, "Ready")
        prod.stop(rolled_back, roll_back=True)
        prod.wait_rolled_back(rolled_back)
        assert prod.weights == route.weights == before
        deployment = prod.release(prod.version(version))
        prod.wait_status(deployment, "Ready")
        prod.go_on(deployment)
        prod.wait_status(deployment, "Succeeded")
        assert prod.weights == route.weights == after
        assert prod.answers(5) == Counter({version: 5})


@pytest.mark.parametrize("place", GROUPS)
def test_rollback_restores_both_routes(production, test_route, clock, place):
    clock.scale = 1
    prod = production()
    route = test_route(prod)
    prod.make_group(test_listener=route.listener, **GROUPS[place])
    deployment = prod.release(prod.version("two"))
    prod.wait_event(deployment, "AfterAllowTestTraffic", "Succeeded")
    prod.world.wait_for(lambda: prod.weights == PRODUCTION[place], "its weights")
    assert route.weights == ON_GREEN
    prod.stop(deployment, roll_back=True)
    prod.wait_rolled_back(deployment)
    assert (prod.weights, route.weights) == (ON_BLUE, ON_BLUE)
    assert prod.answers() == Counter(one=20)
    assert prod.ask(route.url) == "one"
    assert len(prod.task_sets) == 1


@pytest.mark.parametrize("weights", [ON_GREEN, {"blue": 0, "green": 0}])
def test_rule_that_points_at_the_idle_group_is_refused_at_the_start(
    production, test_route, weights
):
    prod = production()
    route = test_route(prod, weights)
    prod.make_group(test_listener=route.listener)
    error = prod.wait_status(prod.release(prod.version("two")), "Failed")["errorInformation"]
    assert error == {
        "code": "ELASTIC_LOAD_BALANCING_INVALID",
        "message": "The ELB could not be updated due to the following error: Primary taskset "
        f"target group must be behind listener {route.listener}",
    }
    assert prod.answers(5) == Counter(one=5)
    assert len(prod.task_sets) == 1


def test_deployment_reports_the_test_route_that_it_had(production, test_route):
    prod = production()
    route = test_route(prod)
    prod.make_group(ready=READY_WAIT, test_listener=route.listener)
    deployment = prod.release(prod.version("two"))
    prod.wait_status(deployment, "Ready")
    info = prod.deployment(deployment)
    (pair,) = info["loadBalancerInfo"]["targetGroupPairInfoList"]
    assert pair["testTrafficRoute"] == {"listenerArns": [route.listener]}
    assert pair["prodTrafficRoute"] == {"listenerArns": [prod.world.listener]}
    assert info["blueGreenDeploymentConfiguration"]["deploymentReadyOption"] == READY_WAIT
    assert prod.deploy.batch_get_deployments(deploymentIds=[deployment])["deploymentsInfo"] == [
        info
    ]
    prod.stop(deployment, roll_back=True)
    back = prod.wait_rolled_back(deployment)
    assert back["loadBalancerInfo"] == info["loadBalancerInfo"]
