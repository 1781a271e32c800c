"""What goes wrong on the way to production, on the standing environment.

All the while users ask production: no request fails, and only a version that is healthy, and that
somebody approved, ever answers. The tests hand on to each other what they leave: one that breaks
something leaves it to the next one's push to mend it.

| Given | Production | Next |
|---|---|---|
| approval rejected, pushes behind it | keeps its version | push |
| stopped in the termination wait, a push meanwhile | goes back, then to the newer one | approve |
| green fails its health check | keeps its version | stop it |
| green cannot be pulled, and stays when stopped | keeps its version | delete it |
| appspec or taskdef broken | keeps its version, no deployment | push |
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from tests.functional.lab2.production import (
    APPLICATION,
    ENDED,
    GROUP,
    PROD_CLUSTER,
    PROD_SERVICE,
    Production,
)
from tests.functional.participant import PIPELINE, REPOSITORY
from tests.functional.waiting import wait_for, wait_until
from tests.standing import Standing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def production(environment: object, standing: Standing) -> Iterator[Production]:
    """Return a participant whose production is sound; it is again when the tests are over."""
    made = Production(standing)
    assert_sound(made)
    sound = made.version()
    yield made
    if any(one["ending"] != "passed" for one in made.check("2")):
        end_deployment(made)
        made.restore(sound)
        made.commit_all("Mend")
        mended = made.workshop("lab", "2", "--from", "2.4")  # rejects what waits before it
        assert mended.returncode == 0, mended.stderr


def end_deployment(production: Production) -> None:
    for deployment in production.deployments()[:1]:
        if production.deployment(deployment)["status"] not in ENDED:
            production.stop(deployment)


@pytest.fixture
def good(production: Production) -> str:
    """Return the commit that production answers with."""
    return production.version()


def assert_sound(production: Production) -> None:
    for outcome in (*production.check("1", wait=True), *production.check("2", wait=True)):
        assert outcome["ending"] == "passed", outcome


def told(production: Production, *words: str) -> str:
    """Assert that `workshop check 2.4` fails and names what happened; return what it says."""
    done = production.workshop("check", "2.4")
    assert done.returncode == 1, done.stdout + done.stderr
    for word in words:
        assert word in done.stdout, done.stdout
    assert "next: " in done.stdout
    return done.stdout


def test_pushes_queue_behind_a_waiting_approval_and_rejected_ones_go_nowhere(production, good):
    with production.serving(good):
        deployments = production.deployments()
        first = production.greet("Eins")
        production.wait_for_approval(first)
        second, third = production.greet("Zwei"), production.greet("Drei")
        wait_until(lambda: inbound(production, "Approve") == [second, third], 180)
        assert production.staging_version() == third

        shown = production.workshop("reject", "--summary", "Not this one")
        assert shown.returncode == 0, shown.stderr
        said = shown.stdout + shown.stderr
        for commit in (first, second, third):
            assert commit[:8] in said
        assert production.wait_for_end(first) == "Failed"
        production.approve(second, "Rejected")
        production.approve(third, "Rejected")
        assert production.wait_for_end(third) == "Failed"

        told(production, "rejected", "Rejected by a test")
        assert production.deployments() == deployments
        nothing = production.workshop("approve", "--summary", "Anybody?")
        assert nothing.returncode == 2
        assert "nothing waits" in nothing.stderr.lower() or "no approval" in nothing.stderr.lower()
        used = production.action(first, "Approve")["output"]["executionResult"]
        assert "Not this one" in str(used) or "Not this one" in str(production.stage("Approve"))


def inbound(production: Production, stage: str) -> list[str]:
    """Return the commits that wait at a stage's entrance, the next to enter first."""
    client = production.aws("codepipeline")
    commits = []
    for one in production.stage(stage).get("inboundExecutions", []):
        found = client.get_pipeline_execution(
            pipelineName=PIPELINE, pipelineExecutionId=one["pipelineExecutionId"]
        )["pipelineExecution"]
        commits += [revision["revisionId"] for revision in found["artifactRevisions"]]
    return commits


def test_stop_in_the_termination_wait_goes_back_and_a_push_meanwhile_comes_after_it(
    production, good
):
    before, slot = production.deployments(), production.serving_slot()
    first = production.greet("Vier")
    production.approve(first)
    with production.serving(good, first):
        deployment = production.wait_for_deployment(first, before)
        second = production.greet("Fünf")
        production.wait_for_termination_wait(deployment)
        assert production.version() == first
        assert production.serving_slot() != slot
        assert_refused_while_one_runs(production, deployment)

        production.wait_for_approval(second)
        assert production.staging_version() == second
        rollback = production.stop(deployment)
        assert production.version() == good
        assert production.serving_slot() == slot
        assert production.wait_for_end(first) == "Failed"
        shown = production.workshop("deployments").stdout
        assert deployment in shown
        assert rollback in shown

    with production.serving(good, second):
        production.bring_to_production(second)
    assert production.version() == second


def assert_refused_while_one_runs(production: Production, deployment: str) -> None:
    """Assert that the group takes no second deployment meanwhile."""
    revision = production.revision(deployment)
    with pytest.raises(ClientError) as refused:
        production.aws("codedeploy").create_deployment(
            applicationName=APPLICATION, deploymentGroupName=GROUP, revision=revision
        )
    assert refused.value.response["Error"]["Code"] == "DeploymentLimitExceededException"


def test_green_that_fails_its_health_check_never_serves_and_stopping_rolls_back(production, good):
    before, slot = production.deployments(), production.serving_slot()
    with production.serving(good):
        commit = production.break_health_check()
        production.approve(commit)
        deployment = production.wait_for_deployment(commit, before)
        wait_until(lambda: service_said(production, "unhealthy"), 180)
        assert production.events(deployment)["Install"] == "InProgress"
        assert production.weights(deployment)[slot] == 100.0
        told(production, "unhealthy", deployment, "stop-deployment")
        production.stop(deployment)
        assert production.wait_for_end(commit) == "Failed"
        told(production, deployment, "rolled back")
        assert production.rule_weights()[slot] == 100
        assert production.target_states(slot) == ["healthy"] * 3
    production.plan()


def service_said(production: Production, word: str) -> bool:
    return any(word in event["message"] for event in production.service()["events"])


def test_green_that_cannot_be_pulled_never_serves_and_one_left_without_rollback_is_told(
    production, good
):
    """The execution before is retried, after its image is gone."""
    before, commit = production.deployments(), production.head()
    with production.serving(good):
        production.aws("ecr").batch_delete_image(
            repositoryName=REPOSITORY, imageIds=[{"imageTag": commit}]
        )
        production.retry(commit, "DeployProd")
        deployment = wait_for(
            lambda: next((one for one in production.deployments() if one not in before), None)
        )
        wait_until(lambda: is_without_image(production))
        told(production, "CannotPullContainerError", deployment, "stop-deployment")
        production.aws("codedeploy").stop_deployment(
            deploymentId=deployment, autoRollbackEnabled=False
        )
        assert production.wait_for_deployment_end(deployment) == "Stopped"
        assert production.wait_for_end(commit) == "Failed"
        told(production, deployment, "was not rolled back")
        delete_as_told(production)
    assert production.check("2.1", wait=True)[0]["ending"] == "passed"


def delete_as_told(production: Production) -> None:
    """Run what `workshop check 2.1` says is next: CodeDeploy takes none while two sets stand."""
    found = production.check("2.1")[0]
    assert found["ending"] == "failed"
    command = found["remedy"].split("`")[1]
    assert command.startswith("aws ecs delete-task-set --force ")
    production.run(*command.split())


def is_without_image(production: Production) -> bool:
    ecs = production.aws("ecs")
    stopped = ecs.list_tasks(
        cluster=PROD_CLUSTER, serviceName=PROD_SERVICE, desiredStatus="STOPPED"
    )["taskArns"]
    if not stopped:
        return False
    tasks = ecs.describe_tasks(cluster=PROD_CLUSTER, tasks=stopped[:100])["tasks"]
    return any("CannotPullContainerError" in task.get("stoppedReason", "") for task in tasks)


@dataclass(frozen=True)
class Fault:
    """One way to break what CodeDeploy is told. `named` is what the action DeployProd says."""

    given: str
    file: str
    old: str
    new: str
    named: tuple[str, ...]


FAULTS = (
    Fault("file is not handed on", "buildspec.yml", "    - appspec.yaml\n", "",
        ("read the appspec artifact file", "BuildArtifact")),
    Fault("taskdef without placeholder", "taskdef.json", "<IMAGE1_NAME>", "nginx",
        ("IMAGE1_NAME", "taskdef.json")),
    Fault("appspec without placeholder", "appspec.yaml", "<TASK_DEFINITION>", "nothing",
        ("TASK_DEFINITION", "appspec.yaml")),
    Fault("unknown container", "appspec.yaml", "ContainerName: ", "ContainerName: not-",
        ("not-",)),
    Fault("wrong port", "appspec.yaml", "ContainerPort: 80", "ContainerPort: 8081", ("8081",)),
    Fault("taskdef is not JSON", "taskdef.json", "{", "{,", ("taskdef.json",)),
)  # fmt: skip


def test_broken_appspec_or_taskdef_fails_the_action_by_name_and_the_good_one_goes_through(
    production, good
):
    """Six commits, one after the other, each of which waits for its approval in the queue."""
    with production.serving(good):
        commits = []
        for fault in FAULTS:
            production.restore(good)
            production.edit(fault.file, fault.old, fault.new)
            commits.append(production.commit_all(fault.given))
        for fault, commit in zip(FAULTS, commits, strict=True):
            production.approve(commit)
            said = production.said_by_deploy_prod(commit)
            assert all(word in said for word in fault.named), (fault.given, said)
            assert production.wait_for_end(commit) == "Failed"
        told(production, *FAULTS[-1].named, "DeployProd")
        assert production.rule_weights()[production.serving_slot()] == 100
    production.restore(good)
    mended = production.commit_all("Take the faults back")
    with production.serving(good, mended):
        production.bring_to_production(mended)
    assert_sound(production)
    production.plan()
