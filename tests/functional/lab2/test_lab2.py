"""Lab 2 on a standing environment: what it leaves, and two releases by hand."""

import json
import subprocess
from typing import Any

import pytest

from tests.functional.lab2.production import (
    EVENTS,
    PROD_CLUSTER,
    TARGET_ID,
    Production,
)
from tests.functional.participant import PIPELINE
from tests.functional.waiting import wait_for, wait_until
from tests.standing import Standing
from workshop.checks.web import ask
from workshop.labs import checks_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def production(environment: object, standing: Standing) -> Production:
    return Production(standing)


def test_fresh_clone_reaches_step_2_4_with_every_check_passed(
    environment: "subprocess.CompletedProcess[str]",
):
    for check in (*checks_for("1"), *checks_for("2")):
        assert f"passed  {check.step} {check.name}: " in environment.stderr
    assert "every check passed" in environment.stderr


def test_printed_url_is_productions_and_answers_with_the_newest_commit(environment, production):
    answer = ask(environment.stdout.strip())
    assert answer.status == 200
    assert answer.version == production.head() == production.version()


def evidence(standing: Standing, name: str) -> Any:
    folder = standing.clone / ".workshop" / "evidence" / "local" / "workshop"
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_evidence_tells_that_production_kept_its_version_while_approval_waited(
    environment, standing
):
    seen = evidence(standing, "2.4-approval.json")
    assert seen["requests"] > 0
    assert seen["failures"] == []
    assert len(seen["versions"]) == 1


def test_evidence_tells_that_both_versions_answered_around_the_switch(
    environment, standing, production
):
    seen = evidence(standing, "2.4-switch.json")
    waited = evidence(standing, "2.4-approval.json")
    assert seen["failures"] == []
    assert set(seen["versions"]) == {*waited["versions"], production.head()}
    old, new = (seen["versions"][one] for one in (*waited["versions"], production.head()))
    assert old["last"] < new["first"]


def test_checks_of_both_labs_pass(production):
    for number in ("1", "2"):
        done = production.workshop("check", number, "--json")
        assert done.returncode == 0, done.stderr
        assert {one["ending"] for one in json.loads(done.stdout)} == {"passed"}


def test_status_tells_what_stands(production):
    found = json.loads(production.workshop("status", "--json").stdout)
    assert found["step"] == "2.4"
    assert found["urls"].keys() == {"staging", "prod"}
    stages = ["Source", "Build", "Deploy", "Approve", "DeployProd"]
    assert [one["name"] for one in found["pipeline"]["stages"]] == stages
    assert {one["status"] for one in found["pipeline"]["stages"]} == {"Succeeded"}
    prod = next(one for one in found["services"] if one["cluster"] == PROD_CLUSTER)
    assert (prod["running"], prod["desired"]) == (3, 3)
    assert prod["image_tag"] == production.head()


def test_deployments_tells_what_was_deployed_where(production):
    found = json.loads(production.workshop("deployments", "--json").stdout)
    assert [one["id"] for one in found["deployments"]] == production.deployments()
    assert {one["status"] for one in found["deployments"]} == {"Succeeded"}
    now = {one["service"]: one for one in found["now"]}
    assert {one["version"] for one in now.values()} == {production.head()}
    assert (now["staging"]["slot"], now["prod"]["slot"]) == ("", production.serving_slot())


def test_release_by_an_unmodified_aws_cli_and_git_changes_production_after_approval(production):
    by_hand_until_production_has("Grias di", production)


def test_second_release_by_hand_brings_the_slots_back(production):
    before = production.serving_slot()
    by_hand_until_production_has("Habidere", production)
    assert production.serving_slot() != before
    production.plan()


def test_lab_on_the_standing_environment_recognises_what_was_done_by_hand(production):
    head, deployments = production.head(), production.deployments()
    again = production.workshop("lab", "2")
    assert again.returncode == 0, again.stderr
    assert "every check passed" in again.stderr
    assert (production.head(), production.deployments()) == (head, deployments)


def by_hand_until_production_has(greeting: str, production: Production) -> None:
    """Release as a person does with git and the AWS CLI; watch what production answers."""
    old, slot, before = production.version(), production.serving_slot(), production.deployments()
    with production.serving(old) as waited:
        commit = production.greet(greeting)
        token = wait_for(lambda: token_by_cli(production, commit), 180)
        assert ask(production.staging_url).text == f"{greeting} load\n"
    assert waited.sent > 0

    with production.serving(old, commit):
        aws(
            production,
            "codepipeline put-approval-result --stage-name Approve --action-name Approve"
            f" --pipeline-name {PIPELINE} --token {token} --result summary=Fine,status=Approved",
        )
        deployment = production.wait_for_deployment(commit, before)
        follow_the_switch(production, deployment, {slot: old, other(slot): commit})
        aws(
            production,
            f"deploy continue-deployment --deployment-id {deployment}"
            " --deployment-wait-type TERMINATION_WAIT",
        )
        assert production.wait_for_deployment_end(deployment) == "Succeeded"  # it looks every 15 s
        aws(production, f"deploy wait deployment-successful --deployment-id {deployment}")
    assert ask(production.url).text == f"{greeting} load\n"
    assert production.events(deployment) == dict.fromkeys(EVENTS, "Succeeded")
    assert production.rule_weights() == {slot: 0, other(slot): 100}
    assert production.target_states(other(slot)) == ["healthy"] * 3
    wait_until(lambda: production.target_states(slot) == [])
    assert production.wait_for_end(commit) == "Succeeded"


def other(slot: str) -> str:
    return {"blue": "green", "green": "blue"}[slot]


def aws(production: Production, arguments: str) -> Any:
    """Run the AWS CLI as `workshop env` sets it up; return what it printed, read as JSON."""
    printed = production.run("aws", *arguments.split(), "--output", "json").stdout
    return json.loads(printed) if printed.strip() else None


def token_by_cli(production: Production, commit: str) -> str | None:
    """Return the token of a commit's approval as `aws codepipeline get-pipeline-state` shows it."""
    if production.waiting() is None:
        return None
    state = aws(production, f"codepipeline get-pipeline-state --name {PIPELINE}")
    stages = {one["stageName"]: one for one in state["stageStates"]}
    execution = production.execution(commit)
    approve = stages["Approve"]
    entered = approve.get("latestExecution", {}).get("pipelineExecutionId")
    if execution is None or entered != execution["pipelineExecutionId"]:
        return None
    token = approve["actionStates"][0]["latestExecution"].get("token")
    return str(token) if token else None


def follow_the_switch(production: Production, deployment: str, versions: dict[str, str]) -> None:
    """Hold what production answers against the weights that CodeDeploy tells, until it waits.

    `versions`: slot -> the version that it runs. Around the switch itself the two looks differ.
    """
    compared = set()

    def is_waiting() -> bool:
        before = shares(production, deployment)
        answer = ask(production.url)
        if before and before == shares(production, deployment):
            (slot,) = (slot for slot, percent in before.items() if percent == 100)
            assert answer.version == versions[slot], (before, answer)
            compared.add(slot)
        return bool(production.deployment(deployment).get("instanceTerminationWaitTimeStarted"))

    wait_until(is_waiting, 180)
    by_cli = aws(
        production,
        f"deploy get-deployment-target --deployment-id {deployment} --target-id {TARGET_ID}",
    )["deploymentTarget"]["ecsTarget"]
    told = {one["identifer"]: one["trafficWeight"] for one in by_cli["taskSetsInfo"]}
    sets = {one["id"]: one["status"] for one in production.service()["taskSets"]}
    assert told == {one: 100.0 if sets[one] == "PRIMARY" else 0.0 for one in sets}
    is_waiting()
    assert compared == set(versions)


def shares(production: Production, deployment: str) -> dict[str, float]:
    """Return the weights, or {} as long as CodeDeploy has no target or one task set."""
    try:
        return production.weights(deployment)
    except production.aws("codedeploy").exceptions.DeploymentNotStartedException:
        return {}
