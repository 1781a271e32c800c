"""Rest before a reset, revisions that no state holds, and the proof that nothing is left."""

from dataclasses import replace

import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws
from tests.unit.workshop.conftest import Command

from workshop.aws import Aws
from workshop.cli.destroy import standing_elsewhere
from workshop.config import Config
from workshop.environment import Environment, environment_from_outputs
from workshop.errors import InfrastructureError
from workshop.leftovers import lasting_leftovers, leftovers
from workshop.progress import silent
from workshop.quiesce import delete_revisions, quiesce, wait_until

ACCOUNT = "123456789012"


@pytest.fixture
def environment() -> Environment:
    balancer = {"name": "b", "arn": "arn", "dns_name": "localhost", "port": 80}
    return environment_from_outputs(
        {
            "region": "us-east-1",
            "prefix": "ana",
            "step": "1.3",
            "clusters": {"staging": "ana-staging", "prod": "ana-prod"},
            "load_balancers": {"staging": balancer, "prod": balancer},
            "pipeline": {"name": "ana-hello-server"},
            "build": {"project": "ana-hello-server", "log_group": "/g"},
        }
    )


def test_trigger_executions_and_builds_are_stopped_and_waited_for(
    aws: Aws, environment: Environment
):
    events = aws.client("events")
    arn = f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:ana-hello-server"
    for name, target in [("ana-hello-server", arn), ("ana-b-hello-server", f"{arn}-b")]:
        events.put_rule(Name=name, EventPattern="{}", State="ENABLED")
        events.put_targets(Rule=name, Targets=[{"Id": "pipeline", "Arn": target}])
    with Stubber(aws.client("codepipeline")) as pipeline, Stubber(aws.client("codebuild")) as build:
        asked = {"pipelineName": "ana-hello-server"}
        summary = {"pipelineExecutionId": "11111111-2222-3333-4444-555555555555"}
        running = {"pipelineExecutionSummaries": [{**summary, "status": "InProgress"}]}
        stopped = {"pipelineExecutionSummaries": [{**summary, "status": "Stopped"}]}
        pipeline.add_response("list_pipeline_executions", running, asked)
        pipeline.add_response(
            "stop_pipeline_execution", summary, {**asked, **summary, "abandon": True, "reason": ANY}
        )
        pipeline.add_response("list_pipeline_executions", stopped, asked)
        for status in ("IN_PROGRESS", "STOPPED"):
            build.add_response("list_builds_for_project", {"ids": ["p:1"]})
            build.add_response(
                "batch_get_builds", {"builds": [{"id": "p:1", "buildStatus": status}]}
            )
            if status == "IN_PROGRESS":
                build.add_response("stop_build", {}, {"id": "p:1"})
        quiesce(aws, environment, silent)
        pipeline.assert_no_pending_responses()
        build.assert_no_pending_responses()
    assert events.describe_rule(Name="ana-hello-server")["State"] == "DISABLED"
    assert events.describe_rule(Name="ana-b-hello-server")["State"] == "ENABLED"


def test_execution_that_ends_while_it_is_stopped_is_at_rest(aws: Aws, environment: Environment):
    summary = {"pipelineExecutionId": "11111111-2222-3333-4444-555555555555"}
    with Stubber(aws.client("codepipeline")) as pipeline, Stubber(aws.client("codebuild")) as build:
        for status in ("InProgress", "Succeeded"):
            listed = {"pipelineExecutionSummaries": [{**summary, "status": status}]}
            pipeline.add_response("list_pipeline_executions", listed)
            if status == "InProgress":
                pipeline.add_client_error(
                    "stop_pipeline_execution", "PipelineExecutionNotStoppableException"
                )
        for _ in range(2):
            build.add_response("list_builds_for_project", {"ids": ["p:1"]})
            ended = {"builds": [{"id": "p:1", "buildStatus": "SUCCEEDED"}]}
            build.add_response("batch_get_builds", ended)
        quiesce(aws, environment, silent)
        pipeline.assert_no_pending_responses()


def test_wait_that_never_ends_names_what_it_waited_for():
    with pytest.raises(InfrastructureError, match=r"The pipeline still runs after 0 s\."):
        wait_until(lambda: False, "The pipeline still runs", timeout_s=0)


def test_every_revision_of_the_family_goes_and_of_no_other(aws: Aws):
    ecs = aws.client("ecs")
    container = [{"name": "app", "image": "app", "memory": 64}]
    for family in ["ana-hello-server"] * 12 + ["ana-hello-server-b"]:
        ecs.register_task_definition(family=family, containerDefinitions=container)
    ecs.deregister_task_definition(taskDefinition="ana-hello-server:1")
    delete_revisions(aws, ["ana-hello-server"], silent)
    active = ecs.list_task_definitions()["taskDefinitionArns"]
    assert [arn.rpartition("/")[2] for arn in active] == ["ana-hello-server-b:1"]
    assert ecs.list_task_definitions(status="INACTIVE")["taskDefinitionArns"] == []


def test_leftovers_are_named_by_kind_and_belong_to_no_other_participant(aws: Aws):
    aws.client("ecr").create_repository(repositoryName="ana-hello-server")
    aws.client("ecr").create_repository(repositoryName="ana-b-hello-server")
    aws.client("logs").create_log_group(logGroupName="/ecs-workshop/ana/staging")
    aws.client("s3").create_bucket(Bucket=f"ana-artifacts-{ACCOUNT}-us-east-1")
    aws.client("ecs").create_cluster(clusterName="anabel-staging")
    with Stubber(aws.client("codecommit")) as stub:  # moto has no list_repositories
        for _ in range(2):
            stub.add_response("list_repositories", {"repositories": []})
        assert leftovers(aws, "ana", others=["ana-b"]) == [
            "image repository `ana-hello-server`",
            f"bucket `ana-artifacts-{ACCOUNT}-us-east-1`",
            "log group `/ecs-workshop/ana/staging`",
        ]
        assert leftovers(aws, "ben", others=[]) == []


def test_name_of_somebody_elses_is_no_leftover(aws: Aws):
    aws.client("ecs").create_cluster(clusterName="ana-database")
    aws.client("s3").create_bucket(Bucket="ana-photos")
    with Stubber(aws.client("codecommit")) as stub:
        stub.add_response("list_repositories", {"repositories": []})
        assert leftovers(aws, "ana", others=[]) == []


def test_what_is_listed_a_while_after_its_deletion_is_no_leftover(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
):
    looks = [["bucket `ana-artifacts`"], ["bucket `ana-artifacts`"], []]
    monkeypatch.setattr("workshop.leftovers.leftovers", lambda *_: looks.pop(0))
    assert lasting_leftovers(aws, "ana", [], within_s=60, poll_s=0) == []
    assert looks == []


def test_what_stays_is_a_leftover(aws: Aws, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("workshop.leftovers.leftovers", lambda *_: ["bucket `ana-artifacts`"])
    found = lasting_leftovers(aws, "ana", [], within_s=0, poll_s=0)
    assert found == ["bucket `ana-artifacts`"]


def test_environments_on_the_other_target_are_named(config: Config):
    other = replace(config, target="aws", participant="ana").terraform_data_dir
    other.mkdir(parents=True)
    assert "\n".join(standing_elsewhere(config)) == (
        "Environment `ana` may still stand on target `aws`: "
        "`workshop --target aws --participant ana destroy` removes it."
    )


def test_destroy_without_an_emulator_has_nothing_to_do(workshop: Command, config: Config):
    config.terraform_data_dir.mkdir(parents=True)
    outcome = workshop("destroy")
    assert (outcome.exit_code, outcome.stderr) == (
        0,
        "Nothing is left on target `local`: no emulator runs.\n",
    )
    assert not config.terraform_data_dir.exists()


def test_reset_without_an_emulator_says_what_to_run(workshop: Command, config: Config):
    outcome = workshop("reset")
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        "Environment `workshop` is not prepared on target `local`: no emulator answers on "
        f"http://127.0.0.1:{config.port}.\nRun `make lab1`.\n"
    )


def test_destroy_on_aws_without_a_yes_destroys_nothing(
    workshop: Command, shell: pytest.MonkeyPatch
):
    for name, value in {"TARGET": "aws", "AWS_REGION": "us-east-1"}.items():
        shell.setenv(name, value)
    shell.setenv("AWS_ACCESS_KEY_ID", "testing")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        outcome = workshop("destroy")
    assert outcome.exit_code == 2
    assert f"account {ACCOUNT}, region us-east-1" in outcome.stderr
    assert "Nothing was destroyed." in outcome.stderr
