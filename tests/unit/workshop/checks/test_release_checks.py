"""Lab 2's checks of a release: what is handed on, approved, deployed, and served."""

from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import (
    APPROVED,
    BUILT,
    DEPLOYED,
    FILES,
    OLDER,
    Recorded,
    action,
    deployment,
    events,
    service,
    waiting,
)
from tests.unit.workshop.checks.endings import ends

from workshop.checks import approval, blue_green
from workshop.checks import deployment as deployments
from workshop.checks.execution import look_at_execution
from workshop.checks.model import Ending
from workshop.checks.web import Answer

ASKED = [*BUILT, action("Approve", "InProgress")]
REJECTED = [*BUILT, action("Approve", "Failed", externalExecutionSummary="Not on a Friday")]
TROUBLE = [{"taskArn": "t/1"}, {"taskArn": "t/2"}]


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch):
    """Return a function that says how many tasks stop in trouble; none unless it is called."""

    def say(count: int) -> None:
        lines = ("task 1 stopped: unhealthy", "log: boom")
        monkeypatch.setattr(deployments, "tasks_in_trouble", lambda *_any: TROUBLE[:count])
        monkeypatch.setattr(deployments, "why_tasks_stop", lambda *_any: lines[: 2 * count])

    say(0)
    return say


def with_file(name: str, old: str, new: str) -> Recorded:
    assert old in FILES[name]
    return Recorded(tree={**FILES, name: FILES[name].replace(old, new)}, actions=ASKED)


class TestConfiguration:
    def test_placeholders_that_the_build_hands_on_pass(self):
        ends(approval.look_at_configuration(Recorded()), Ending.PASSED, "c0ffee00")

    def test_files_that_were_never_pushed_are_not_yet(self):
        view = Recorded(tree={"buildspec.yml": ""}, before=frozenset({"buildspec.yml"}))
        ends(approval.look_at_configuration(view), Ending.NOT_YET, "appspec.yaml, taskdef.json")

    def test_files_that_a_commit_removed_fail(self):
        tree = {name: text for name, text in FILES.items() if name != "appspec.yaml"}
        found = approval.look_at_configuration(Recorded(tree=tree))
        ends(found, Ending.FAILED, "appspec.yaml", "git revert")

    @pytest.mark.parametrize(
        ("name", "old", "new", "said"),
        [
            ("taskdef.json", "<IMAGE1_NAME>", "nginx", "`nginx`"),
            ("taskdef.json", "ana-hello-server-prod", "bob-hello", "`family`"),
            ("taskdef.json", "role/ana-prod-execution", "role/bob", "`executionRoleArn`"),
            ("taskdef.json", '"name": "hello-server"', '"name": "web"', "no container"),
            ("taskdef.json", "{", "{,", "not JSON"),
            ("appspec.yaml", "<TASK_DEFINITION>", "arn:fixed", "`arn:fixed`"),
            ("appspec.yaml", "ContainerName: hello", "ContainerName: not-hello", "not-hello"),
            ("appspec.yaml", "TargetService", "Service", "describes no service"),
            ("appspec.yaml", "Resources:", "Resources: [", "not YAML"),
            ("buildspec.yml", ", taskdef.json", "", "taskdef.json"),
            ("buildspec.yml", "artifacts", "reports", "no files"),
        ],
    )
    def test_what_cannot_be_deployed_fails_by_name(self, name, old, new, said):
        ends(approval.look_at_configuration(with_file(name, old, new)), Ending.FAILED, name, said)

    @pytest.mark.parametrize("pattern", ["**/*", "*", "./*"])
    def test_patterns_hand_on_what_they_match(self, pattern):
        tree = {**FILES, "buildspec.yml": f"artifacts: {{files: ['{pattern}']}}"}
        ends(approval.look_at_configuration(Recorded(tree=tree)), Ending.PASSED)


class TestApproval:
    def test_approved_execution_passes_with_who_and_why(self):
        ends(approval.look_at_approval(Recorded()), Ending.PASSED, "by ana: Staging is fine")

    def test_commit_without_execution_is_not_yet(self):
        found = approval.look_at_approval(Recorded(actions=[], status=""))
        ends(found, Ending.NOT_YET, "workshop check 1.3")

    def test_approval_that_waits_is_not_yet_and_the_command_is_named(self):
        view = Recorded(actions=ASKED, status="InProgress")
        ends(approval.look_at_approval(view), Ending.NOT_YET, "waits", "workshop approve")

    def test_approval_of_what_cannot_be_deployed_is_left_to_the_configuration(self):
        view = with_file("appspec.yaml", "<TASK_DEFINITION>", "arn")
        ends(approval.look_at_approval(view), Ending.COULD_NOT_LOOK, "configuration", "reject")

    def test_rejected_execution_fails_with_the_summary(self):
        view = Recorded(actions=REJECTED, status="Failed")
        found = approval.look_at_approval(view)
        ends(found, Ending.FAILED, "rejected", "Not on a Friday", "start-pipeline-execution")

    def test_approval_that_expired_fails_as_such(self):
        error = {"code": "x", "message": "The approval action expired."}
        view = Recorded(actions=[*BUILT, action("Approve", "Failed", errorDetails=error)])
        ends(approval.look_at_approval(view), Ending.FAILED, "not decided in time")

    def test_execution_that_was_stopped_while_it_waited_fails(self):
        view = Recorded(actions=[*BUILT, action("Approve", "Abandoned")], status="Stopped")
        ends(approval.look_at_approval(view), Ending.FAILED, "abandoned")

    def test_execution_behind_another_approval_is_not_yet_and_both_are_named(self):
        view = Recorded(actions=BUILT, status="InProgress", approval_waiting=waiting())
        ends(approval.look_at_approval(view), Ending.NOT_YET, OLDER[:8], "workshop reject")

    def test_execution_in_an_earlier_stage_is_not_yet(self):
        view = Recorded(actions=[action("Source"), action("Build", "InProgress")])
        view = Recorded(actions=view.actions, status="InProgress")
        ends(approval.look_at_approval(view), Ending.NOT_YET, "Build InProgress")

    def test_execution_from_before_the_stage_is_not_yet(self):
        found = approval.look_at_approval(Recorded(actions=BUILT, status="Succeeded"))
        ends(found, Ending.NOT_YET, "before the stage", "start-pipeline-execution")

    def test_execution_that_was_stopped_between_stages_fails(self):
        found = approval.look_at_approval(Recorded(actions=BUILT, status="Stopped"))
        ends(found, Ending.FAILED, "Stopped")

    def test_failed_staging_is_left_to_lab_1(self):
        actions = [action("Source"), action("Build", "Failed")]
        found = approval.look_at_approval(Recorded(actions=actions, status="Failed"))
        ends(found, Ending.COULD_NOT_LOOK, "step 1.4")


def with_deployment(**changes: Any) -> Recorded:
    found = deployment(**changes)
    return Recorded(
        known=[found],
        running=found if found.is_running else None,
        status="InProgress" if found.is_running else "Failed",
    )


INSTALLING = events(
    **dict.fromkeys(
        (
            "AfterInstall",
            "AllowTestTraffic",
            "AfterAllowTestTraffic",
            "BeforeAllowTraffic",
            "AllowTraffic",
            "AfterAllowTraffic",
        ),
        "Pending",
    ),
    Install="InProgress",
)


@pytest.mark.usefixtures("trouble")
class TestDeployment:
    def test_succeeded_deployment_passes_with_its_events_in_order(self):
        found = deployments.look_at_deployment(Recorded())
        ends(found, Ending.PASSED, "d-NEW", "`green`", "BeforeInstall, Install, AfterInstall")

    def test_events_of_hooks_and_test_traffic_may_be_skipped(self):
        skipped = events(AllowTestTraffic="Skipped", AfterAllowTestTraffic="Skipped")
        found = deployments.look_at_deployment(with_deployment(events=skipped))
        ends(found, Ending.PASSED)

    @pytest.mark.parametrize("record", [(), tuple(reversed(events())), events(Install="Skipped")])
    def test_events_that_are_missing_or_out_of_order_fail(self, record):
        found = deployments.look_at_deployment(with_deployment(events=record))
        ends(found, Ending.FAILED, "lifecycle events")

    def test_approval_that_waits_makes_the_deployment_not_yet(self):
        view = Recorded(actions=ASKED, status="InProgress")
        ends(deployments.look_at_deployment(view), Ending.NOT_YET, "waits for an approval")

    def test_rejection_is_left_to_the_approval(self):
        view = Recorded(actions=REJECTED, status="Failed")
        ends(deployments.look_at_deployment(view), Ending.COULD_NOT_LOOK, "`approval`")

    def test_deployment_that_another_holds_up_is_not_yet(self):
        other = deployment(id="d-OLD", status="InProgress", is_waiting_to_terminate=True)
        view = Recorded(actions=APPROVED, status="InProgress", running=other)
        found = deployments.look_at_deployment(view)
        ends(found, Ending.NOT_YET, "d-OLD", "TERMINATION_WAIT")

    def test_deployment_that_a_stuck_one_holds_up_fails_with_the_command_that_stops_it(
        self, trouble
    ):
        trouble(2)
        other = deployment(id="d-OLD", status="InProgress", events=INSTALLING)
        view = Recorded(actions=APPROVED, status="InProgress", running=other)
        ends(deployments.look_at_deployment(view), Ending.FAILED, "stop-deployment", "d-OLD")

    def test_execution_that_was_stopped_after_its_approval_fails(self):
        found = deployments.look_at_deployment(Recorded(actions=APPROVED, status="Stopped"))
        ends(found, Ending.FAILED, "approved but not deployed")

    def test_action_that_fails_before_there_is_a_deployment_says_why(self):
        error = {"code": "InvalidTemplate", "message": "no <IMAGE1_NAME> in taskdef.json"}
        actions = [*APPROVED, action("DeployProd", "Failed", errorDetails=error)]
        found = deployments.look_at_deployment(Recorded(actions=actions, status="Failed"))
        ends(found, Ending.FAILED, "no <IMAGE1_NAME>", "retry-stage-execution")

    @pytest.mark.parametrize(
        "said",
        [
            "Error Code: DeploymentLimitExceededException",
            "The Deployment Group 'prod' already has an active Deployment 'd-1'",
        ],
    )
    def test_deployment_that_another_kept_out_is_to_be_retried(self, said: str):
        error = {"code": "JobFailed", "message": said}
        actions = [*APPROVED, action("DeployProd", "Failed", errorDetails=error)]
        found = deployments.look_at_deployment(Recorded(actions=actions, status="Failed"))
        ends(found, Ending.FAILED, "such as a rollback", "retry-stage-execution")

    def test_deployment_under_way_is_not_yet(self):
        found = deployments.look_at_deployment(
            with_deployment(status="InProgress", events=INSTALLING)
        )
        ends(found, Ending.NOT_YET, "Install InProgress")

    def test_first_task_that_stops_is_told_and_is_not_yet(self, trouble):
        trouble(1)
        found = deployments.look_at_deployment(
            with_deployment(status="InProgress", events=INSTALLING)
        )
        ends(found, Ending.NOT_YET, "unhealthy", "log: boom", "stop-deployment")

    def test_version_that_never_gets_healthy_fails_with_the_command_that_stops_it(self, trouble):
        trouble(2)
        found = deployments.look_at_deployment(
            with_deployment(status="InProgress", events=INSTALLING)
        )
        ends(found, Ending.FAILED, "stuck in Install", "log: boom", "--auto-rollback-enabled")

    @pytest.mark.parametrize(
        ("changes", "wait"),
        [
            ({"status": "Ready"}, "READY_WAIT"),
            ({"status": "InProgress", "is_waiting_to_terminate": True}, "TERMINATION_WAIT"),
        ],
    )
    def test_wait_for_a_person_is_not_yet_with_the_command_that_ends_it(self, changes, wait):
        found = deployments.look_at_deployment(with_deployment(**changes))
        ends(found, Ending.NOT_YET, f"--deployment-wait-type {wait}")

    def test_stopped_deployment_that_is_rolled_back_fails_and_names_the_rollback(self):
        stopped = deployment(
            status="Stopped", error_code="MANUAL_STOP", rolled_back_by="d-BACK", events=INSTALLING
        )
        for status, said in (
            ("InProgress", "is being rolled back by"),
            ("Succeeded", "was rolled"),
        ):
            back = deployment(id="d-BACK", status=status, rollback_of="d-NEW")
            found = deployments.look_at_deployment(Recorded(known=[back, stopped], status="Failed"))
            ends(found, Ending.FAILED, "d-NEW stopped", said, "d-BACK", "MANUAL_STOP")

    def test_failed_deployment_says_event_error_task_and_log(self, trouble):
        trouble(2)
        failed = with_deployment(
            status="Failed",
            events=events(Install="Failed"),
            error_code="HEALTH_CONSTRAINTS",
            error_message="not healthy in 60 minutes",
        )
        found = deployments.look_at_deployment(failed)
        words = ("failed in Install", "HEALTH_CONSTRAINTS", "60 minutes", "log: boom", "not rolled")
        ends(found, Ending.FAILED, *words)

    def test_failed_rollback_is_told(self):
        stopped = deployment(status="Failed", rolled_back_by="d-BACK")
        back = deployment(id="d-BACK", status="Failed", error_message="no such group")
        found = deployments.look_at_deployment(Recorded(known=[back, stopped], status="Failed"))
        ends(found, Ending.FAILED, "its rollback d-BACK failed: no such group")


@pytest.mark.usefixtures("trouble")
class TestVersion:
    def test_newest_commit_in_every_answer_passes(self):
        ends(blue_green.look_at_version(Recorded()), Ending.PASSED, "6 answers", "c0ffee00")

    def test_older_version_is_not_yet_while_an_approval_waits(self):
        view = Recorded(tag=OLDER, actions=ASKED, status="InProgress")
        found = blue_green.look_at_version(view)
        ends(found, Ending.NOT_YET, "production serves bad1de00", "workshop approve")

    def test_older_version_after_a_rejection_is_left_to_the_approval(self):
        view = Recorded(tag=OLDER, actions=REJECTED, status="Failed")
        found = blue_green.look_at_version(view)
        ends(found, Ending.COULD_NOT_LOOK, "production serves bad1de00", "`approval`")

    def test_version_deployed_past_the_pipeline_fails(self):
        past = deployment(id="d-PAST", version=OLDER)
        view = Recorded(tag=OLDER, known=[past, deployment()])
        ends(blue_green.look_at_version(view), Ending.FAILED, "d-PAST", "past the pipeline")

    def test_image_that_lies_about_its_version_fails(self):
        view = Recorded(answer=Answer(200, "Ahoy\n", "oops", None))
        ends(blue_green.look_at_version(view), Ending.FAILED, "oops", "Dockerfile")

    def test_both_versions_are_not_yet_while_a_deployment_runs(self):
        view = Recorded(
            answer=Answer(200, "Ahoy\n", OLDER, None), running=deployment(status="InProgress")
        )
        ends(blue_green.look_at_version(view), Ending.NOT_YET, "moves the traffic")

    def test_production_that_does_not_answer_is_left_to_step_2_1(self):
        view = Recorded(answer=Answer(503, "", None, None))
        ends(blue_green.look_at_version(view), Ending.COULD_NOT_LOOK, "2.1")

    def test_production_without_task_set_cannot_be_judged(self):
        view = Recorded(record=service(taskSets=[]))
        ends(blue_green.look_at_version(view), Ending.COULD_NOT_LOOK)


class TestExecutionOfLab1:
    @pytest.mark.parametrize(
        ("actions", "status"),
        [
            (ASKED, "InProgress"),
            (REJECTED, "Failed"),
            ([*APPROVED, action("DeployProd", "Failed")], "Failed"),
            (DEPLOYED, "Succeeded"),
            (BUILT, "Stopped"),
        ],
        ids=[
            "approval waits",
            "rejected",
            "DeployProd failed",
            "deployed",
            "stopped after staging",
        ],
    )
    def test_staging_that_was_reached_passes_whatever_came_after(self, actions, status):
        found = look_at_execution(Recorded(actions=actions, status=status))
        ends(found, Ending.PASSED, "Source, Build, Deploy succeeded")

    def test_deploy_under_way_is_not_yet(self):
        actions = [action("Source"), action("Build", "InProgress")]
        found = look_at_execution(Recorded(actions=actions, status="InProgress"))
        ends(found, Ending.NOT_YET, "Build InProgress")
