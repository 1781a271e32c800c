"""Applications, deployment groups and configurations, as Terraform makes and reads them."""

import itertools
from typing import Any

import pytest
from codedeploy_bench import Bench, blue_green, make_role
from tests.unit.emulator.refusals import refusal

ROLLBACK_EVENTS = [
    "DEPLOYMENT_FAILURE",
    "DEPLOYMENT_STOP_ON_ALARM",
    "DEPLOYMENT_STOP_ON_REQUEST",
]
LINEAR = {"linearPercentage": 20, "linearInterval": 2}
CANARY = {"canaryPercentage": 20, "canaryInterval": 2}


# Applications.


def test_application_is_shown_as_it_was_made(bench: Bench) -> None:
    found = bench.deploy.get_application(applicationName=bench.application)["application"]
    assert found["applicationName"] == bench.application
    assert found["computePlatform"] == "ECS"
    assert found["linkedToGitHub"] is False
    batch = bench.deploy.batch_get_applications(applicationNames=[bench.application])
    assert batch["applicationsInfo"] == [found]
    assert bench.application in bench.deploy.list_applications()["applications"]


def test_renamed_application_keeps_groups_deployments_and_tags(bench: Bench) -> None:
    bench.create_group(tags=[{"Key": "step", "Value": "2.2"}])
    ended = bench.start()
    bench.wait_for(ended, "Succeeded")
    bench.application, old = f"{bench.application}-new", bench.application
    bench.deploy.update_application(applicationName=old, newApplicationName=bench.application)
    assert refusal(bench.deploy.get_application, applicationName=old)[0] == (
        "ApplicationDoesNotExistException"
    )
    assert bench.group()["lastSuccessfulDeployment"]["deploymentId"] == ended
    assert bench.deployment(ended)["applicationName"] == bench.application
    arn = f"{_prefix()}deploymentgroup:{bench.application}/{bench.group_name}"
    assert bench.deploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "step", "Value": "2.2"}
    ]


def test_application_of_another_platform_is_refused_by_name(bench: Bench) -> None:
    for platform in ({}, {"computePlatform": "Lambda"}):
        code, message = refusal(
            bench.deploy.create_application, applicationName="other", **platform
        )
        assert code == "NotImplementedException"
        assert "ECS only" in message
    code, _ = refusal(
        bench.deploy.create_application, applicationName="other", computePlatform="Mainframe"
    )
    assert code == "InvalidComputePlatformException"


def test_application_names_are_checked(bench: Bench) -> None:
    create = bench.deploy.create_application
    taken = refusal(create, applicationName=bench.application, computePlatform="ECS")
    assert taken[0] == "ApplicationAlreadyExistsException"
    long = refusal(create, applicationName="x" * 101, computePlatform="ECS")
    assert long[0] == "InvalidApplicationNameException"
    missing = refusal(bench.deploy.get_application, applicationName="nobody")
    assert missing[0] == "ApplicationDoesNotExistException"
    many = refusal(bench.deploy.batch_get_applications, applicationNames=["x"] * 101)
    assert many[0] == "BatchLimitExceededException"


def test_deleting_what_is_not_there_is_no_error(bench: Bench) -> None:
    bench.deploy.delete_application(applicationName="nobody")
    bench.deploy.delete_deployment_group(applicationName="nobody", deploymentGroupName="none")
    bench.deploy.delete_deployment_config(deploymentConfigName="none")


def test_tags_follow_tag_and_untag(bench: Bench) -> None:
    arn = f"{_prefix()}application:{bench.application}"
    tag = {"Key": "workshop", "Value": "ana"}
    bench.deploy.tag_resource(ResourceArn=arn, Tags=[tag, {"Key": "other", "Value": ""}])
    bench.deploy.untag_resource(ResourceArn=arn, TagKeys=["other"])
    assert bench.deploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == [tag]
    found = bench.aws("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["codedeploy:application"]
    )
    assert {"ResourceARN": arn, "Tags": [tag]} in found["ResourceTagMappingList"]


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:s3:::bucket", "InvalidArnException"),
        ("application:nobody", "ApplicationDoesNotExistException"),
        ("deploymentgroup:nobody/none", "ApplicationDoesNotExistException"),
        ("deploymentconfig:x", "ArnNotSupportedException"),
    ],
)
def test_tags_of_what_has_none_are_refused(bench: Bench, arn: str, code: str) -> None:
    full = arn if arn.startswith("arn:") else _prefix() + arn
    assert refusal(bench.deploy.list_tags_for_resource, ResourceArn=full)[0] == code


def test_reserved_tag_keys_are_refused(bench: Bench) -> None:
    arn = f"{_prefix()}application:{bench.application}"
    tags = [{"Key": "aws:mine", "Value": "x"}]
    refused = refusal(bench.deploy.tag_resource, ResourceArn=arn, Tags=tags)
    assert refused[0] == "InvalidTagsToAddException"


def _prefix() -> str:
    return "arn:aws:codedeploy:us-west-2:123456789012:"


# Groups.


def test_group_shows_everything_that_terraform_sends(bench: Bench) -> None:
    settings = bench.settings(
        autoRollbackConfiguration={"enabled": True, "events": ROLLBACK_EVENTS},
        blueGreenDeploymentConfiguration=blue_green(termination_min=5),
        terminationHookEnabled=False,
    )
    made = bench.deploy.create_deployment_group(**settings)
    shown = bench.group()
    assert shown["deploymentGroupId"] == made["deploymentGroupId"]
    assert shown["computePlatform"] == "ECS"
    assert {name: shown[name] for name in settings} == settings
    for unset in ("ec2TagFilters", "onPremisesInstanceTagFilters", "autoScalingGroups"):
        assert shown[unset] == []
    assert "alarmConfiguration" not in shown
    assert "lastAttemptedDeployment" not in shown


def test_updated_group_changes_only_what_was_named(bench: Bench) -> None:
    bench.create_group()
    before = bench.group()
    pair = before["loadBalancerInfo"]["targetGroupPairInfoList"][0]
    bench.deploy.update_deployment_group(
        applicationName=bench.application,
        currentDeploymentGroupName=bench.group_name,
        blueGreenDeploymentConfiguration=blue_green("STOP_DEPLOYMENT"),
        deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes",
    )
    after = bench.group()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"blueGreenDeploymentConfiguration", "deploymentConfigName"}
    assert after["loadBalancerInfo"]["targetGroupPairInfoList"] == [pair]


def test_renamed_group_is_found_by_its_new_name_only(bench: Bench) -> None:
    group_id = bench.create_group()
    old, bench.group_name = bench.group_name, "renamed"
    bench.deploy.update_deployment_group(
        applicationName=bench.application,
        currentDeploymentGroupName=old,
        newDeploymentGroupName="renamed",
    )
    assert bench.group()["deploymentGroupId"] == group_id
    listed = bench.deploy.list_deployment_groups(applicationName=bench.application)
    assert listed["deploymentGroups"] == ["renamed"]
    assert listed["applicationName"] == bench.application
    batch = bench.deploy.batch_get_deployment_groups(
        applicationName=bench.application, deploymentGroupNames=["renamed", old]
    )
    assert [info["deploymentGroupName"] for info in batch["deploymentGroupsInfo"]] == ["renamed"]
    assert old in batch["errorMessage"]


def test_deleted_group_frees_its_service(bench: Bench) -> None:
    bench.create_group()
    other = bench.settings(deploymentGroupName="second")
    code, message = refusal(bench.deploy.create_deployment_group, **other)
    assert code == "ECSServiceMappingLimitExceededException"
    assert bench.group_name in message
    bench.deploy.delete_deployment_group(
        applicationName=bench.application, deploymentGroupName=bench.group_name
    )
    bench.deploy.create_deployment_group(**other)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"applicationName": "nobody"}, "ApplicationDoesNotExistException", "nobody"),
        ({"deploymentGroupName": "x" * 101}, "InvalidDeploymentGroupNameException", "100"),
        ({"deploymentConfigName": "none"}, "DeploymentConfigDoesNotExistException", "none"),
        (
            {"deploymentConfigName": "CodeDeployDefault.OneAtATime"},
            "NotImplementedException",
            "OneAtATime is not emulated: ECS only",
        ),
        ({"serviceRoleArn": ""}, "RoleRequiredException", "role"),
        (
            {"serviceRoleArn": "arn:aws:iam::123456789012:role/nobody"},
            "InvalidRoleException",
            "does not have the permissions required to assume the role",
        ),
        (
            {"deploymentStyle": {"deploymentType": "IN_PLACE"}},
            "InvalidDeploymentStyleException",
            "must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL",
        ),
        ({"deploymentStyle": None}, "InvalidDeploymentStyleException", "BLUE_GREEN"),
        (
            {"blueGreenDeploymentConfiguration": None},
            "InvalidBlueGreenDeploymentConfigurationException",
            "blueGreenDeploymentConfiguration must be specified",
        ),
        (
            {"blueGreenDeploymentConfiguration": blue_green("WHATEVER")},
            "InvalidBlueGreenDeploymentConfigurationException",
            "CONTINUE_DEPLOYMENT or STOP_DEPLOYMENT",
        ),
        (
            {
                "blueGreenDeploymentConfiguration": {
                    **blue_green(),
                    "deploymentReadyOption": {
                        "actionOnTimeout": "CONTINUE_DEPLOYMENT",
                        "waitTimeInMinutes": 5,
                    },
                }
            },
            "InvalidBlueGreenDeploymentConfigurationException",
            "cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified",
        ),
        (
            {"blueGreenDeploymentConfiguration": blue_green(termination_min=2881)},
            "InvalidBlueGreenDeploymentConfigurationException",
            "2880",
        ),
        (
            {"loadBalancerInfo": None},
            "InvalidLoadBalancerInfoException",
            "loadBalancerInfo must be specified",
        ),
        (
            {"loadBalancerInfo": {"elbInfoList": [{"name": "x"}]}},
            "InvalidLoadBalancerInfoException",
            "must not contain elbInfo list",
        ),
        ({"ecsServices": []}, "InvalidECSServiceException", "one ECS service"),
        (
            {"ecsServices": [{"serviceName": "nobody", "clusterName": "c"}]},
            "InvalidECSServiceException",
            "Could not load ECS service information for cluster: c, service: nobody.",
        ),
        (
            {"autoRollbackConfiguration": {"enabled": True}},
            "InvalidAutoRollbackConfigException",
            "no events",
        ),
        (
            {"autoRollbackConfiguration": {"enabled": True, "events": ["SUNSET"]}},
            "InvalidAutoRollbackConfigException",
            "SUNSET",
        ),
        (
            {"autoScalingGroups": ["x"]},
            "InvalidAutoScalingGroupException",
            "autoScalingGroups can not be specified",
        ),
        ({"outdatedInstancesStrategy": "MAYBE"}, "InvalidInputException", "MAYBE"),
        (
            {"triggerConfigurations": [{"triggerName": "t"}]},
            "NotImplementedException",
            "triggerConfigurations",
        ),
    ],
)
def test_group_that_ecs_cannot_have_is_refused(
    bench: Bench, changed: dict[str, Any], code: str, words: str
) -> None:
    refused = refusal(bench.deploy.create_deployment_group, **bench.settings(**changed))
    assert refused[0] == code
    assert words in refused[1]


def test_target_group_pair_has_exactly_two_groups_that_exist(bench: Bench) -> None:
    route = {"listenerArns": [bench.room.listener]}
    one, other, unknown = {"name": bench.blue}, {"name": bench.green}, {"name": "none"}
    wrong: list[dict[str, Any]] = [
        {"targetGroups": [one], "prodTrafficRoute": route},
        {"targetGroups": [one, one], "prodTrafficRoute": route},
        {"targetGroups": [one, other, unknown], "prodTrafficRoute": route},
        {"targetGroups": [one, unknown], "prodTrafficRoute": route},
        {"targetGroups": [one, other]},
        {"targetGroups": [one, other], "prodTrafficRoute": {"listenerArns": ["arn:none"]}},
        {"targetGroups": [one, other], "prodTrafficRoute": route, "testTrafficRoute": route},
    ]
    for pair in wrong:
        info = {"targetGroupPairInfoList": [pair]}
        settings = bench.settings(loadBalancerInfo=info)
        refused = refusal(bench.deploy.create_deployment_group, **settings)
        assert refused[0] == "InvalidTargetGroupPairException", pair


def test_service_with_another_controller_is_refused(bench: Bench) -> None:
    groups = bench.aws("elbv2").describe_target_groups(Names=[bench.blue])["TargetGroups"]
    rolling = bench.serve(groups[0]["TargetGroupArn"], "ECS", "-rolling")
    services = [{"clusterName": bench.room.cluster, "serviceName": rolling}]
    refused = refusal(bench.deploy.create_deployment_group, **bench.settings(ecsServices=services))
    bench.aws("ecs").delete_service(cluster=bench.room.cluster, service=rolling, force=True)
    assert refused[0] == "InvalidECSServiceException"
    assert "must be configured for a CODE_DEPLOY deployment controller." in refused[1]


def test_role_that_trusts_somebody_else_is_refused(bench: Bench) -> None:
    role = make_role(bench.aws, f"{bench.name}-ecs", "ecs-tasks.amazonaws.com")
    refused = refusal(bench.deploy.create_deployment_group, **bench.settings(serviceRoleArn=role))
    assert refused[0] == "InvalidRoleException"


def test_refused_update_leaves_the_group_as_it_was(bench: Bench) -> None:
    bench.create_group()
    before = bench.group()
    refused = refusal(
        bench.deploy.update_deployment_group,
        applicationName=bench.application,
        currentDeploymentGroupName=bench.group_name,
        newDeploymentGroupName="other",
        deploymentStyle={"deploymentType": "IN_PLACE"},
    )
    assert refused[0] == "InvalidDeploymentStyleException"
    assert bench.group() == before


# Configurations.


@pytest.mark.parametrize(
    ("name", "routing"),
    [
        ("ECSAllAtOnce", {"type": "AllAtOnce"}),
        ("ECSCanary10Percent5Minutes", {"type": "TimeBasedCanary", "timeBasedCanary": (10, 5)}),
        ("ECSCanary10Percent15Minutes", {"type": "TimeBasedCanary", "timeBasedCanary": (10, 15)}),
        (
            "ECSLinear10PercentEvery1Minutes",
            {"type": "TimeBasedLinear", "timeBasedLinear": (10, 1)},
        ),
        (
            "ECSLinear10PercentEvery3Minutes",
            {"type": "TimeBasedLinear", "timeBasedLinear": (10, 3)},
        ),
    ],
)
def test_predefined_configurations_are_there_and_stay(
    bench: Bench, name: str, routing: dict[str, Any]
) -> None:
    name = f"CodeDeployDefault.{name}"
    found = bench.deploy.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    shown = found["trafficRoutingConfig"]
    values = {k: tuple(v.values()) if isinstance(v, dict) else v for k, v in shown.items()}
    assert values == routing
    assert found["computePlatform"] == "ECS"
    assert name in bench.deploy.list_deployment_configs()["deploymentConfigsList"]
    refused = refusal(bench.deploy.delete_deployment_config, deploymentConfigName=name)
    assert refused[0] == "InvalidOperationException"


def test_own_configuration_is_shown_and_cannot_go_while_a_group_uses_it(bench: Bench) -> None:
    name = f"{bench.name}-linear"
    routing = {"type": "TimeBasedLinear", "timeBasedLinear": LINEAR}
    made = bench.deploy.create_deployment_config(
        deploymentConfigName=name, computePlatform="ECS", trafficRoutingConfig=routing
    )
    found = bench.deploy.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    assert found["deploymentConfigId"] == made["deploymentConfigId"]
    assert found["trafficRoutingConfig"] == routing
    again = refusal(
        bench.deploy.create_deployment_config,
        deploymentConfigName=name,
        computePlatform="ECS",
        trafficRoutingConfig=routing,
    )
    assert again[0] == "DeploymentConfigAlreadyExistsException"
    bench.create_group(deploymentConfigName=name)
    used = refusal(bench.deploy.delete_deployment_config, deploymentConfigName=name)
    assert used[0] == "DeploymentConfigInUseException"
    bench.deploy.delete_deployment_group(
        applicationName=bench.application, deploymentGroupName=bench.group_name
    )
    bench.deploy.delete_deployment_config(deploymentConfigName=name)
    gone = refusal(bench.deploy.get_deployment_config, deploymentConfigName=name)
    assert gone[0] == "DeploymentConfigDoesNotExistException"


@pytest.mark.parametrize(
    "routing",
    [
        None,
        {"type": "Sudden"},
        {"type": "TimeBasedCanary"},
        {"type": "TimeBasedCanary", "timeBasedLinear": LINEAR},
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 0}},
        {
            "type": "TimeBasedCanary",
            "timeBasedCanary": {"canaryPercentage": 100, "canaryInterval": 5},
        },
        {
            "type": "TimeBasedCanary",
            "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 0},
        },
        {
            "type": "TimeBasedCanary",
            "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 2881},
        },
        {"type": "TimeBasedLinear"},
        {"type": "TimeBasedLinear", "timeBasedCanary": CANARY},
        {
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": 0, "linearInterval": 2},
        },
        {
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": 100, "linearInterval": 2},
        },
        {
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": 20, "linearInterval": 0},
        },
        {"type": "AllAtOnce", "timeBasedLinear": LINEAR},
        {
            "type": "TimeBasedLinear",
            "timeBasedLinear": {"linearPercentage": 1, "linearInterval": 60},
        },
    ],
)
def test_impossible_traffic_routing_is_refused(bench: Bench, routing: Any) -> None:
    given = {"trafficRoutingConfig": routing} if routing else {}
    refused = refusal(
        bench.deploy.create_deployment_config,
        deploymentConfigName="wrong",
        computePlatform="ECS",
        **given,
    )
    assert refused[0] == "InvalidTrafficRoutingConfigurationException"


def test_twenty_sixth_configuration_is_one_too_many(bench: Bench) -> None:
    names = []
    for number in itertools.count():
        name = f"{bench.name}-{number}"
        request = {
            "deploymentConfigName": name,
            "computePlatform": "ECS",
            "trafficRoutingConfig": {"type": "AllAtOnce"},
        }
        if len(names) == 25:
            refused = refusal(bench.deploy.create_deployment_config, **request)
            break
        bench.deploy.create_deployment_config(**request)
        names.append(name)
    for name in names:
        bench.deploy.delete_deployment_config(deploymentConfigName=name)
    assert refused[0] == "DeploymentConfigLimitExceededException"


def test_operation_that_nobody_wrote_is_refused_by_name(bench: Bench) -> None:
    assert refusal(bench.deploy.list_on_premises_instances) == (
        "NotImplementedException",
        "codedeploy:ListOnPremisesInstances is not emulated.",
    )
