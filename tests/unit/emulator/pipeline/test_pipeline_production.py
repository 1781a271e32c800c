"""A release to production: approval, then a blue/green deployment of real tasks."""

import pytest
from pipeline_production import Production


class Release:
    """A pipeline of Source, Approve and DeployProd in front of a production service."""

    def __init__(self, production: Production, workbench, declare, wait_until) -> None:
        self.production = production
        self.bench = workbench
        self._declare = declare
        self._wait_until = wait_until

    def create(self, answer: str) -> str:
        """Create the pipeline, which starts it, to release a version that answers so."""
        self.bench.put_source(self.production.files(answer))
        stages = [
            self.bench.source_stage(),
            {"name": "Approve", "actions": [self._declare("Approve", "Approval", "Manual", {})]},
            {
                "name": "DeployProd",
                "actions": [
                    self._declare(
                        "DeployProd",
                        "Deploy",
                        "CodeDeployToECS",
                        self.production.configuration(),
                        inputs=["SourceOutput"],
                    )
                ],
            },
        ]
        declaration = self.bench.declaration(stages=stages, executionMode="QUEUED")
        self.bench.pipelines.create_pipeline(pipeline=declaration)
        return str(self.bench.summaries()[0]["pipelineExecutionId"])

    def start(self, answer: str) -> str:
        self.bench.put_source(self.production.files(answer))
        return str(self.bench.start())

    def approve(self, execution_id: str) -> None:
        """Approve an execution as soon as it waits for that."""

        def token() -> str | None:
            stage = self.bench.stage("Approve")
            if stage.get("latestExecution", {}).get("pipelineExecutionId") != execution_id:
                return None
            return stage["actionStates"][0]["latestExecution"].get("token")

        self.bench.pipelines.put_approval_result(
            pipelineName=self.bench.name,
            stageName="Approve",
            actionName="Approve",
            token=self._wait_until(token),
            result={"status": "Approved", "summary": "well"},
        )

    def deployment_id(self, execution_id: str) -> str:
        """Wait until the action has started its deployment, and return that one's id."""

        def found() -> str | None:
            action = self.bench.actions(execution_id).get("DeployProd", {"output": {}})
            result = action["output"].get("executionResult", {})
            return result.get("externalExecutionId")

        return str(self._wait_until(found))

    def wait_for_termination_wait(self, deployment_id: str) -> None:
        """Wait until production has moved, and only the original tasks' end is to come."""

        def is_waiting() -> bool:
            statuses = {t["status"]: t for t in self.production.task_sets()}
            primary = statuses.get("PRIMARY", {})
            return primary.get("externalId") == deployment_id and "ACTIVE" in statuses

        self._wait_until(is_waiting)

    def wait_for_rollback(self, deployment_id: str) -> None:
        """Wait until the deployment that undoes another one has ended."""

        def is_undone() -> bool:
            undone = self.production.deployment(deployment_id).get("rollbackInfo", {})
            by = undone.get("rollbackDeploymentId")
            return bool(by) and self.production.deployment(by)["status"] == "Succeeded"

        self._wait_until(is_undone)

    def terminate_original(self, deployment_id: str) -> None:
        self.production.aws("codedeploy").continue_deployment(
            deploymentId=deployment_id, deploymentWaitType="TERMINATION_WAIT"
        )


@pytest.fixture
def make_release(emulator, aws, workbench, declare, wait_until):
    """Return a function that makes production with so many tasks, and the pipeline's shell."""
    made = []

    def make(desired: int = 0) -> Release:
        role = workbench.role_arn
        made.append(Production(emulator, aws, f"{workbench.prefix}-prod", role, desired))
        return Release(made[-1], workbench, declare, wait_until)

    yield make
    for production in made:
        production.remove()


def test_approved_version_moves_production_and_the_action_waits_for_the_original_tasks(
    make_release, wait_until
):
    release = make_release(desired=1)
    production, bench = release.production, release.bench
    wait_until(lambda: production.answer() == "old")
    execution_id = release.create("new")
    bench.wait_for_action(execution_id, "Approve", "InProgress")
    assert production.answer() == "old"
    release.approve(execution_id)
    deployment_id = release.deployment_id(execution_id)
    wait_until(lambda: production.answer() == "new")
    release.wait_for_termination_wait(deployment_id)
    assert production.deployment(deployment_id)["status"] == "InProgress"
    assert bench.actions(execution_id)["DeployProd"]["status"] == "InProgress"
    release.terminate_original(deployment_id)
    assert bench.ended(execution_id) == "Succeeded"
    assert production.deployment(deployment_id)["status"] == "Succeeded"
    latest = bench.stage("DeployProd")["actionStates"][0]["latestExecution"]
    assert latest["summary"] == "Deployment Succeeded"
    assert latest["externalExecutionUrl"].endswith(f"/deployments/{deployment_id}")


def test_next_version_waits_before_production_while_a_deployment_runs(make_release, wait_until):
    release = make_release()
    first = release.create("one")
    release.approve(first)
    deployment_id = release.deployment_id(first)
    second = release.start("two")
    release.approve(second)
    waiting = wait_until(lambda: release.bench.stage("DeployProd").get("inboundExecutions"))
    assert [execution["pipelineExecutionId"] for execution in waiting] == [second]
    release.wait_for_termination_wait(deployment_id)
    release.terminate_original(deployment_id)
    assert release.bench.ended(first) == "Succeeded"
    assert release.deployment_id(second) != deployment_id


def test_deployment_started_elsewhere_fails_the_action_at_once(make_release):
    release = make_release()
    first = release.create("one")
    release.approve(first)
    deployment_id = release.deployment_id(first)
    release.bench.pipelines.stop_pipeline_execution(
        pipelineName=release.bench.name, pipelineExecutionId=first, abandon=True
    )
    assert release.bench.ended(first) == "Stopped"
    assert release.production.deployment(deployment_id)["status"] in {"Created", "InProgress"}
    second = release.start("two")
    release.approve(second)
    assert release.bench.ended(second) == "Failed"
    error = release.bench.error(second, "DeployProd")
    assert error["code"] == "JobFailed"
    assert deployment_id in error["message"]
    assert "Error Code: DeploymentLimitExceededException" in error["message"]


def test_stopped_deployment_fails_the_action_and_a_retry_deploys_anew(make_release, wait_until):
    release = make_release()
    execution_id = release.create("new")
    release.approve(execution_id)
    first = release.deployment_id(execution_id)
    release.production.aws("codedeploy").stop_deployment(deploymentId=first)
    assert release.bench.ended(execution_id) == "Failed"
    detail = release.bench.actions(execution_id)["DeployProd"]["output"]["executionResult"]
    assert detail["externalExecutionId"] == first
    assert detail["externalExecutionSummary"] == f"Deployment {first} was stopped"
    assert detail["errorDetails"]["code"] == "JobFailed"
    said = release.production.deployment(first)["errorInformation"]
    assert detail["errorDetails"]["message"] == f"{said['message']} (Error code: {said['code']})"
    release.wait_for_rollback(first)
    release.bench.pipelines.retry_stage_execution(
        pipelineName=release.bench.name,
        stageName="DeployProd",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    second = wait_until(lambda: (found := release.deployment_id(execution_id)) != first and found)
    release.wait_for_termination_wait(second)
    release.terminate_original(second)
    assert release.bench.ended(execution_id) == "Succeeded"


def test_app_spec_that_names_no_container_of_the_task_fails_in_codedeploys_words(make_release):
    release = make_release()
    release.production.files = _with_container(release.production.files, "nobody")
    execution_id = release.create("new")
    release.approve(execution_id)
    assert release.bench.ended(execution_id) == "Failed"
    error = release.bench.error(execution_id, "DeployProd")
    assert error["code"] == "JobFailed"
    assert "The container nobody does not exist in the task definition." in error["message"]


def _with_container(files, name: str):
    def changed(answer: str) -> dict[str, str]:
        found = files(answer)
        app_spec = found["appspec.yaml"].replace("ContainerName: app", f"ContainerName: {name}")
        return {**found, "appspec.yaml": app_spec}

    return changed
