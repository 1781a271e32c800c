"""What AWS records of lab 2's and lab 3's environment, as a view whose answers are given."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from workshop.approvals import WaitingApproval
from workshop.checks.deployment import LIFECYCLE
from workshop.checks.view import View
from workshop.checks.web import Answer
from workshop.deployments import Deployment, LifecycleEvent
from workshop.environment import (
    Approval,
    BuildProject,
    Canary,
    Clusters,
    CodeDeploy,
    Environment,
    ImageRepository,
    Listener,
    LoadBalancer,
    LoadBalancers,
    Pipeline,
    Production,
    Service,
    SourceRepository,
)

HEAD = "c0ffee" + "0" * 34
OLDER = "bad1de" + "0" * 34
TASK = "4124fe3980a857642d1f4fabd0f59d6e"
EXECUTION = "11111111-2222-3333-4444-555555555555"
BLUE, GREEN = (
    "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/ana-prod-blue/1",
    ("arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/ana-prod-green/2"),
)
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BALANCER = LoadBalancer("ana-prod", "arn:lb", "localhost", 80)
ENVIRONMENT = Environment(
    region="us-west-2",
    prefix="ana",
    step="2.4",
    clusters=Clusters("ana-staging", "ana-prod"),
    load_balancers=LoadBalancers(BALANCER, BALANCER),
    source_repository=SourceRepository("ana-hello-server", "http://127.0.0.1/r", "main"),
    image_repository=ImageRepository("ana-hello-server", "127.0.0.1:4566/ana-hello-server"),
    first_build=BuildProject("ana-hello-server-image", "/first"),
    build=BuildProject("ana-hello-server", "/build"),
    pipeline=Pipeline("ana-hello-server"),
    services={
        "prod": Service(
            "ana-prod",
            "hello-server-prod",
            "ana-hello-server-prod",
            "hello-server",
            "/ecs-workshop/ana/prod",
            {"blue": BLUE, "green": GREEN},
            3,
        )
    },
    production=Production("arn:listener", "arn:rule"),
    codedeploy=CodeDeploy("ana-hello-server", "ana-hello-server-prod"),
    approval=Approval("Approve", "Approve", "arn:topic"),
)
TEST_LISTENER = "arn:test-listener"
OWN_CANARY, OWN_LINEAR = "ana-canary-20-percent-2-minutes", "ana-linear-20-percent-every-2-minutes"
CANARY = Canary(
    test_listener=Listener(TEST_LISTENER, "arn:test-rule", 9001),
    configurations={"canary": OWN_CANARY, "linear": OWN_LINEAR},
    alarms={"blue": "ana-prod-blue-5xx", "green": "ana-prod-green-5xx"},
)
LAB_3 = replace(ENVIRONMENT, step="3.4", canary=CANARY)

TASK_DEFINITION = {
    "family": "ana-hello-server-prod",
    "executionRoleArn": "arn:aws:iam::123456789012:role/ana-prod-execution",
    "taskRoleArn": "arn:aws:iam::123456789012:role/ana-prod-task",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "hello-server",
            "image": f"123456789012.dkr.ecr/ana-hello-server:{HEAD}",
            "logConfiguration": {"options": {"awslogs-group": "/ecs-workshop/ana/prod"}},
        }
    ],
}
TASKDEF = json.dumps(
    {
        **TASK_DEFINITION,
        "containerDefinitions": [{"name": "hello-server", "image": "<IMAGE1_NAME>"}],
    }
)
APPSPEC = """
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo: {ContainerName: hello-server, ContainerPort: 80}
"""
BUILDSPEC = """
version: 0.2
artifacts:
  files: [imagedefinitions.json, imageDetail.json, taskdef.json, appspec.yaml]
"""
FILES = {"taskdef.json": TASKDEF, "appspec.yaml": APPSPEC, "buildspec.yml": BUILDSPEC}


def task_set(**changes: Any) -> dict[str, Any]:
    return {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": "arn:td:2",
        "stabilityStatus": "STEADY_STATE",
        "runningCount": 3,
        "createdAt": AT,
        "loadBalancers": [{"targetGroupArn": GREEN}],
    } | changes


def service(**changes: Any) -> dict[str, Any]:
    return {
        "desiredCount": 3,
        "runningCount": 3,
        "taskDefinition": "arn:td:1",
        "deploymentController": {"type": "CODE_DEPLOY"},
        "deployments": [],
        "taskSets": [task_set()],
        "events": [],
    } | changes


def rule(blue: int = 0, green: int = 100, path: str = "/hello/*") -> dict[str, Any]:
    groups = [
        {"TargetGroupArn": BLUE, "Weight": blue},
        {"TargetGroupArn": GREEN, "Weight": green},
    ]
    return {
        "RuleArn": "arn:rule",
        "Priority": "100",
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
        "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    }


def group(**changes: Any) -> dict[str, Any]:
    pair = {
        "targetGroups": [{"name": "ana-prod-blue"}, {"name": "ana-prod-green"}],
        "prodTrafficRoute": {"listenerArns": ["arn:listener"]},
    }
    events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
    wait = {"action": "TERMINATE", "terminationWaitTimeInMinutes": 5}
    return {
        "ecsServices": [{"clusterName": "ana-prod", "serviceName": "hello-server-prod"}],
        "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
        "autoRollbackConfiguration": {"enabled": True, "events": events},
        "blueGreenDeploymentConfiguration": {"terminateBlueInstancesOnDeploymentSuccess": wait},
    } | changes


def action(
    stage: str, status: str = "Succeeded", run_id: str = "first", **result: Any
) -> dict[str, Any]:
    return {
        "actionExecutionId": run_id,
        "pipelineExecutionId": EXECUTION,
        "stageName": stage,
        "status": status,
        "startTime": AT,
        "updatedBy": "arn:aws:iam::123456789012:user/ana",
        "input": {"actionTypeId": {"provider": "Any"}},
        "output": {"executionResult": result},
    }


BUILT = [action("Source"), action("Build"), action("Deploy")]
APPROVED = [*BUILT, action("Approve", externalExecutionSummary="Staging is fine")]
DEPLOYED = [*APPROVED, action("DeployProd", externalExecutionId="d-NEW")]


def events(**statuses: str) -> tuple[LifecycleEvent, ...]:
    """Return the lifecycle events, Succeeded unless told otherwise."""
    return tuple(LifecycleEvent(name, statuses.get(name, "Succeeded")) for name in LIFECYCLE)


def deployment(**changes: Any) -> Deployment:
    given: dict[str, Any] = {
        "id": "d-NEW",
        "status": "Succeeded",
        "creator": "user",
        "description": "",
        "created_at": AT,
        "completed_at": None,
        "task_definition": "arn:td:2",
        "version": HEAD,
        "events": events(),
        "weights": {"blue": 0.0, "green": 100.0},
    }
    return Deployment(**(given | changes))


def waiting(**changes: Any) -> WaitingApproval:
    given: dict[str, Any] = {
        "execution_id": "older",
        "commit": OLDER,
        "subject": "Greet with Hola",
        "token": "t",
        "stage": "Approve",
        "action": "Approve",
        "since": AT,
    }
    return WaitingApproval(**(given | changes))


@dataclass(frozen=True)
class Recorded(View):
    """A view of lab 2 at rest after a release; each answer may be given differently."""

    aws: Any = None
    environment: Environment = ENVIRONMENT
    urls: dict[str, str] = field(default_factory=lambda: {"prod": "http://127.0.0.1:8081"})
    head: str | None = HEAD
    tree: Any = field(default_factory=lambda: {**FILES, "server.py": ""})
    before: frozenset[str] = frozenset(FILES)
    record: Any = field(default_factory=service)
    live: tuple[str, ...] = ("healthy",) * 3
    idle: tuple[str, ...] = ()
    test_port_rule: Any = field(default_factory=rule)
    rule: Any = field(default_factory=rule)
    earlier_rules: tuple[Any, ...] = ()
    tag: str = HEAD
    answer: Answer = field(default_factory=lambda: Answer(200, "Ahoy workshop\n", HEAD, TASK))
    group_record: Any = field(default_factory=group)
    pipeline_record: Any = None
    status: str = "Succeeded"
    actions: Any = field(default_factory=lambda: DEPLOYED)
    known: Any = field(default_factory=lambda: [deployment()])
    running: Deployment | None = None
    approval_waiting: WaitingApproval | None = None
    alarm_records: Any = field(default_factory=dict)

    def head_commit(self) -> str | None:
        return self.head

    def files(self, commit: str) -> set[str]:
        return set(self.tree) if commit == HEAD else set(self.before)

    def file(self, commit: str, path: str) -> str:
        return str(self.tree[path])

    def history(self, commit: str, limit: int) -> Iterator[str]:
        yield from [commit, OLDER][:limit]

    def service_record(self, key: str) -> Any:
        return self.record

    def task_definition(self, key: str) -> Any:
        return TASK_DEFINITION

    def running_tag(self, key: str, record: Any) -> str:
        return self.tag

    def running_tasks(self, key: str) -> set[str]:
        return {TASK}

    def target_states(self, key: str, slot: str = "staging") -> list[str]:
        return list(self.live if slot == "green" else self.idle)

    def production_rule(self) -> Any:
        return self.rule

    def test_rule(self) -> Any:
        return self.test_port_rule

    def alarms(self) -> Any:
        return self.alarm_records

    def rules_before(self, rule: Any) -> list[Any]:
        return list(self.earlier_rules)

    def hello(self, key: str, name: str = "workshop") -> Answer:
        return self.answer

    def deployment_group(self) -> Any:
        return self.group_record

    def deployments(self, limit: int = 20) -> list[Deployment]:
        return list(self.known[:limit])

    def each_deployment(self) -> Iterator[Deployment]:
        return iter(self.known)

    def deployment_by_id(self, deployment_id: str) -> Deployment:
        return next(one for one in self.known if one.id == deployment_id)

    def running_deployment(self) -> Deployment | None:
        return self.running

    def pipeline_definition(self) -> Any:
        return self.pipeline_record

    def execution_of(self, commit: str) -> Any:
        if not self.actions and not self.status:
            return None
        return {"pipelineExecutionId": EXECUTION, "status": self.status}

    def action_executions(self, execution_id: str) -> list[Any]:
        return list(self.actions)

    def waiting_approval(self) -> WaitingApproval | None:
        return self.approval_waiting
