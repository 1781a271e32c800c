"""Lab 3 on a standing environment: what it leaves, what it saw, and shifts by an unmodified CLI."""

import json
import math
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.lab2.production import APPLICATION, GROUP, RELEASE_S, TARGET_ID
from tests.functional.lab3.shifting import SAMPLE, Shifting
from tests.functional.waiting import wait_for, wait_until
from tests.standing import Standing
from workshop.labs import LABS, checks_for

pytestmark = pytest.mark.slow

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
OWN_CANARY = "workshop-canary-20-percent-2-minutes"
OWN_LINEAR = "workshop-linear-20-percent-every-2-minutes"


@pytest.fixture(scope="module")
def lab(environment: object, standing: Standing) -> Shifting:
    return Shifting(standing)


def test_fresh_clone_reaches_step_3_4_with_every_check_passed(
    environment: "subprocess.CompletedProcess[str]",
):
    for one in LABS:
        for check in checks_for(str(one.number)):
            assert f"passed  {check.step} {check.name}: " in environment.stderr
    assert "Lab 3 stands at step 3.4; every check passed." in environment.stderr


def test_checks_of_all_labs_pass_afterwards(lab):
    for number in ("1", "2", "3"):
        done = lab.workshop("check", number)
        assert done.returncode == 0, done.stdout


def test_nothing_is_left_to_plan(lab):
    lab.plan()


def test_evidence_tells_that_the_test_port_had_the_version_before_production(lab):
    (validated,) = (one for one in lab.evidence("3.2-validation") if one.get("ready"))
    seen = validated["ready"]
    assert set(seen["test"]["versions"]) == {validated["version"]}
    assert validated["version"] not in seen["prod"]["versions"]
    assert seen["prod"]["failures"] == seen["test"]["failures"] == {}
    assert validated["rolled_back_by"]


@pytest.mark.parametrize(
    ("name", "configuration", "shares"),
    [
        ("3.3-canary", CANARY, [10, 100]),
        ("3.3-canary", OWN_CANARY, [20, 100]),
        ("3.4-linear", OWN_LINEAR, [20, 40, 60, 80, 100]),
    ],
)
def test_evidence_tells_each_share_as_measured_within_its_tolerance(
    lab, name, configuration, shares
):
    (shifted,) = (
        one
        for one in lab.evidence(name)
        if one["configuration"] == configuration and one["status"] == "Succeeded"
    )
    reported = []
    for stretch in shifted["stretches"]:
        weights = {slot: one["weight_percent"] for slot, one in stretch["slots"].items()}
        reported.append(weights)
        assert stretch["failures"] == {}
        for one in stretch["slots"].values():
            if one["share_percent"] is not None:
                distance = abs(one["share_percent"] - one["weight_percent"])
                assert distance <= one["tolerance_points"], stretch
    incoming = next(slot for slot, weight in reported[-1].items() if weight == 100)
    seen = [weights[incoming] for weights in reported if weights.get(incoming)]
    assert seen == shares


def test_evidence_tells_that_errors_came_from_the_bad_version_alone(lab):
    (caught,) = (one for one in lab.evidence("3.4-linear") if one["error"] == "ALARM_ACTIVE")
    assert caught["rolled_back_by"]
    for stretch in caught["stretches"]:
        assert set(stretch["failures"]) <= {"HTTP 500"}
        for slot in stretch["slots"].values():
            assert slot["failed"] == 0 or slot["failed"] == slot["answers"]


def test_status_and_deployments_tell_of_the_test_port_and_of_what_was_undone(lab):
    status = json.loads(lab.workshop("status", "--json").stdout)
    assert status["step"] == "3.4"
    assert f"{status['urls']['test']}/hello/load" == lab.test_url
    report = json.loads(lab.workshop("deployments", "--json").stdout)["deployments"]
    undone = [one for one in report if one["rolled_back_by"]]
    assert {one["error"]["code"] for one in undone} == {"MANUAL_STOP", "ALARM_ACTIVE"}


def test_lab_on_the_standing_environment_repeats_nothing(lab):
    head, deployments = lab.head(), lab.deployments()
    again = lab.workshop("lab", "3")
    assert again.returncode == 0, again.stderr
    assert "every check passed" in again.stderr
    assert (lab.head(), lab.deployments()) == (head, deployments)


def test_promote_and_refused_rollback_say_what_to_do_where_nothing_waits(lab):
    done = lab.workshop("promote")
    assert done.returncode == 2
    assert "No deployment runs that could wait for anybody." in done.stderr


@pytest.fixture
def quick_clock(lab: Shifting) -> Iterator[None]:
    """Let a minute take half a second: predefined configurations take up to half an hour."""
    assert lab.workshop("emulator", "clock", "120").returncode == 0
    yield
    assert lab.workshop("emulator", "clock", "12").returncode == 0


@pytest.mark.parametrize(
    ("configuration", "shares"),
    [
        ("ECSAllAtOnce", {100}),
        ("ECSCanary10Percent5Minutes", {10, 100}),
        ("ECSCanary10Percent15Minutes", {10, 100}),
        ("ECSLinear10PercentEvery1Minutes", set(range(10, 101, 10))),
        ("ECSLinear10PercentEvery3Minutes", set(range(10, 101, 10))),
    ],
)
def test_every_predefined_configuration_shifts_by_an_unmodified_aws_cli(
    lab, quick_clock, configuration, shares
):
    old = lab.serving_slot()
    with lab.serving(lab.head()):
        deployment = create(lab, f"CodeDeployDefault.{configuration}")
        seen = follow(lab, deployment, old)
        aws(
            lab,
            f"deploy continue-deployment --deployment-id {deployment}"
            " --deployment-wait-type TERMINATION_WAIT",
        )
        assert lab.wait_for_deployment_end(deployment) == "Succeeded"  # the CLI looks every 15 s
        aws(lab, f"deploy wait deployment-successful --deployment-id {deployment}")
    assert lab.serving_slot() != old
    assert 100 in seen
    assert seen - {0} <= shares
    assert len(seen - {0}) >= min(len(shares), 3)


def test_share_that_a_client_measures_is_the_one_that_codedeploy_reports(lab):
    old = lab.serving_slot()
    deployment = create(lab, CANARY)

    def incoming() -> float:
        return sum(w for slot, w in reported(lab, deployment).items() if slot != old)

    with lab.serving(lab.head()):
        wait_until(lambda: incoming() == 10, RELEASE_S)
        answers = lab.measured()
        assert incoming() == 10, "the interval was over before the measure"
        share = 100 * (SAMPLE - answers[old]) / SAMPLE
        assert abs(share - 10) <= 100 * 3 * math.sqrt(0.1 * 0.9 / SAMPLE), answers
        aws(
            lab,
            f"deploy stop-deployment --deployment-id {deployment} --auto-rollback-enabled",
        )
        assert lab.wait_for_deployment_end(deployment) == "Stopped"
        rollback = wait_for(
            lambda: lab.deployment(deployment).get("rollbackInfo", {}).get("rollbackDeploymentId")
        )
        lab.wait_for_status(rollback, "Succeeded")
    assert lab.rule_weights()[old] == 100


def aws(lab: Shifting, arguments: str) -> Any:
    """Run the AWS CLI as `workshop env` sets it up; return what it printed, read as JSON."""
    printed = lab.run("aws", *arguments.split(), "--output", "json").stdout
    return json.loads(printed) if printed.strip() else None


def create(lab: Shifting, configuration: str) -> str:
    """Deploy the last good revision once more, by the AWS CLI; return the deployment's id."""
    made = lab.run(
        "aws",
        "deploy",
        "create-deployment",
        "--application-name",
        APPLICATION,
        "--deployment-group-name",
        GROUP,
        "--deployment-config-name",
        configuration,
        "--revision",
        json.dumps(lab.revision(lab.last_good())),
        "--output",
        "json",
    )
    return str(json.loads(made.stdout)["deploymentId"])


def reported(lab: Shifting, deployment: str) -> dict[str, float]:
    """Return the weights as the AWS CLI shows them, by slot; {} before the deployment started."""
    try:
        return lab.weights(deployment)
    except lab.aws("codedeploy").exceptions.DeploymentNotStartedException:
        return {}


def follow(lab: Shifting, deployment: str, old: str) -> set[float]:
    """Return the shares of the incoming slot that were reported until all traffic had moved."""
    seen: set[float] = set()

    def has_moved() -> bool:
        weights = reported(lab, deployment)
        share = sum(weight for slot, weight in weights.items() if slot != old)
        seen.add(share)
        info = lab.deployment(deployment)
        return share == 100 and bool(info.get("instanceTerminationWaitTimeStarted"))

    wait_until(has_moved, RELEASE_S, poll_s=0.3)
    target = f"--deployment-id {deployment} --target-id {TARGET_ID}"
    told = aws(lab, f"deploy get-deployment-target {target}")["deploymentTarget"]["ecsTarget"]
    weights = {one["taskSetLabel"]: one["trafficWeight"] for one in told["taskSetsInfo"]}
    assert weights == {"Blue": 0.0, "Green": 100.0}
    assert lab.measured(20)[old] == 0
    return seen
