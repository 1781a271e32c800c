"""Revisions that no state holds, the proof that nothing is left, and the commands that need it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from botocore.stub import Stubber
from moto import mock_aws
from tests.unit.workshop.conftest import Command

from workshop.aws import Aws
from workshop.cli.destroy import standing_elsewhere
from workshop.config import Config
from workshop.environment import environment_from_outputs
from workshop.leftovers import lasting_leftovers, leftovers
from workshop.progress import silent
from workshop.revisions import (
    delete_revisions,
    families_without_service,
    revisions_in_deletion,
)

ACCOUNT = "123456789012"
BALANCER = {"name": "b", "arn": "arn", "dns_name": "localhost", "port": 80}
STAGING = {
    "cluster": "ana-staging",
    "name": "hello-server-staging",
    "task_family": "ana-hello-server-staging",
    "container": "hello-server",
    "log_group": "/ecs-workshop/ana/staging",
    "target_groups": {"staging": "arn"},
    "desired_count": 2,
}


@contextmanager
def unknown_to_moto(aws: Aws, looks: int = 1, **codedeploy: list[str]) -> Iterator[None]:
    """Answer what moto cannot, or not as AWS does; `applications`, `deploymentConfigsList`."""
    with (
        Stubber(aws.client("codecommit")) as commits,
        Stubber(aws.client("codedeploy")) as deploy,
    ):
        for _ in range(looks):
            commits.add_response("list_repositories", {"repositories": []})
            for operation, field in (
                ("list_applications", "applications"),
                ("list_deployment_configs", "deploymentConfigsList"),
            ):
                deploy.add_response(operation, {field: codedeploy.get(field, [])})
        yield


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


def test_revision_that_aws_does_not_list_as_inactive_yet_goes_too(aws: Aws):
    arn = "arn:aws:ecs:us-east-1:1:task-definition/ana-hello-server:1"
    with Stubber(aws.client("ecs")) as ecs:
        for status, arns in (("ACTIVE", [arn]), ("INACTIVE", [])):
            ecs.add_response(
                "list_task_definitions",
                {"taskDefinitionArns": arns},
                {"familyPrefix": "ana-hello-server", "status": status},
            )
            if arns:
                ecs.add_response("deregister_task_definition", {}, {"taskDefinition": arn})
        ecs.add_response("delete_task_definitions", {}, {"taskDefinitions": [arn]})
        delete_revisions(aws, ["ana-hello-server"], silent)
        ecs.assert_no_pending_responses()


def test_families_of_services_that_stand_are_kept():
    standing = environment_from_outputs(
        {
            "region": "us-east-1",
            "prefix": "ana",
            "step": "1.4",
            "clusters": {"staging": "ana-staging", "prod": "ana-prod"},
            "load_balancers": {"staging": BALANCER, "prod": BALANCER},
            "services": {"staging": STAGING},
        }
    )
    assert families_without_service("ana", standing) == ["ana-hello-server-prod"]
    assert families_without_service("ana", None) == [
        "ana-hello-server-staging",
        "ana-hello-server-prod",
    ]


def test_revisions_that_aws_is_deleting_are_told(aws: Aws):
    with Stubber(aws.client("ecs")) as ecs:
        for service, arns in (
            ("staging", []),
            ("prod", ["arn:aws:ecs:us-east-1:1:task-definition/ana-hello-server-prod:7"]),
        ):
            ecs.add_response(
                "list_task_definitions",
                {"taskDefinitionArns": arns},
                {"familyPrefix": f"ana-hello-server-{service}", "status": "DELETE_IN_PROGRESS"},
            )
        assert revisions_in_deletion(aws, "ana") == ["ana-hello-server-prod:7"]


def test_leftovers_are_named_by_kind_and_belong_to_no_other_participant(aws: Aws):
    aws.client("ecr").create_repository(repositoryName="ana-hello-server")
    aws.client("ecr").create_repository(repositoryName="ana-b-hello-server")
    aws.client("logs").create_log_group(logGroupName="/ecs-workshop/ana/staging")
    aws.client("s3").create_bucket(Bucket=f"ana-artifacts-{ACCOUNT}-us-east-1")
    aws.client("ecs").create_cluster(clusterName="anabel-staging")
    with unknown_to_moto(aws, looks=2):
        assert leftovers(aws, "ana", others=["ana-b"]) == [
            "image repository `ana-hello-server`",
            f"bucket `ana-artifacts-{ACCOUNT}-us-east-1`",
            "log group `/ecs-workshop/ana/staging`",
        ]
        assert leftovers(aws, "ben", others=[]) == []


def test_leftovers_of_production_are_named(aws: Aws):
    aws.client("sns").create_topic(Name="ana-hello-server-approvals")
    aws.client("sns").create_topic(Name="alarms")
    for alarm in ("ana-prod-blue-5xx", "ana-photos-full"):
        aws.client("cloudwatch").put_metric_alarm(
            AlarmName=alarm,
            Namespace="n",
            MetricName="m",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
    ecs = aws.client("ecs")
    for family in ("ana-hello-server-staging", "ana-hello-server-prod"):
        ecs.register_task_definition(
            family=family, containerDefinitions=[{"name": "a", "image": "a", "memory": 64}]
        )
        ecs.deregister_task_definition(taskDefinition=f"{family}:1")
    delete_revisions(aws, ["ana-hello-server-staging"], silent)
    with unknown_to_moto(
        aws,
        applications=["ana-hello-server", "ben-hello-server"],
        deploymentConfigsList=["CodeDeployDefault.ECSAllAtOnce", "ana-canary-20-percent-2-minutes"],
    ):
        assert leftovers(aws, "ana", others=[]) == [
            "task definition `ana-hello-server-prod`",
            "CodeDeploy application `ana-hello-server`",
            "deployment configuration `ana-canary-20-percent-2-minutes`",
            "alarm `ana-prod-blue-5xx`",
            "topic `ana-hello-server-approvals`",
        ]


def test_name_of_somebody_elses_is_no_leftover(aws: Aws):
    aws.client("ecs").create_cluster(clusterName="ana-database")
    aws.client("s3").create_bucket(Bucket="ana-photos")
    with unknown_to_moto(aws):
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
