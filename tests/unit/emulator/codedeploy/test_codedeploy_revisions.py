"""AppSpec files: where they come from, what they may say, and what becomes of a wrong one."""

import hashlib
import json
from typing import Any

import pytest
import yaml
from codedeploy_bench import Bench
from tests.unit.emulator.refusals import refusal

from emulator.control_plane import registration
from emulator.control_plane.base import NotEmulated
from emulator.control_plane.codedeploy.appspec import AppSpec, AppSpecInvalid, parse
from emulator.engines.deployment.model import (
    Kind,
    ReadyAction,
    RollbackEvent,
    Strategy,
    StrategyType,
    TerminationAction,
)

WRONG = (
    "The deployment failed because the AppSpec file that specifies the deployment configuration "
    "is missing or has an invalid configuration."
)
BALANCER = {"ContainerName": "app", "ContainerPort": 80}


def appspec(**properties: Any) -> dict[str, Any]:
    given = {"TaskDefinition": "arn", "LoadBalancerInfo": BALANCER, **properties}
    service = {"Type": "AWS::ECS::Service", "Properties": given}
    return {"version": 0.0, "Resources": [{"TargetService": service}]}


def put(bench: Bench, key: str, body: str) -> dict[str, Any]:
    """Put an object into a bucket with versions and return its location, without a bundle type."""
    s3, bucket = bench.aws("s3"), f"{bench.name}-revisions"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
    return {
        "bucket": bucket,
        "key": key,
        "version": made["VersionId"],
        "eTag": made["ETag"].strip('"'),
    }


# Reading.


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_yaml_and_json_say_the_same(write: Any) -> None:
    assert parse(write(appspec())) == AppSpec("arn", "app", 80)


def test_optional_properties_are_spelt_as_ecs_spells_them() -> None:
    network = {"Subnets": ["s"], "SecurityGroups": ["g"], "AssignPublicIp": "ENABLED"}
    strategy = [{"Base": 1, "CapacityProvider": "FARGATE_SPOT", "Weight": 2}]
    found = parse(
        json.dumps(
            appspec(
                PlatformVersion="1.4.0",
                NetworkConfiguration={"AwsvpcConfiguration": network},
                CapacityProviderStrategy=strategy,
            )
        )
    )
    assert found.platform_version == "1.4.0"
    assert found.network_configuration == {
        "awsvpcConfiguration": {
            "subnets": ["s"],
            "securityGroups": ["g"],
            "assignPublicIp": "ENABLED",
        }
    }
    assert found.capacity_provider_strategy == (
        {"base": 1, "capacityProvider": "FARGATE_SPOT", "weight": 2},
    )


def test_port_in_quotes_and_other_capitals_are_read() -> None:
    document = appspec()
    properties = document["Resources"][0]["TargetService"]["Properties"]
    properties["loadBalancerInfo"] = {"containerName": "app", "containerPort": "80"}
    del properties["LoadBalancerInfo"]
    document["version"] = "0.0"
    assert parse(json.dumps(document)) == AppSpec("arn", "app", 80)


def test_hooks_are_refused_by_name() -> None:
    document = {**appspec(), "Hooks": [{"BeforeInstall": "arn"}]}
    with pytest.raises(NotEmulated, match="Hooks"):
        parse(json.dumps(document))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**appspec(), "version": 1}, "version"),
        ({"version": 0.0}, "Resources"),
        ({"version": 0.0, "Resources": []}, "exactly one TargetService"),
        ({"version": 0.0, "Resources": appspec()["Resources"] * 2}, "exactly one TargetService"),
        ({"version": 0.0, "Resources": [{"Other": {}}]}, "TargetService"),
        (
            {"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::Lambda::Function"}}]},
            "AWS::ECS::Service",
        ),
        (appspec(TaskDefinition=""), "TaskDefinition"),
        (appspec(LoadBalancerInfo=None), "LoadBalancerInfo"),
        (appspec(LoadBalancerInfo={"ContainerPort": 80}), "ContainerName"),
        (appspec(LoadBalancerInfo={"ContainerName": "app"}), "ContainerPort"),
        (
            appspec(LoadBalancerInfo={"ContainerName": "app", "ContainerPort": "http"}),
            "ContainerPort must be a number; got `http`",
        ),
        (
            appspec(LoadBalancerInfo={"ContainerName": "app", "ContainerPort": "8²"}),
            "ContainerPort must be a number; got `8²`",
        ),
        (appspec(NetworkConfiguration="public"), "NetworkConfiguration"),
        (appspec(ContainerName="app"), "no member `ContainerName`"),
        ("just words", "mapping"),
        (None, "mapping"),
    ],
)
def test_appspec_that_says_too_little_is_invalid(document: Any, words: str) -> None:
    with pytest.raises(AppSpecInvalid, match=words) as caught:
        parse(json.dumps(document))
    assert str(caught.value).startswith(WRONG)


@pytest.mark.parametrize(
    "content",
    [
        "version: 2001-99-99",
        "version: 0b_",
        "version: !!timestamp soon",
        "[" * 500,
        (
            "version: 0.0\nResources: [{TargetService: {Type: AWS::ECS::Service, Properties: {"
            "TaskDefinition: arn, LoadBalancerInfo: {ContainerName: app, ContainerPort: 80}, "
            "NetworkConfiguration: &own {own: *own}}}}]"
        ),
    ],
)
def test_yaml_that_no_value_can_be_made_of_is_not_well_formed(content: str) -> None:
    with pytest.raises(AppSpecInvalid, match="not well-formed yaml"):
        parse(content)


# From a revision to a plan.


def test_plan_holds_what_group_configuration_and_appspec_say(bench: Bench) -> None:
    bench.create_group(
        blueGreenDeploymentConfiguration={
            "deploymentReadyOption": {
                "actionOnTimeout": "STOP_DEPLOYMENT",
                "waitTimeInMinutes": 30,
            },
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "KEEP_ALIVE"},
        },
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    )
    deployment_id = bench.start(
        deploymentConfigName="CodeDeployDefault.ECSLinear10PercentEvery3Minutes"
    )
    backend = registration.backend("codedeploy", "123456789012", "us-west-2")
    plan = backend.deployments[deployment_id].course.plan
    assert plan.kind is Kind.DEPLOYMENT
    assert (plan.cluster, plan.service) == (bench.room.cluster, bench.service)
    assert plan.target_groups == (bench.blue, bench.green)
    assert plan.production_listeners == (bench.room.listener,)
    assert plan.test_listeners == ()
    assert plan.task_definition == bench.definition
    assert (plan.container_name, plan.container_port) == ("app", 80)
    assert plan.strategy == Strategy(StrategyType.LINEAR, 10, 3)
    assert (plan.ready_action, plan.ready_wait_min) == (ReadyAction.STOP_DEPLOYMENT, 30)
    assert plan.termination_action is TerminationAction.KEEP_ALIVE
    assert plan.rollback_events == {RollbackEvent.DEPLOYMENT_FAILURE}


def test_deployment_shows_the_hash_that_leads_to_its_content(bench: Bench) -> None:
    bench.create_group()
    content = json.dumps(bench.appspec())
    revision = bench.deployment(bench.start(content))["revision"]
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    assert revision == {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256}}
    found = bench.deploy.get_application_revision(
        applicationName=bench.application, revision=revision
    )
    assert found["revision"]["appSpecContent"] == {"content": content, "sha256": sha256}


def test_revision_in_s3_is_deployed(bench: Bench) -> None:
    bench.create_group()
    location = put(bench, "appspec.yaml", yaml.safe_dump(bench.appspec()))
    revision = {"revisionType": "S3", "s3Location": {**location, "bundleType": "YAML"}}
    deployment_id = bench.start(revision=revision)
    assert bench.wait_for(deployment_id, "Succeeded")["revision"] == revision


def test_string_revision_is_deployed(bench: Bench) -> None:
    bench.create_group()
    content = json.dumps(bench.appspec())
    revision = {"revisionType": "String", "string": {"content": content}}
    bench.wait_for(bench.start(revision=revision), "Succeeded")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("version: 0.0 Resources: - x", "The input AppSpec file is a not well-formed yaml."),
        (json.dumps({"version": 0.0}), "Resources must be a list"),
    ],
)
def test_wrong_appspec_fails_the_deployment(bench: Bench, content: str, words: str) -> None:
    bench.create_group()
    deployment_id = bench.start(content)
    shown = bench.deployment(deployment_id)
    assert shown["status"] == "Failed"
    assert shown["errorInformation"]["code"] == "INVALID_REVISION"
    assert shown["errorInformation"]["message"].startswith(WRONG)
    assert words in shown["errorInformation"]["message"]
    assert "rollbackInfo" not in shown
    events = bench.target(deployment_id)["ecsTarget"]["lifecycleEvents"]
    assert {event["status"] for event in events} == {"Skipped"}
    assert bench.group()["lastAttemptedDeployment"]["status"] == "Failed"
    bench.wait_for(bench.start(), "Succeeded")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"key": "none.yaml"}, "could not be found"), ({"eTag": "0" * 32}, "ETag")],
)
def test_object_that_is_not_there_fails_the_deployment(
    bench: Bench, wrong: dict[str, str], words: str
) -> None:
    bench.create_group()
    location = put(bench, "appspec.yaml", yaml.safe_dump(bench.appspec()))
    location |= {"bundleType": "YAML", **wrong}
    deployment_id = bench.start(revision={"revisionType": "S3", "s3Location": location})
    error = bench.deployment(deployment_id)["errorInformation"]
    assert error["code"] == "INVALID_REVISION"
    assert words in error["message"]


@pytest.mark.parametrize(
    ("container", "port", "inactive", "words"),
    [
        ("other", 80, False, "container other does not exist in the task definition"),
        ("app", 81, False, "container app did not have a container port 81 defined"),
        ("app", 80, True, "TaskDefinition is inactive"),
    ],
)
def test_appspec_that_does_not_fit_the_revision_fails_in_install(
    bench: Bench, container: str, port: int, inactive: bool, words: str
) -> None:
    bench.create_group()
    definition = bench.define()
    if inactive:
        bench.aws("ecs").deregister_task_definition(taskDefinition=definition)
    balancer = {"ContainerName": container, "ContainerPort": port}
    given = bench.appspec(TaskDefinition=definition, LoadBalancerInfo=balancer)
    deployment_id = bench.start(json.dumps(given))
    error = bench.wait_for(deployment_id, "Failed")["errorInformation"]
    assert error["code"] == "ECS_UPDATE_ERROR"
    assert error["message"].startswith(
        "The ECS service cannot be updated due to an unexpected error: "
    )
    assert words in error["message"]
    events = bench.target(deployment_id)["ecsTarget"]["lifecycleEvents"]
    statuses = {event["lifecycleEventName"]: event["status"] for event in events}
    assert statuses["Install"] == "Failed"


def test_deployment_with_hooks_is_refused_by_name(bench: Bench) -> None:
    bench.create_group()
    content = json.dumps({**bench.appspec(), "Hooks": [{"AfterInstall": "arn"}]})
    code, message = refusal(bench.deploy.create_deployment, **bench.request(content))
    assert code == "NotImplementedException"
    assert "Hooks" in message
    assert "lastAttemptedDeployment" not in bench.group()


@pytest.mark.parametrize(
    "revision",
    [
        {"revisionType": "GitHub", "gitHubLocation": {"repository": "r", "commitId": "c"}},
        {"revisionType": "Tape"},
        {"revisionType": "AppSpecContent"},
        {"revisionType": "AppSpecContent", "appSpecContent": {"content": "x", "sha256": "0"}},
        {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k"}},
        {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"}},
    ],
)
def test_malformed_revision_is_refused_at_once(bench: Bench, revision: dict[str, Any]) -> None:
    bench.create_group()
    request = bench.request(revision=revision)
    assert refusal(bench.deploy.create_deployment, **request)[0] == "InvalidRevisionException"
    registered = refusal(
        bench.deploy.register_application_revision,
        applicationName=bench.application,
        revision=revision,
    )
    assert registered[0] == "InvalidRevisionException"


def test_hash_of_an_unknown_revision_is_refused(bench: Bench) -> None:
    bench.create_group()
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0" * 64}}
    request = bench.request(revision=revision)
    refused = refusal(bench.deploy.create_deployment, **request)
    assert refused[0] == "RevisionDoesNotExistException"


# What an application knows of revisions.


def test_registered_revision_is_found_by_its_hash(bench: Bench) -> None:
    bench.create_group()
    request = bench.request()
    of_application = {"applicationName": bench.application}
    bench.deploy.register_application_revision(
        **of_application, revision=request["revision"], description="known"
    )
    sha256 = hashlib.sha256(request["revision"]["appSpecContent"]["content"].encode()).hexdigest()
    by_hash = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256}}
    shown = bench.deploy.get_application_revision(**of_application, revision=by_hash)
    assert shown["revision"]["appSpecContent"]["sha256"] == sha256
    assert shown["revisionInfo"]["description"] == "known"
    assert shown["revisionInfo"]["deploymentGroups"] == []
    assert "firstUsedTime" not in shown["revisionInfo"]
    bench.wait_for(bench.start(revision=by_hash), "Succeeded")
    after = bench.deploy.get_application_revision(**of_application, revision=by_hash)
    assert after["revisionInfo"]["deploymentGroups"] == [bench.group_name]
    assert after["revisionInfo"]["firstUsedTime"] <= after["revisionInfo"]["lastUsedTime"]


def test_revisions_are_listed_by_filter_and_order(bench: Bench) -> None:
    bench.create_group()
    bench.wait_for(bench.start(), "Succeeded")
    of_application = {"applicationName": bench.application}
    location = {"bucket": "b", "key": "one/appspec.yaml", "bundleType": "YAML"}
    in_s3 = {"revisionType": "S3", "s3Location": location}
    bench.deploy.register_application_revision(**of_application, revision=in_s3)
    listed = bench.deploy.list_application_revisions

    def kinds(**asked: Any) -> list[str]:
        return [r["revisionType"] for r in listed(**of_application, **asked)["revisions"]]

    assert kinds(sortBy="registerTime", sortOrder="descending") == ["S3", "AppSpecContent"]
    assert kinds(sortBy="lastUsedTime") == ["S3", "AppSpecContent"]
    assert kinds(deployed="include") == ["AppSpecContent"]
    assert kinds(deployed="exclude") == ["S3"]
    assert kinds(s3Bucket="b", s3KeyPrefix="one/") == ["S3"]
    assert kinds(s3Bucket="b", s3KeyPrefix="two/") == []
    batch = bench.deploy.batch_get_application_revisions(
        **of_application, revisions=[in_s3, {**in_s3, "s3Location": {**location, "key": "k"}}]
    )
    assert [found["revisionLocation"] for found in batch["revisions"]] == [in_s3]
    assert "no such revision" in batch["errorMessage"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"s3KeyPrefix": "x"}, "BucketNameFilterRequiredException"),
        ({"sortBy": "mood"}, "InvalidSortByException"),
        ({"sortOrder": "sideways"}, "InvalidSortOrderException"),
        ({"deployed": "perhaps"}, "InvalidDeployedStateFilterException"),
    ],
)
def test_impossible_lists_of_revisions_are_refused(
    bench: Bench, asked: dict[str, str], code: str
) -> None:
    call = bench.deploy.list_application_revisions
    assert refusal(call, applicationName=bench.application, **asked)[0] == code
    missing = {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0" * 64}}
    unknown = refusal(
        bench.deploy.get_application_revision,
        applicationName=bench.application,
        revision=missing,
    )
    assert unknown[0] == "RevisionDoesNotExistException"
