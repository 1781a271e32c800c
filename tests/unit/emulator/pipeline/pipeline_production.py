"""A production service with two slots, CodeDeploy in front of it, and an image that answers."""

import gzip
import io
import json
import tarfile
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from emulator.data_plane.registry.manifests import OCI_MANIFEST, parse_manifest
from emulator.data_plane.registry.store import RepositoryKey
from emulator.server import Emulator

ACCOUNT, REGION = "123456789012", "us-west-2"
Json = dict[str, Any]

SERVER = """
import http.server, os, signal

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["ANSWER"].encode())
    def log_message(self, *args):
        pass

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
server.serve_forever()
"""

APP_SPEC = """
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: app
          ContainerPort: 80
"""


def push_image(emulator: Emulator, aws: Callable[[str], Any], name: str) -> str:
    """Make an image of the server, as `docker push` would, and return its reference."""
    aws("ecr").create_repository(repositoryName=name)
    store, key = emulator.runtime.images, RepositoryKey(ACCOUNT, REGION, name)

    def blob(content: bytes) -> Json:
        upload = store.blobs.start_upload()
        store.blobs.append(upload, [content])
        digest = store.blobs.finish(upload, None)
        store.link_blob(key, digest)
        return {"digest": digest, "size": len(content)}

    settings = {
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
        "Cmd": ["python", "server.py"],
        "WorkingDir": "/app",
        "Labels": {"io.workshop.base": "python"},
    }
    config = blob(json.dumps({"config": settings}).encode())
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **blob(_layer())}],
    }
    store.put_manifest(key, parse_manifest(json.dumps(document).encode()), "1", datetime.now(UTC))
    return f"{emulator.settings.registry_host}/{name}:1"


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("app/server.py")
        member.size, member.mode = len(SERVER.encode()), 0o644
        archive.addfile(member, io.BytesIO(SERVER.encode()))
    return gzip.compress(buffer.getvalue())


class Production:
    """A service of `desired` tasks behind a rule, with an application and a deployment group."""

    def __init__(
        self, emulator: Emulator, aws: Callable[[str], Any], name: str, role: str, desired: int
    ) -> None:
        self.name, self.aws, self._emulator, self._role = name, aws, emulator, role
        self.image = push_image(emulator, aws, name)
        self._network()
        aws("ecs").create_cluster(clusterName=name)
        revision = aws("ecs").register_task_definition(**self.definition("old", self.image))
        self._serve(revision["taskDefinition"]["taskDefinitionArn"], desired)
        self._deployment_group()

    def definition(self, answer: str, image: str) -> Json:
        """Return what RegisterTaskDefinition takes, and what `taskdef.json` may hold."""
        container = {
            "name": "app",
            "image": image,
            "essential": True,
            "portMappings": [{"containerPort": 80}],
            "environment": [{"name": "ANSWER", "value": answer}],
        }
        return {
            "family": self.name,
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": self._role,
            "containerDefinitions": [container],
        }

    def files(self, answer: str) -> dict[str, str]:
        """Return what the pipeline's source must hold to release a version."""
        return {
            "taskdef.json": json.dumps(self.definition(answer, "<IMAGE1_NAME>")),
            "appspec.yaml": APP_SPEC,
            "imageDetail.json": json.dumps({"ImageURI": self.image}),
        }

    def configuration(self) -> dict[str, str]:
        """Return the configuration of the pipeline's DeployProd."""
        return {
            "ApplicationName": self.name,
            "DeploymentGroupName": self.name,
            "TaskDefinitionTemplateArtifact": "SourceOutput",
            "TaskDefinitionTemplatePath": "taskdef.json",
            "AppSpecTemplateArtifact": "SourceOutput",
            "AppSpecTemplatePath": "appspec.yaml",
            "Image1ArtifactName": "SourceOutput",
            "Image1ContainerName": "IMAGE1_NAME",
        }

    def _network(self) -> None:
        ec2, elbv2 = self.aws("ec2"), self.aws("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
        self._subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{n}.0/24", AvailabilityZone=zone)[
                "Subnet"
            ]["SubnetId"]
            for n, zone in ((1, "us-west-2a"), (2, "us-west-2b"))
        ]
        balancer = elbv2.create_load_balancer(Name=self.name, Subnets=self._subnets)
        self.balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        self.blue, self.green = (self._target_group(vpc, slot) for slot in ("blue", "green"))
        groups = [
            {"TargetGroupArn": self.blue, "Weight": 100},
            {"TargetGroupArn": self.green, "Weight": 0},
        ]
        self.listener = elbv2.create_listener(
            LoadBalancerArn=self.balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )["Listeners"][0]["ListenerArn"]

    def _target_group(self, vpc: str, slot: str) -> str:
        elbv2 = self.aws("elbv2")
        made = elbv2.create_target_group(
            Name=f"{self.name}-{slot}",
            Protocol="HTTP",
            Port=80,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        elbv2.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}],
        )
        return arn

    def _serve(self, revision: str, desired: int) -> None:
        balancer = {"targetGroupArn": self.blue, "containerName": "app", "containerPort": 80}
        network = {"subnets": self._subnets, "assignPublicIp": "ENABLED"}
        self.aws("ecs").create_service(
            cluster=self.name,
            serviceName=self.name,
            taskDefinition=revision,
            desiredCount=desired,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            loadBalancers=[balancer],
            deploymentController={"type": "CODE_DEPLOY"},
        )

    def _deployment_group(self) -> None:
        deploy = self.aws("codedeploy")
        deploy.create_application(applicationName=self.name, computePlatform="ECS")
        groups = [{"name": f"{self.name}-blue"}, {"name": f"{self.name}-green"}]
        pair = {"targetGroups": groups, "prodTrafficRoute": {"listenerArns": [self.listener]}}
        deploy.create_deployment_group(
            applicationName=self.name,
            deploymentGroupName=self.name,
            deploymentConfigName="CodeDeployDefault.ECSAllAtOnce",
            serviceRoleArn=self._role,
            deploymentStyle={
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            blueGreenDeploymentConfiguration={
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    "terminationWaitTimeInMinutes": 5,
                },
            },
            autoRollbackConfiguration={
                "enabled": True,
                "events": [
                    "DEPLOYMENT_FAILURE",
                    "DEPLOYMENT_STOP_ON_ALARM",
                    "DEPLOYMENT_STOP_ON_REQUEST",
                ],
            },
            ecsServices=[{"clusterName": self.name, "serviceName": self.name}],
            loadBalancerInfo={"targetGroupPairInfoList": [pair]},
        )

    def deployment(self, deployment_id: str) -> Json:
        answer = self.aws("codedeploy").get_deployment(deploymentId=deployment_id)
        return dict(answer["deploymentInfo"])

    def task_sets(self) -> list[Json]:
        found = self.aws("ecs").describe_services(cluster=self.name, services=[self.name])
        return list(found["services"][0]["taskSets"])

    def answer(self) -> str:
        """Return what production answers by HTTP; nothing where it does not."""
        endpoint = self._emulator.settings.endpoint_url
        with urllib.request.urlopen(f"{endpoint}/_emulator/listeners") as found:
            listeners = json.load(found)["listeners"]
        ports = {each["listenerArn"]: each["publishedPort"] for each in listeners}
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[self.listener]}/") as said:
                return str(said.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            return ""

    def remove(self) -> None:
        self.aws("ecs").delete_service(cluster=self.name, service=self.name, force=True)
        self.aws("elbv2").delete_load_balancer(LoadBalancerArn=self.balancer)
