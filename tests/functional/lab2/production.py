"""A participant at step 2.4: pushes, approves, and watches production by AWS's own record."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from tests.functional.participant import PIPELINE, Participant
from tests.functional.under_load import under_load
from tests.functional.waiting import wait_for, wait_until
from tests.load.generator import LoadReport
from workshop.checks.web import ask

PROD_CLUSTER, PROD_SERVICE = "workshop-prod", "hello-server-prod"
APPLICATION, GROUP = "workshop-hello-server", "workshop-hello-server-prod"
TARGET_ID = f"{PROD_CLUSTER}:{PROD_SERVICE}"
SLOTS = {"workshop-prod-blue": "blue", "workshop-prod-green": "green"}
EVENTS = [
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
]
"""Every lifecycle event of a blue/green deployment on ECS, in order.

Source: CodeDeploy user guide, "List of lifecycle event hooks for an Amazon ECS deployment".
"""

ENDED = {"Succeeded", "Failed", "Stopped"}

RELEASE_S = 180
"""More than a push takes to the approval, or an approval to the switch, beside other tests."""


class Production(Participant):
    """One who works on an environment with the stages Approve and DeployProd."""

    # HTTP

    @cached_property
    def url(self) -> str:
        """Return the address of a greeting in production."""
        return f"{self.env_vars['PRODUCTION_URL']}/hello/load"

    @cached_property
    def staging_url(self) -> str:
        return f"{self.env_vars['STAGING_URL']}/hello/load"

    def version(self) -> str:
        """Return the commit that production answers with."""
        version = ask(self.url).version
        assert version
        return version

    def staging_version(self) -> str:
        return str(ask(self.staging_url).version)

    @contextmanager
    def serving(self, *versions: str) -> Iterator[LoadReport]:
        """Ask production all the while: no request fails, and just these versions answer."""
        with under_load(self.url, *versions) as report:
            yield report

    # The pipeline

    def release(self, file: str, old: str, new: str) -> str:
        """Change a file, commit, push; return the commit."""
        self.push(file, old, new)
        return self.head()

    def commit_all(self, message: str) -> str:
        """Commit what was edited, or nothing, and push; return the commit."""
        self.git("commit", "--quiet", "--allow-empty", "--all", "--message", message)
        self.git("push", "--quiet")
        return self.head()

    def set_in_production(self, **variables: str) -> None:
        """Give the containers of production, and of no other place, variables by taskdef.json."""
        path = self.clone / "taskdef.json"
        definition = json.loads(path.read_text(encoding="utf-8"))
        container = definition["containerDefinitions"][0]
        container["environment"] = [
            {"name": name, "value": value} for name, value in variables.items()
        ]
        path.write_text(json.dumps(definition, indent=2) + "\n", encoding="utf-8")

    def break_health_check(self) -> str:
        """Push a version whose `/ping` answers 500, in production alone; return the commit."""
        self.edit(
            "server.py", 'return 200, "ok', 'return int(os.environ.get("PING_STATUS", "200")), "ok'
        )
        self.set_in_production(PING_STATUS="500")
        return self.commit_all("Let the health check be configured")

    def restore(self, commit: str) -> None:
        """Bring every file back to what it was in a commit; nothing is committed."""
        self.git("checkout", "--quiet", commit, "--", ".")

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def greet(self, greeting: str) -> str:
        """Push another greeting; return the commit."""
        return self.release("server.py", "GREETING = ", f'GREETING = "{greeting}"  # ')

    def waiting(self) -> dict[str, Any] | None:
        """Return the approval that waits, with its token and its execution's id, or None."""
        stage = self.stage("Approve")
        latest = stage["actionStates"][0].get("latestExecution", {})
        if latest.get("status") != "InProgress" or not latest.get("token"):
            return None
        return {**latest, "executionId": stage["latestExecution"]["pipelineExecutionId"]}

    def stage(self, name: str) -> dict[str, Any]:
        state = self.aws("codepipeline").get_pipeline_state(name=PIPELINE)
        found: dict[str, Any] = next(
            one for one in state["stageStates"] if one["stageName"] == name
        )
        return found

    def execution(self, commit: str) -> dict[str, Any] | None:
        """Return the newest execution that runs a commit."""
        listed = self.aws("codepipeline").list_pipeline_executions(pipelineName=PIPELINE)
        return next(
            (
                one
                for one in listed["pipelineExecutionSummaries"]
                if commit in {source["revisionId"] for source in one.get("sourceRevisions", [])}
            ),
            None,
        )

    def execution_status(self, commit: str) -> str:
        found = self.execution(commit)
        return str(found["status"]) if found else ""

    def action(self, commit: str, stage: str) -> dict[str, Any]:
        """Return the newest run of a stage's action for a commit; {} before it has begun."""
        execution = self.execution(commit)
        if execution is None:
            return {}
        listed = self.aws("codepipeline").list_action_executions(
            pipelineName=PIPELINE,
            filter={"pipelineExecutionId": execution["pipelineExecutionId"]},
        )["actionExecutionDetails"]
        runs = [one for one in listed if one["stageName"] == stage]
        return max(runs, key=lambda one: one["startTime"], default={})

    def wait_for_approval(self, commit: str) -> dict[str, Any]:
        """Return the approval of a commit as soon as it waits for a person."""

        def approval_of_the_commit() -> dict[str, Any] | None:
            waiting, execution = self.waiting(), self.execution(commit)
            assert execution is None or execution["status"] == "InProgress", self.action(
                commit, "Deploy"
            )
            if waiting is None or execution is None:
                return None
            return waiting if waiting["executionId"] == execution["pipelineExecutionId"] else None

        return wait_for(approval_of_the_commit, RELEASE_S)

    def approve(self, commit: str, status: str = "Approved") -> None:
        """Decide by the API, as the console does, once the commit's approval waits."""
        self.aws("codepipeline").put_approval_result(
            pipelineName=PIPELINE,
            stageName="Approve",
            actionName="Approve",
            token=self.wait_for_approval(commit)["token"],
            result={"summary": f"{status} by a test", "status": status},
        )

    def wait_for_end(self, commit: str) -> str:
        """Return how a commit's execution ended."""
        wait_until(lambda: self.execution_status(commit) not in {"", "InProgress"}, RELEASE_S)
        return self.execution_status(commit)

    def said_by_deploy_prod(self, commit: str) -> str:
        """Return the error of the action DeployProd, once it has failed."""
        wait_until(lambda: self.action(commit, "DeployProd").get("status") == "Failed", RELEASE_S)
        result = self.action(commit, "DeployProd")["output"]["executionResult"]
        return str(result.get("errorDetails", {}).get("message", ""))

    def retry(self, commit: str, stage: str) -> None:
        """Run a stage that failed once more for a commit, as it was."""
        execution = self.execution(commit)
        assert execution is not None
        self.aws("codepipeline").retry_stage_execution(
            pipelineName=PIPELINE,
            stageName=stage,
            pipelineExecutionId=execution["pipelineExecutionId"],
            retryMode="FAILED_ACTIONS",
        )

    # Deployments

    def deployments(self) -> list[str]:
        """Return the ids of the group's deployments, newest first."""
        found: list[str] = self.aws("codedeploy").list_deployments(
            applicationName=APPLICATION, deploymentGroupName=GROUP
        )["deployments"]
        return found

    def wait_for_deployment(self, commit: str, since: list[str]) -> str:
        """Return the id of the deployment that the commit's action DeployProd started.

        `since` are the deployments of before: a retried action starts another one.
        """

        def deployment_of_the_commit() -> str | None:
            action = self.action(commit, "DeployProd")
            new = [one for one in self.deployments() if one not in since]
            assert new or action.get("status") != "Failed", action["output"]
            return new[-1] if action and new else None

        return wait_for(deployment_of_the_commit, RELEASE_S)

    def deployment(self, deployment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.aws("codedeploy").get_deployment(deploymentId=deployment_id)[
            "deploymentInfo"
        ]
        return found

    def target(self, deployment_id: str) -> dict[str, Any]:
        """Return what CodeDeploy tells of the service: lifecycle events, task sets, weights."""
        found: dict[str, Any] = self.aws("codedeploy").get_deployment_target(
            deploymentId=deployment_id, targetId=TARGET_ID
        )["deploymentTarget"]["ecsTarget"]
        return found

    def revision(self, deployment_id: str) -> dict[str, Any]:
        """Return what a deployment deployed, as CreateDeployment takes it."""
        told: dict[str, Any] = self.deployment(deployment_id)["revision"]
        if told["revisionType"] != "AppSpecContent":
            return told
        found = self.aws("codedeploy").get_application_revision(
            applicationName=APPLICATION, revision=told
        )["revision"]
        return {**told, "appSpecContent": {"content": found["appSpecContent"]["content"]}}

    def weights(self, deployment_id: str) -> dict[str, float]:
        """Return slot -> percent, as CodeDeploy has it."""
        return {
            SLOTS[one["targetGroup"]["name"]]: one["trafficWeight"]
            for one in self.target(deployment_id)["taskSetsInfo"]
        }

    def events(self, deployment_id: str) -> dict[str, str]:
        """Return lifecycle event -> status, in order."""
        return {
            one["lifecycleEventName"]: one["status"]
            for one in self.target(deployment_id)["lifecycleEvents"]
        }

    def wait_for_termination_wait(self, deployment_id: str) -> None:
        """Return when traffic has moved and the old task set waits for its end."""

        def is_waiting() -> bool:
            info = self.deployment(deployment_id)
            assert info["status"] not in ENDED, info
            return bool(info.get("instanceTerminationWaitTimeStarted"))

        wait_until(is_waiting, RELEASE_S)

    def end_termination_wait(self, deployment_id: str) -> None:
        self.wait_for_termination_wait(deployment_id)
        self.aws("codedeploy").continue_deployment(
            deploymentId=deployment_id, deploymentWaitType="TERMINATION_WAIT"
        )

    def wait_for_deployment_end(self, deployment_id: str) -> str:
        wait_until(lambda: self.deployment(deployment_id)["status"] in ENDED, RELEASE_S)
        return str(self.deployment(deployment_id)["status"])

    def stop(self, deployment_id: str) -> str:
        """Stop a deployment with rollback; return the rollback's id when that has succeeded."""
        self.aws("codedeploy").stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)
        assert self.wait_for_deployment_end(deployment_id) == "Stopped"
        rollback = wait_for(
            lambda: (
                self.deployment(deployment_id).get("rollbackInfo", {}).get("rollbackDeploymentId")
            )
        )
        assert isinstance(rollback, str)
        info = self.deployment(rollback)
        assert info["creator"] == "codeDeployRollback"
        assert info["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment_id
        if self.deployment(rollback)["status"] not in ENDED and self._waits(rollback):
            self.end_termination_wait(rollback)
        assert self.wait_for_deployment_end(rollback) == "Succeeded"
        return rollback

    def _waits(self, deployment_id: str) -> bool:
        """Tell whether a rollback waits before it ends the version that it took back."""
        wait_until(
            lambda: (
                bool(self.deployment(deployment_id).get("instanceTerminationWaitTimeStarted"))
                or self.deployment(deployment_id)["status"] in ENDED
            ),
            RELEASE_S,
        )
        return self.deployment(deployment_id)["status"] not in ENDED

    # The service and its rule

    def listener_arn(self) -> str:
        elb = self.aws("elbv2")
        balancer = elb.describe_load_balancers(Names=[PROD_CLUSTER])["LoadBalancers"][0]
        found = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])
        return str(next(one["ListenerArn"] for one in found["Listeners"] if one["Port"] == 80))

    def rule(self) -> dict[str, Any]:
        """Return the production rule, of `/hello/*`."""
        rules = self.aws("elbv2").describe_rules(ListenerArn=self.listener_arn())["Rules"]
        found: dict[str, Any] = next(one for one in rules if not one["IsDefault"])
        return found

    def rule_weights(self) -> dict[str, int]:
        """Return slot -> weight, as the production rule forwards."""
        return {
            SLOTS[one["TargetGroupArn"].split("/")[1]]: one["Weight"]
            for one in self.rule()["Actions"][0]["ForwardConfig"]["TargetGroups"]
        }

    def serving_slot(self) -> str:
        """Return the slot that has all traffic."""
        (slot,) = (slot for slot, weight in self.rule_weights().items() if weight == 100)
        return slot

    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = self.aws("ecs").describe_services(
            cluster=PROD_CLUSTER, services=[PROD_SERVICE]
        )["services"][0]
        return found

    def target_states(self, slot: str) -> list[str]:
        elb = self.aws("elbv2")
        group = elb.describe_target_groups(Names=[f"workshop-prod-{slot}"])["TargetGroups"][0]
        found = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        return [one["TargetHealth"]["State"] for one in found["TargetHealthDescriptions"]]

    def plan(self) -> str:
        """Return what a plan says, which must be that nothing is to change."""
        done = self.workshop("terraform", "--", "plan", "-detailed-exitcode", "-no-color")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # From here to there

    def bring_to_production(self, commit: str) -> str:
        """Approve a pushed commit, and end the termination wait; return the deployment's id."""
        before = self.deployments()
        self.approve(commit)
        deployment = self.wait_for_deployment(commit, before)
        self.end_termination_wait(deployment)
        assert self.wait_for_deployment_end(deployment) == "Succeeded"
        assert self.wait_for_end(commit) == "Succeeded"
        return deployment

    def deploy_again(self, deployment_id: str) -> None:
        """Deploy what an earlier deployment did, by CodeDeploy alone."""
        again = self.aws("codedeploy").create_deployment(
            applicationName=APPLICATION,
            deploymentGroupName=GROUP,
            revision=self.revision(deployment_id),
        )["deploymentId"]
        self.end_termination_wait(again)
        assert self.wait_for_deployment_end(again) == "Succeeded"
        wait_until(lambda: self.check("2.1")[0]["ending"] == "passed")
