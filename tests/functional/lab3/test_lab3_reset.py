"""Resets from the middle of lab 3, and the way up again, which is cut short.

| What happens | Exit status | Next |
|---|---|---|
| Ctrl-C at the test port, and in the middle of a canary | 130 | the same command |
| the emulator is killed in the middle of a canary | 3 | the same command |

The end of the environment is the fixture's: it proves that nothing is left.
"""

import json
import signal

import pytest

from tests.functional.cut_short import (
    assert_interrupted,
    assert_loss_is_told_afterwards,
    assert_lost,
    begun,
    ended,
    interrupted_at,
    kill_emulator,
)
from tests.functional.lab2.production import APPLICATION, GROUP
from tests.functional.lab3.shifting import Shifting
from tests.functional.waiting import wait_until
from tests.standing import Standing
from workshop.checks.web import ask

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lab(environment: object, standing: Standing) -> Shifting:
    return Shifting(standing)


def what_lab_3_makes(lab: Shifting) -> dict[str, list[str]]:
    """Return what stands of lab 3, by kind."""
    codedeploy, elb = lab.aws("codedeploy"), lab.aws("elbv2")
    balancer = elb.describe_load_balancers(Names=["workshop-prod"])["LoadBalancers"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    alarms = lab.aws("cloudwatch").describe_alarms()["MetricAlarms"]
    configs = codedeploy.list_deployment_configs()["deploymentConfigsList"]
    return {
        "listeners": [one["ListenerArn"] for one in listeners if one["Port"] != 80],
        "configurations": [one for one in configs if not one.startswith("CodeDeployDefault.")],
        "alarms": [one["AlarmName"] for one in alarms],
    }


def reset_and_assert_lab_2_stands(lab: Shifting) -> None:
    done = lab.workshop("reset", "3")
    assert done.returncode == 0, done.stderr
    left = what_lab_3_makes(lab)
    assert not any(left.values()), left
    group = lab.group()
    assert group["deploymentConfigName"] == "CodeDeployDefault.ECSAllAtOnce"
    assert not group.get("alarmConfiguration", {}).get("enabled", False)
    assert json.loads(lab.workshop("status", "--json").stdout)["step"] == "2.4"
    assert ask(lab.url).status == 200
    assert {"taskdef.json", "appspec.yaml"} <= {one.name for one in lab.clone.iterdir()}
    lab.plan()


def endings(lab: Shifting, selector: str) -> set[str]:
    return {one["ending"] for one in lab.check(selector)}


def test_reset_in_the_middle_of_a_shift_leaves_lab_2_and_no_check_that_passes(lab):
    made = what_lab_3_makes(lab)
    assert all(made.values()), made
    assert endings(lab, "3") == {"passed"}
    deployment = lab.aws("codedeploy").create_deployment(
        applicationName=APPLICATION,
        deploymentGroupName=GROUP,
        revision=lab.revision(lab.last_good()),
    )["deploymentId"]
    wait_until(lambda: sorted(lab.rule_weights().values()) == [20, 80])
    reset_and_assert_lab_2_stands(lab)
    assert lab.deployment(deployment)["status"] == "Stopped"
    assert sorted(lab.rule_weights().values()) == [0, 100]
    assert "passed" not in endings(lab, "3")


def test_plan_of_the_first_step_changes_the_group_in_place_and_replaces_nothing(lab):
    done = lab.workshop("lab", "3", "--to", "3.1", "--plan")
    assert done.returncode == 0, done.stderr
    changes = [line.split() for line in done.stdout.splitlines()]
    assert {action for action, _ in changes} == {"create", "update"}, done.stdout
    updated = [address for action, address in changes if action == "update"]
    assert updated == ["module.blue_green[0].aws_codedeploy_deployment_group.this[0]"]
    assert len(changes) <= 5


def test_reset_while_a_version_waits_on_the_test_port_leaves_lab_2(lab, standing):
    old = lab.version()
    assert_interrupted(interrupted_at(standing, "the test port answers", "lab", "3"))
    assert endings(lab, "3.1") == {"passed"}
    assert lab.deployment(lab.deployments()[0])["status"] == "Ready"
    assert lab.test_version() == lab.head()
    assert lab.version() == old
    reset_and_assert_lab_2_stands(lab)
    assert lab.version() == old


def test_lab_3_goes_on_after_an_interrupt_at_the_test_port_and_in_a_canary(lab, standing):
    assert_interrupted(interrupted_at(standing, "the test port answers", "lab", "3"))
    assert "passed" not in endings(lab, "3.2")
    with begun(standing, "Step 3.3", "lab", "3") as run:
        wait_until(lambda: 0 not in lab.rule_weights().values(), 240)
        run.send_signal(signal.SIGINT)
        assert_interrupted(ended(run))
    assert endings(lab, "3.2") == {"passed"}


def test_emulator_that_is_lost_in_a_canary_is_told(lab, standing):
    with begun(standing, "Step 3.3", "lab", "3") as run:
        wait_until(lambda: 0 not in lab.rule_weights().values(), 240)
        kill_emulator(standing)
        assert_lost(ended(run))
    assert_loss_is_told_afterwards(standing, "3.3", "3")
