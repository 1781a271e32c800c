"""An application to deploy to, and short ways to use it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
DEADLINE_S = 30


@dataclass
class Room:
    """What several deployment groups share."""

    vpc: str
    listener: str
    cluster: str
    role: str
    network: Json
    priorities: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))


@dataclass
class Bench:
    """An application with a service behind the first of two target groups; no task runs in it."""

    aws: Callable[[str], Any]
    room: Room
    name: str

    def __post_init__(self) -> None:
        self.deploy = self.aws("codedeploy")
        self.application = f"app-{self.name}"
        self.group_name = f"group-{self.name}"
        self.blue, self.green = f"{self.name}-blue", f"{self.name}-green"
        self.deploy.create_application(applicationName=self.application, computePlatform="ECS")
        arns = [self._target_group(self.blue), self._target_group(self.green)]
        self.path = f"/{self.name}/*"
        self._rule(arns)
        self.definition = self.define()
        self.service = self.serve(arns[0])

    def _target_group(self, name: str) -> str:
        made = self.aws("elbv2").create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId=self.room.vpc, TargetType="ip"
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def _rule(self, arns: list[str]) -> None:
        weights = [{"TargetGroupArn": arns[0], "Weight": 100}]
        weights.append({"TargetGroupArn": arns[1], "Weight": 0})
        self.aws("elbv2").create_rule(
            ListenerArn=self.room.listener,
            Priority=next(self.room.priorities),
            Conditions=[{"Field": "path-pattern", "Values": [self.path]}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        )

    def define(self) -> str:
        """Register a revision of one container `app` on port 80 and return its ARN."""
        container = {"name": "app", "image": "none", "portMappings": [{"containerPort": 80}]}
        answer = self.aws("ecs").register_task_definition(
            family=self.name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[container],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def serve(self, target_group: str, controller: str = "CODE_DEPLOY", suffix: str = "") -> str:
        name = f"service-{self.name}{suffix}"
        balancer = {"targetGroupArn": target_group, "containerName": "app", "containerPort": 80}
        self.aws("ecs").create_service(
            cluster=self.room.cluster,
            serviceName=name,
            taskDefinition=self.definition,
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration=self.room.network,
            loadBalancers=[balancer],
            deploymentController={"type": controller},
        )
        return name

    # Groups.

    def settings(self, **changed: Any) -> Json:
        """Return what CreateDeploymentGroup is given, as Terraform gives it."""
        pair = {
            "targetGroups": [{"name": self.blue}, {"name": self.green}],
            "prodTrafficRoute": {"listenerArns": [self.room.listener]},
        }
        settings = {
            "applicationName": self.application,
            "deploymentGroupName": self.group_name,
            "deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce",
            "serviceRoleArn": self.room.role,
            "deploymentStyle": {
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            "blueGreenDeploymentConfiguration": blue_green(),
            "ecsServices": [{"clusterName": self.room.cluster, "serviceName": self.service}],
            "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
            "outdatedInstancesStrategy": "UPDATE",
        }
        return {name: v for name, v in {**settings, **changed}.items() if v is not None}

    def create_group(self, **changed: Any) -> str:
        made = self.deploy.create_deployment_group(**self.settings(**changed))
        return str(made["deploymentGroupId"])

    def group(self) -> Json:
        answer = self.deploy.get_deployment_group(
            applicationName=self.application, deploymentGroupName=self.group_name
        )
        return dict(answer["deploymentGroupInfo"])

    # Deployments.

    def appspec(self, **properties: Any) -> Json:
        given = {
            "TaskDefinition": self.definition,
            "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80},
            **properties,
        }
        service = {"Type": "AWS::ECS::Service", "Properties": given}
        return {"version": 0.0, "Resources": [{"TargetService": service}]}

    def request(self, content: str | None = None, **changed: Any) -> Json:
        content = json.dumps(self.appspec()) if content is None else content
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}}
        request = {
            "applicationName": self.application,
            "deploymentGroupName": self.group_name,
            "revision": revision,
            **changed,
        }
        return {name: value for name, value in request.items() if value is not None}

    def start(self, content: str | None = None, **changed: Any) -> str:
        made = self.deploy.create_deployment(**self.request(content, **changed))
        return str(made["deploymentId"])

    def deployment(self, deployment_id: str) -> Json:
        answer = self.deploy.get_deployment(deploymentId=deployment_id)
        return dict(answer["deploymentInfo"])

    def wait_for(self, deployment_id: str, status: str) -> Json:
        """Return the deployment once it has this status. Fails if it ends with another."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            found = self.deployment(deployment_id)
            if found["status"] == status:
                return found
            assert found["status"] not in {"Succeeded", "Failed", "Stopped"}, found
            assert time.monotonic() < deadline, f"{deployment_id} never was {status}: {found}"
            time.sleep(0.05)

    def wait_until(self, found: Callable[[], Any]) -> Any:
        """Return what `found` returns once it is true. Fails if that does not come."""
        deadline = time.monotonic() + DEADLINE_S
        while not (result := found()):
            assert time.monotonic() < deadline, "what was waited for did not come"
            time.sleep(0.05)
        return result

    def target(self, deployment_id: str) -> Json:
        """Return the target, once the deployment has started: there is none before."""
        self.wait_until(lambda: self.deployment(deployment_id)["status"] != "Created")
        answer = self.deploy.get_deployment_target(
            deploymentId=deployment_id, targetId=f"{self.room.cluster}:{self.service}"
        )
        return dict(answer["deploymentTarget"])

    def clean(self) -> None:
        """End what runs, so that the service may go."""
        for status in ("Created", "InProgress", "Ready"):
            answer = self.deploy.list_deployments(includeOnlyStatuses=[status])
            for deployment_id in answer["deployments"]:
                self.deploy.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=False)
        self.deploy.delete_application(applicationName=self.application)
        self.aws("ecs").delete_service(cluster=self.room.cluster, service=self.service, force=True)


def blue_green(ready: str = "CONTINUE_DEPLOYMENT", termination_min: int = 0) -> Json:
    """Return a BlueGreenDeploymentConfiguration that waits an hour to be continued, or not."""
    return {
        "terminateBlueInstancesOnDeploymentSuccess": {
            "action": "TERMINATE",
            "terminationWaitTimeInMinutes": termination_min,
        },
        "deploymentReadyOption": {
            "actionOnTimeout": ready,
            "waitTimeInMinutes": 60 if ready == "STOP_DEPLOYMENT" else 0,
        },
    }


def make_role(aws: Callable[[str], Any], name: str, service: str) -> str:
    """Make a role that a service may assume and return its ARN."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    return str(made["Role"]["Arn"])
