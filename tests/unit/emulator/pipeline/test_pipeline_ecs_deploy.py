"""What an ECS deploy action registers and waits for, and the words it fails with."""

import json

import pytest

from emulator.data_plane.pipeline_actions import ecs_deploy


class Service:
    """A service of two containers that wants no task, so that a roll-out is over at once."""

    def __init__(self, aws, workbench, desired: int = 0) -> None:
        self.name = f"{workbench.prefix}-service"
        self.ecs = aws("ecs")
        self.ecs.create_cluster(clusterName=self.name)
        self.first = self.ecs.register_task_definition(
            family=self.name,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=workbench.role_arn,
            taskRoleArn=workbench.role_arn,
            tags=[{"key": "step", "value": "1.2"}],
            containerDefinitions=[
                {
                    "name": "web",
                    "image": "old:1",
                    "command": ["serve"],
                    "environment": [{"name": "A", "value": "b"}],
                },
                {"name": "side", "image": "side:1"},
            ],
        )["taskDefinition"]["taskDefinitionArn"]
        ec2 = aws("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
        self.ecs.create_service(
            cluster=self.name,
            serviceName=self.name,
            taskDefinition=self.first,
            desiredCount=desired,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        )

    def configuration(self, **more: str) -> dict[str, str]:
        return {"ClusterName": self.name, "ServiceName": self.name, **more}

    def task_definition(self) -> dict:
        found = self.ecs.describe_services(cluster=self.name, services=[self.name])
        return self.ecs.describe_task_definition(
            taskDefinition=found["services"][0]["taskDefinition"], include=["TAGS"]
        )


@pytest.fixture
def make_service(aws, workbench):
    """Return a function that makes the service; it is deleted when the test ends."""
    made = []

    def make(desired: int = 0) -> Service:
        made.append(Service(aws, workbench, desired))
        return made[-1]

    yield make
    for service in made:
        service.ecs.delete_service(cluster=service.name, service=service.name, force=True)


def deploy(declare, configuration: dict[str, str]):
    return declare("Deploy", "Deploy", "ECS", configuration, inputs=["SourceOutput"])


def images(**by_container: str) -> str:
    return json.dumps([{"name": n, "imageUri": uri} for n, uri in by_container.items()])


def test_deploy_copies_the_revision_in_use_but_for_the_named_images(
    workbench, declare, make_service
):
    service = make_service()
    workbench.put_source({"imagedefinitions.json": images(web="new:2")})
    execution_id = workbench.create(deploy(declare, service.configuration()))
    assert workbench.ended(execution_id) == "Succeeded"
    described = service.task_definition()
    definition = described["taskDefinition"]
    assert definition["revision"] == 2
    assert [c["image"] for c in definition["containerDefinitions"]] == ["new:2", "side:1"]
    web = definition["containerDefinitions"][0]
    assert (web["command"], web["environment"]) == (["serve"], [{"name": "A", "value": "b"}])
    assert definition["executionRoleArn"] == definition["taskRoleArn"] == workbench.role_arn
    assert described["tags"] == [{"key": "step", "value": "1.2"}]


def test_deploy_copies_what_the_service_uses_not_what_was_registered_last(
    workbench, declare, make_service
):
    service = make_service()
    service.ecs.register_task_definition(
        family=service.name,
        containerDefinitions=[{"name": "web", "image": "unused:9", "memory": 64}],
    )
    workbench.put_source({"imagedefinitions.json": images(web="new:2")})
    workbench.ended(workbench.create(deploy(declare, service.configuration())))
    definition = service.task_definition()["taskDefinition"]
    assert [c["image"] for c in definition["containerDefinitions"]] == ["new:2", "side:1"]


def test_deploy_reads_the_file_that_its_configuration_names(workbench, declare, make_service):
    service = make_service()
    workbench.put_source({"out/images.json": images(side="new:2")})
    configuration = service.configuration(FileName="out/images.json")
    execution_id = workbench.create(deploy(declare, configuration))
    assert workbench.ended(execution_id) == "Succeeded"
    definition = service.task_definition()["taskDefinition"]
    assert [c["image"] for c in definition["containerDefinitions"]] == ["old:1", "new:2"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"other": ""}, "Did not find the image definition file imagedefinitions.json in the "),
        ({"imagedefinitions.json": "{"}, "imagedefinitions.json contents invalid JSON format"),
        ({"imagedefinitions.json": "[1]"}, "imagedefinitions.json contents invalid JSON format"),
        ({"imagedefinitions.json": "[]"}, "imagedefinitions.json contents invalid JSON format"),
        (
            {"imagedefinitions.json": images(nope="x:1")},
            "The AWS ECS container nope does not exist",
        ),
    ],
)
def test_deploy_fails_on_a_wrong_image_definition_file(
    workbench, declare, make_service, files, message
):
    service = make_service()
    workbench.put_source(files)
    execution_id = workbench.create(deploy(declare, service.configuration()))
    assert workbench.ended(execution_id) == "Failed"
    error = workbench.error(execution_id, "Deploy")
    assert error["code"] == "ConfigurationError"
    assert message in error["message"]
    assert service.task_definition()["taskDefinition"]["taskDefinitionArn"] == service.first


@pytest.mark.parametrize("missing", ["ClusterName", "ServiceName"])
def test_deploy_to_what_does_not_exist_fails_naming_it(workbench, declare, make_service, missing):
    service = make_service()
    workbench.put_source({"imagedefinitions.json": images(web="new:2")})
    configuration = service.configuration(**{missing: "nowhere"})
    execution_id = workbench.create(deploy(declare, configuration))
    assert workbench.ended(execution_id) == "Failed"
    message = workbench.error(execution_id, "Deploy")["message"]
    kind = missing.removesuffix("Name").lower()
    assert message == f"The AWS ECS {kind} nowhere does not exist"


@pytest.fixture
def short_timeouts(monkeypatch):
    """Let timeouts be as short as the clock makes them: there is no roll-out to leave time for."""
    monkeypatch.setattr(ecs_deploy, "LEAST_TIMEOUT_S", 0.0)


@pytest.mark.usefixtures("short_timeouts")
def test_deploy_that_never_gets_steady_fails_at_its_timeout(workbench, declare, make_service):
    service = make_service(desired=1)
    workbench.put_source({"imagedefinitions.json": images(web="nowhere:1")})
    configuration = service.configuration(DeploymentTimeout="1")
    execution_id = workbench.create(deploy(declare, configuration))
    assert workbench.ended(execution_id) == "Failed"
    error = workbench.error(execution_id, "Deploy")
    assert error["code"] == "JobFailed"
    assert "timed out after 1 minute(s)" in error["message"]


@pytest.mark.usefixtures("short_timeouts")
def test_deploy_does_not_see_that_the_service_went_back(
    workbench, declare, make_service, wait_until
):
    """As after a rollback of the circuit breaker: steady on the old revision, InProgress here."""
    service = make_service(desired=1)
    workbench.put_source({"imagedefinitions.json": images(web="nowhere:1")})
    configuration = service.configuration(DeploymentTimeout="2")
    execution_id = workbench.create(deploy(declare, configuration))
    wait_until(lambda: service.task_definition()["taskDefinition"]["revision"] == 2)
    service.ecs.update_service(
        cluster=service.name, service=service.name, taskDefinition=service.first, desiredCount=0
    )
    assert workbench.actions(execution_id)["Deploy"]["status"] == "InProgress"
    assert workbench.ended(execution_id) == "Failed"
    message = workbench.error(execution_id, "Deploy")["message"]
    assert "timed out after 2 minute(s)" in message
