"""A production service as lab 2 has it: real tasks behind two groups, and CodeDeploy over them."""

import json
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

Json = dict[str, Any]

SERVER = """
import http.server, os, signal, sys

def status(path):
    is_sick = os.environ.get("SICK") == "1" or os.path.exists(os.environ.get("SICK_FILE", ""))
    is_broken = os.environ.get("BROKEN") == "1" and path != "/ping"
    return 500 if is_sick or is_broken else 200

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(status(self.path))
        body = os.environ["VERSION"].encode()
        self.send_header("X-Hello-Version", os.environ["VERSION"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
"""Answers with its version: 500 with SICK=1 or while SICK_FILE is there; with BROKEN=1 the health
check alone gets 200."""


class Production:
    """One service, its two groups and rule, and a deployment group; short ways to use them."""

    def __init__(self, world: Any, image: str, role: str, delay_s: int, count: int) -> None:
        self.world = world
        self.aws = world.aws
        self.deploy = world.aws("codedeploy")
        self._image = image
        self._role = role
        self.application = world.unique()
        self._configs: list[str] = []
        self.blue = world.target_group(delay_s, is_used=False)
        self.green = world.target_group(delay_s, is_used=False)
        self.rule, self.path = world.route({self.blue: 100, self.green: 0})
        self.service = world.serve(
            self.version("one"),
            self.blue,
            desiredCount=count,
            deploymentController={"type": "CODE_DEPLOY"},
        )
        world.wait_for(lambda: self.is_steady, "a steady service")
        self.deploy.create_application(applicationName=self.application, computePlatform="ECS")

    # What a participant does.

    def version(self, version: str, **variables: str) -> str:
        """Register a revision that answers with its version and return its ARN."""
        environment = [{"name": "VERSION", "value": version}]
        environment += [{"name": name, "value": value} for name, value in variables.items()]
        return str(self.world.define(self._image, environment=environment))

    def make_group(
        self,
        termination: Json | None = None,
        ready: Json | None = None,
        config: str = "CodeDeployDefault.ECSAllAtOnce",
        rollback: bool = True,
        test_listener: str | None = None,
        alarms: Json | None = None,
    ) -> None:
        events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
        pair: Json = {
            "targetGroups": [{"name": _name(self.blue)}, {"name": _name(self.green)}],
            "prodTrafficRoute": {"listenerArns": [self.world.listener]},
        }
        if test_listener:
            pair["testTrafficRoute"] = {"listenerArns": [test_listener]}
        self.deploy.create_deployment_group(
            applicationName=self.application,
            deploymentGroupName="group",
            serviceRoleArn=self._role,
            deploymentConfigName=config,
            ecsServices=[{"clusterName": self.world.cluster, "serviceName": self.service}],
            deploymentStyle={
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            loadBalancerInfo={"targetGroupPairInfoList": [pair]},
            alarmConfiguration=alarms or {"enabled": False},
            autoRollbackConfiguration={"enabled": rollback, "events": events if rollback else []},
            blueGreenDeploymentConfiguration={
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    **(termination or {"terminationWaitTimeInMinutes": 0}),
                },
                "deploymentReadyOption": ready or {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            },
        )

    def release(self, definition: str, **request: Any) -> str:
        """Create a deployment of a revision and return its id."""
        properties = {
            "TaskDefinition": definition,
            "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80},
        }
        resource = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
        answer = self.deploy.create_deployment(
            applicationName=self.application,
            deploymentGroupName="group",
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {
                    "content": json.dumps({"version": 0.0, "Resources": [resource]})
                },
            },
            **request,
        )
        return str(answer["deploymentId"])

    def go_on(self, deployment_id: str, wait_type: str = "READY_WAIT") -> None:
        self.deploy.continue_deployment(deploymentId=deployment_id, deploymentWaitType=wait_type)

    def stop(self, deployment_id: str, roll_back: bool) -> None:
        self.deploy.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=roll_back)

    def config(self, kind: str, percent: int, minutes: int) -> str:
        """Make a configuration of one's own and return its name."""
        member = kind[0].lower() + kind[1:]
        short = member.removeprefix("timeBased").lower()
        values = {f"{short}Percentage": percent, f"{short}Interval": minutes}
        name = f"{self.application}-{short}-{percent}-{minutes}"
        self.deploy.create_deployment_config(
            deploymentConfigName=name,
            computePlatform="ECS",
            trafficRoutingConfig={"type": kind, member: values},
        )
        self._configs.append(name)
        return name

    def close(self) -> None:
        """Leave nothing that counts towards a quota; the world takes the service away."""
        self.deploy.delete_application(applicationName=self.application)
        for name in self._configs:
            self.deploy.delete_deployment_config(deploymentConfigName=name)

    # What is.

    def group(self) -> Json:
        answer = self.deploy.get_deployment_group(
            applicationName=self.application, deploymentGroupName="group"
        )
        return dict(answer["deploymentGroupInfo"])

    def deployment(self, deployment_id: str) -> Json:
        answer = self.deploy.get_deployment(deploymentId=deployment_id)
        return dict(answer["deploymentInfo"])

    def target(self, deployment_id: str) -> Json:
        target_id = f"{self.world.cluster}:{self.service}"
        self.world.wait_for(lambda: self.is_started(deployment_id), f"the start of {deployment_id}")
        answer = self.deploy.get_deployment_target(deploymentId=deployment_id, targetId=target_id)
        return dict(answer["deploymentTarget"]["ecsTarget"])

    def is_started(self, deployment_id: str) -> bool:
        """Tell whether there is a target: AWS knows of none before (DeploymentNotStarted)."""
        return bool(self.deployment(deployment_id)["status"] != "Created")

    def lifecycle(self, deployment_id: str) -> dict[str, str]:
        events = self.target(deployment_id)["lifecycleEvents"]
        return {event["lifecycleEventName"]: event["status"] for event in events}

    def traffic(self, deployment_id: str) -> dict[str, float]:
        """Return the share of each task set by its label."""
        sets = self.target(deployment_id)["taskSetsInfo"]
        return {each["taskSetLabel"]: each["trafficWeight"] for each in sets}

    def wait_status(self, deployment_id: str, *statuses: str) -> Json:
        def reached() -> Json | None:
            found = self.deployment(deployment_id)
            return found if found["status"] in statuses else None

        found: Json = self.world.wait_for(reached, f"{deployment_id} {statuses}")
        return found

    def wait_event(self, deployment_id: str, name: str, status: str) -> None:
        self.world.wait_for(
            lambda: self.lifecycle(deployment_id)[name] == status, f"{name} {status}"
        )

    def wait_rolled_back(self, deployment_id: str) -> Json:
        """Wait until the deployment that undoes this one has succeeded; return its info."""
        stopped = self.deployment(deployment_id)

        def link() -> str | None:
            info = self.deployment(deployment_id).get("rollbackInfo") or {}
            return info.get("rollbackDeploymentId")

        found = self.world.wait_for(link, f"a rollback of {stopped['deploymentId']}")
        return self.wait_status(found, "Succeeded")

    @property
    def task_sets(self) -> list[Json]:
        return list(self.world.service(self.service)["taskSets"])

    @property
    def is_steady(self) -> bool:
        return [each["stabilityStatus"] for each in self.task_sets] == ["STEADY_STATE"]

    @property
    def weights(self) -> dict[str, int]:
        """Return the production rule's weights by slot."""
        return self.weights_of(self.rule)

    def weights_of(self, rule_arn: str) -> dict[str, int]:
        rule = self.aws("elbv2").describe_rules(RuleArns=[rule_arn])["Rules"][0]
        slots = {self.blue: "blue", self.green: "green"}
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        return {slots[group["TargetGroupArn"]]: group["Weight"] for group in groups}

    @property
    def url(self) -> str:
        return f"{self.world.url}{self.path}/"

    def answers(self, requests: int = 20) -> Counter[str]:
        url = self.url
        return Counter(self.ask(url) for _ in range(requests))

    def status(self) -> int:
        """Return the status of one answer of production."""
        try:
            with urllib.request.urlopen(self.url) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def ask(self, url: str | None = None) -> str:
        with urllib.request.urlopen(url or self.url) as answer:
            return str(answer.read().decode())


def _name(arn: str) -> str:
    return arn.split("/")[1]
