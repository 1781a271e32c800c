"""Lab 2's checks of what stands: production, its routing, the deployment group, the stages."""

from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    Recorded,
    deployment,
    group,
    service,
    task_set,
)
from tests.unit.workshop.checks.endings import ends

from workshop.checks import production
from workshop.checks.model import Ending
from workshop.checks.web import Answer

RUNNING = deployment(id="d-RUN", status="InProgress")


@pytest.fixture(autouse=True)
def no_tasks_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lambda *_rest: ("task 1 stopped: unhealthy",)  # noqa: E731
    monkeypatch.setattr(production, "why_tasks_stop", lines)


class TestProduction:
    def test_full_live_slot_and_empty_idle_slot_pass(self):
        ends(production.look_at_production(Recorded()), Ending.PASSED, "3 of 3", "`green`")

    def test_deleted_service_fails(self):
        found = production.look_at_production(Recorded(record=None))
        ends(found, Ending.FAILED, "workshop lab 2 --to 2.1")

    def test_service_that_rolls_fails(self):
        record = service(deploymentController={"type": "ECS"})
        ends(production.look_at_production(Recorded(record=record)), Ending.FAILED, "CodeDeploy")

    def test_service_that_was_scaled_in_fails_with_the_command_that_scales_it(self):
        found = production.look_at_production(Recorded(record=service(desiredCount=2)))
        ends(found, Ending.FAILED, "2 tasks are desired", "--desired-count 3")

    def test_two_groups_with_targets_are_not_yet_while_a_deployment_runs(self):
        view = Recorded(running=RUNNING, idle=("healthy",) * 3)
        ends(production.look_at_production(view), Ending.NOT_YET, "d-RUN")

    def test_targets_left_in_the_idle_slot_fail(self):
        found = production.look_at_production(Recorded(idle=("healthy",)))
        ends(found, Ending.FAILED, "`blue`", "1 targets")

    def test_task_set_that_a_deployment_left_fails_with_the_command_that_deletes_it(self):
        left = task_set(status="ACTIVE", id="ecs-svc/7")
        view = Recorded(record=service(taskSets=[task_set(), left]), idle=("healthy",) * 3)
        found = production.look_at_production(view)
        ends(found, Ending.FAILED, "delete-task-set --force", "--task-set ecs-svc/7")

    def test_targets_of_a_task_set_that_drains_are_not_yet(self):
        record = service(taskSets=[task_set(), task_set(status="DRAINING")])
        view = Recorded(record=record, idle=("healthy",))
        ends(production.look_at_production(view), Ending.NOT_YET, "`blue`")

    def test_targets_that_drain_are_not_yet(self):
        ends(production.look_at_production(Recorded(idle=("draining",))), Ending.NOT_YET)

    @pytest.mark.parametrize(
        "view",
        [
            Recorded(live=("healthy", "healthy", "initial")),
            Recorded(record=service(taskSets=[task_set(stabilityStatus="STABILIZING")])),
            Recorded(record=service(taskSets=[task_set(runningCount=2)])),
        ],
        ids=["unhealthy target", "stabilizing", "task missing"],
    )
    def test_what_moves_is_not_yet_and_says_why_tasks_stop(self, view: Any):
        ends(production.look_at_production(view), Ending.NOT_YET, "task 1 stopped")

    def test_no_task_set_is_not_yet(self):
        found = production.look_at_production(Recorded(record=service(taskSets=[])))
        ends(found, Ending.NOT_YET)


class TestAnswer:
    def test_answer_of_a_listed_task_passes(self):
        ends(production.look_at_answer(Recorded()), Ending.PASSED)

    def test_answer_of_another_task_is_not_yet(self):
        found = production.look_at_answer(Recorded(answer=Answer(200, "Ahoy", None, "another")))
        ends(found, Ending.NOT_YET, "another")

    @pytest.mark.parametrize(
        ("view", "check"),
        [
            (Recorded(record=None, answer=Answer(503, "", None, None)), "`production`"),
            (Recorded(rule=None, answer=Answer(404, "", None, None)), "`routing`"),
        ],
    )
    def test_what_another_check_accuses_is_left_to_it(self, view: Any, check: str):
        ends(production.look_at_answer(view), Ending.COULD_NOT_LOOK, check)

    def test_rule_that_comes_first_fails_and_is_named(self):
        stranger = {"Priority": "1", "RuleArn": "arn:stranger"}
        view = Recorded(earlier_rules=(stranger,), answer=Answer(418, "tea", None, None))
        ends(production.look_at_answer(view), Ending.FAILED, "418", "arn:stranger")

    def test_application_that_answers_otherwise_fails(self):
        view = Recorded(answer=Answer(500, "oops", None, None))
        ends(production.look_at_answer(view), Ending.FAILED, "500: oops", "task 1 stopped")


class TestDeploymentGroup:
    def test_group_of_the_service_passes(self):
        found = production.look_at_deployment_group(Recorded())
        ends(found, Ending.PASSED, "hello-server-prod", "5 minutes")

    def test_deleted_group_fails(self):
        found = production.look_at_deployment_group(Recorded(group_record=None))
        ends(found, Ending.FAILED, "no deployment group", "--to 2.2")

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"ecsServices": []}, "no service"),
            ({"loadBalancerInfo": {}}, "no groups"),
            ({"autoRollbackConfiguration": {"enabled": False}}, "DEPLOYMENT_STOP_ON_REQUEST"),
            (
                {"autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}},
                "DEPLOYMENT_STOP_ON_ALARM",
            ),
            ({"blueGreenDeploymentConfiguration": {}}, "no termination wait"),
        ],
    )
    def test_group_that_deploys_otherwise_fails(self, changes: Any, said: str):
        view = Recorded(group_record=group(**changes))
        ends(production.look_at_deployment_group(view), Ending.FAILED, said)

    def test_group_of_another_listener_fails(self):
        changed = group()
        pair = changed["loadBalancerInfo"]["targetGroupPairInfoList"][0]
        pair["prodTrafficRoute"]["listenerArns"] = ["arn:another"]
        view = Recorded(group_record=changed)
        ends(production.look_at_deployment_group(view), Ending.FAILED, "another listener")


def one_action(name: str, provider: str, **configuration: str) -> dict[str, Any]:
    category = {"CodeBuild": "Build", "Manual": "Approval"}.get(provider, "Deploy")
    return {
        "name": name,
        "actionTypeId": {"category": category, "provider": provider},
        "configuration": configuration,
        "outputArtifacts": [{"name": "BuildArtifact"}] if category == "Build" else [],
    }


def pipeline(mode: str = "QUEUED", **changes: str) -> dict[str, Any]:
    configuration = {
        "ApplicationName": "ana-hello-server",
        "DeploymentGroupName": "ana-hello-server-prod",
        "TaskDefinitionTemplateArtifact": "BuildArtifact",
        "AppSpecTemplateArtifact": "BuildArtifact",
        "Image1ArtifactName": "BuildArtifact",
        "Image1ContainerName": "IMAGE1_NAME",
    } | changes
    actions = [
        one_action("Source", "CodeCommit"),
        one_action("Build", "CodeBuild"),
        one_action("Deploy", "ECS"),
        one_action("Approve", "Manual", NotificationArn="arn:topic"),
        one_action("DeployProd", "CodeDeployToECS", **configuration),
    ]
    stages = [{"name": one["name"], "actions": [one]} for one in actions]
    return {"stages": stages, "executionMode": mode}


class TestStages:
    def test_approval_and_deployment_after_staging_pass(self):
        found = production.look_at_stages(Recorded(pipeline_record=pipeline()))
        ends(found, Ending.PASSED, "Approve, DeployProd")

    def test_pipeline_of_lab_1_fails(self):
        record = pipeline()
        record["stages"] = record["stages"][:3]
        found = production.look_at_stages(Recorded(pipeline_record=record))
        ends(found, Ending.FAILED, "Source, Build, Deploy", "--to 2.3")

    def test_deployment_before_approval_fails(self):
        record = pipeline()
        record["stages"][3:] = reversed(record["stages"][3:])
        ends(production.look_at_stages(Recorded(pipeline_record=record)), Ending.FAILED)

    def test_mode_in_which_a_newer_execution_overtakes_fails(self):
        found = production.look_at_stages(Recorded(pipeline_record=pipeline("SUPERSEDED")))
        ends(found, Ending.FAILED, "SUPERSEDED")

    @pytest.mark.parametrize(
        "name",
        ["ApplicationName", "DeploymentGroupName", "Image1ArtifactName", "Image1ContainerName"],
    )
    def test_deployment_of_something_else_fails(self, name: str):
        record = pipeline(**{name: "other"})
        found = production.look_at_stages(Recorded(pipeline_record=record))
        ends(found, Ending.FAILED, name, "other")

    def test_approval_that_nobody_hears_of_fails(self):
        record = pipeline()
        record["stages"][3]["actions"][0]["configuration"] = {}
        found = production.look_at_stages(Recorded(pipeline_record=record))
        ends(found, Ending.FAILED, "no topic")
