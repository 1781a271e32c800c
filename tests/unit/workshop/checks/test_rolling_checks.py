"""Lab 1's checks against moto where it has the operations, and against AWS's answers elsewhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from workshop.checks import rolling
from workshop.checks.model import Ending, Finding
from workshop.checks.view import View
from workshop.checks.web import Answer
from workshop.environment import (
    BuildProject,
    Clusters,
    Environment,
    ImageRepository,
    LoadBalancer,
    LoadBalancers,
    Pipeline,
    Service,
    SourceRepository,
)

HEAD = "c0ffee" + "0" * 34
OLDER = "bad1de" + "0" * 34
TASK = "4124fe3980a857642d1f4fabd0f59d6e"
BALANCER = LoadBalancer("ana-staging", "arn:lb", "localhost", 80)
SERVICE = Service(
    "ana-staging", "hello-server-staging", "ana-hello", "hello-server", "/a", {"staging": "tg"}, 2
)
ENVIRONMENT = Environment(
    region="us-west-2",
    prefix="ana",
    step="1.4",
    clusters=Clusters("ana-staging", "ana-prod"),
    load_balancers=LoadBalancers(BALANCER, BALANCER),
    source_repository=SourceRepository("ana-hello-server", "http://127.0.0.1/r", "main"),
    image_repository=ImageRepository("ana-hello-server", "127.0.0.1:4566/ana-hello-server"),
    first_build=BuildProject("ana-hello-server-image", "/first"),
    build=BuildProject("ana-hello-server", "/build"),
    pipeline=Pipeline("ana-hello-server"),
    services={"staging": SERVICE},
)
STABLE = {
    "desiredCount": 2,
    "runningCount": 2,
    "taskDefinition": "arn:td:2",
    "deployments": [{"status": "PRIMARY", "rolloutState": "COMPLETED"}],
    "events": [],
}


class Moto:
    """The way to AWS that leads to moto."""

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-west-2")


@dataclass(frozen=True)
class Recorded(View):
    """A view whose answers of CodeCommit, ECS and the application are given."""

    aws: Any = field(default_factory=Moto)
    environment: Environment = ENVIRONMENT
    urls: dict[str, str] = field(default_factory=lambda: {"staging": "http://127.0.0.1:8080"})
    head: str | None = HEAD
    tree: frozenset[str] = frozenset({"Dockerfile", "buildspec.yml", "server.py"})
    branch: str = "main"
    newest_build: Any = None
    record: Any = field(default_factory=lambda: STABLE)
    targets: tuple[str, ...] = ("healthy", "healthy")
    tag: str = HEAD
    answer: Answer = field(default_factory=lambda: Answer(200, "Ahoy workshop\n", HEAD, TASK))
    source_text: str = 'GREETING = "Ahoy"\n'

    def head_commit(self) -> str | None:
        return self.head

    def files(self, commit: str) -> set[str]:
        return set(self.tree)

    def default_branch(self) -> str | None:
        return self.branch

    def history(self, commit: str, limit: int) -> Iterator[str]:
        yield from [commit, OLDER][:limit]

    def file(self, commit: str, path: str) -> str:
        return self.source_text

    def latest_build(self, project: str) -> Any:
        return self.newest_build

    def service_record(self, key: str) -> Any:
        return self.record

    def target_states(self, key: str) -> list[str]:
        return list(self.targets)

    def running_tasks(self, key: str) -> set[str]:
        return {TASK}

    def running_tag(self, key: str, record: Any) -> str:
        return self.tag

    def hello(self, key: str, name: str = "workshop") -> Answer:
        return self.answer


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def ends(finding: Finding, ending: Ending, *words: str) -> None:
    """Assert how a look ended, that it says these words, and what to do where it accuses."""
    assert finding.ending is ending, finding
    said = " ".join((finding.observed, finding.cause, finding.remedy, *finding.details))
    assert all(word in said for word in words), said
    if ending is Ending.FAILED:
        assert finding.cause
        assert finding.remedy


def test_source_passes_where_the_newest_commit_has_what_the_build_needs():
    ends(rolling.look_at_source(Recorded()), Ending.PASSED, "c0ffee00")


def test_source_is_not_yet_without_a_commit():
    ends(rolling.look_at_source(Recorded(head=None)), Ending.NOT_YET, "`main`")


def test_source_fails_where_a_file_was_removed():
    found = rolling.look_at_source(Recorded(tree=frozenset({"Dockerfile", "server.py"})))
    ends(found, Ending.FAILED, "buildspec.yml", "git revert")


def test_source_fails_on_another_default_branch():
    ends(rolling.look_at_source(Recorded(branch="trunk")), Ending.FAILED, "`trunk`")


def images(tags: list[str]) -> None:
    ecr = boto3.client("ecr", region_name="us-west-2")
    ecr.create_repository(repositoryName="ana-hello-server")
    kind = "application/vnd.oci.image.manifest.v1+json"
    for number, tag in enumerate(tags):
        config = {"digest": f"sha256:{number:064x}", "size": 1}
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
        ecr.put_image(
            repositoryName="ana-hello-server", imageManifest=json.dumps(manifest), imageTag=tag
        )


@pytest.mark.usefixtures("moto")
class TestImage:
    @pytest.mark.parametrize("tag", [HEAD, OLDER])
    def test_image_of_any_commit_of_the_branch_passes(self, tag):
        images([tag])
        ends(rolling.look_at_image(Recorded()), Ending.PASSED, tag[:8])

    def test_no_build_is_not_yet(self):
        images([])
        ends(rolling.look_at_image(Recorded()), Ending.NOT_YET, "aws codebuild start-build")

    def test_build_under_way_is_not_yet(self):
        images([])
        build = {"id": "b:1", "buildComplete": False, "currentPhase": "PRE_BUILD"}
        ends(rolling.look_at_image(Recorded(newest_build=build)), Ending.NOT_YET, "PRE_BUILD")

    def test_failed_build_fails_with_its_phase(self):
        images([])
        contexts = [{"message": "Error while executing command: false"}]
        phase = {"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": contexts}
        build = {"id": "b:1", "buildComplete": True, "buildStatus": "FAILED", "phases": [phase]}
        found = rolling.look_at_image(Recorded(newest_build=build))
        ends(found, Ending.FAILED, "phase BUILD", "command: false")

    def test_images_that_were_deleted_fail(self):
        images(["stranger"])
        build = {"id": "b:1", "buildComplete": True, "buildStatus": "SUCCEEDED"}
        ends(rolling.look_at_image(Recorded(newest_build=build)), Ending.FAILED, "deleted")


def service(**changes: Any) -> dict[str, Any]:
    return {**STABLE, **changes}


def test_service_passes_at_its_desired_count_with_healthy_targets():
    ends(rolling.look_at_service(Recorded()), Ending.PASSED, "2 of 2")


@pytest.mark.parametrize(
    "view",
    [
        Recorded(targets=("healthy", "initial")),
        Recorded(record=service(runningCount=1)),
        Recorded(record=service(desiredCount=0, runningCount=0)),
        Recorded(record=service(deployments=STABLE["deployments"] * 2)),
        Recorded(
            record=service(deployments=[{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}])
        ),
    ],
    ids=["unhealthy target", "task missing", "scaled to none", "old tasks left", "rolling out"],
)
def test_service_that_moves_is_not_yet(view):
    ends(rolling.look_at_service(view), Ending.NOT_YET)


def test_deleted_service_fails():
    ends(rolling.look_at_service(Recorded(record=None)), Ending.FAILED, "--to 1.2")


def test_application_passes_where_a_listed_task_answers():
    ends(rolling.look_at_application(Recorded()), Ending.PASSED, TASK)


def test_application_behind_no_rule_fails():
    found = rolling.look_at_application(Recorded(answer=Answer(404, "Not Found", None, None)))
    ends(found, Ending.FAILED, "No rule of the listener")


def test_answer_of_a_task_that_is_not_listed_is_not_yet():
    found = rolling.look_at_application(Recorded(answer=Answer(200, "Ahoy", HEAD, "another")))
    ends(found, Ending.NOT_YET, "another")


def pipeline(branch: str = "main") -> str:
    """Make the pipeline in moto, and return its ARN."""
    role = boto3.client("iam", region_name="us-west-2").create_role(
        RoleName="pipeline",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "codepipeline.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )["Role"]["Arn"]
    stages = [
        ("Source", "Source", "CodeCommit", {"RepositoryName": "ana-hello-server"}),
        ("Build", "Build", "CodeBuild", {"ProjectName": "ana-hello-server"}),
        ("Deploy", "Deploy", "ECS", {"ClusterName": SERVICE.cluster, "ServiceName": SERVICE.name}),
    ]
    stages[0][3]["BranchName"] = branch
    client = boto3.client("codepipeline", region_name="us-west-2")
    client.create_pipeline(
        pipeline={
            "name": "ana-hello-server",
            "roleArn": role,
            "artifactStore": {"type": "S3", "location": "bucket"},
            "version": 1,
            "stages": [
                {
                    "name": name,
                    "actions": [
                        {
                            "name": name,
                            "actionTypeId": {
                                "category": category,
                                "owner": "AWS",
                                "provider": provider,
                                "version": "1",
                            },
                            "configuration": configuration,
                        }
                    ],
                }
                for name, category, provider, configuration in stages
            ],
        }
    )
    arn: str = client.get_pipeline(name="ana-hello-server")["metadata"]["pipelineArn"]
    return arn


def rule(arn: str, repository: str = "ana-hello-server", state: str = "ENABLED") -> None:
    events = boto3.client("events", region_name="us-west-2")
    pattern = {"source": ["aws.codecommit"], "resources": [f"arn:aws:codecommit:::{repository}"]}
    events.put_rule(Name="push", EventPattern=json.dumps(pattern), State=state)
    role = "arn:aws:iam::123456789012:role/events"
    events.put_targets(Rule="push", Targets=[{"Id": "pipeline", "Arn": arn, "RoleArn": role}])


@pytest.mark.usefixtures("moto")
class TestPipeline:
    def test_pipeline_of_the_repository_project_and_service_passes(self):
        pipeline()
        ends(rolling.look_at_pipeline(Recorded()), Ending.PASSED, "CodeCommit", "CodeBuild", "ECS")

    def test_pipeline_of_another_branch_fails(self):
        pipeline(branch="other")
        ends(rolling.look_at_pipeline(Recorded()), Ending.FAILED, "other", "--to 1.3")

    def test_enabled_rule_passes(self):
        rule(pipeline())
        ends(rolling.look_at_trigger(Recorded()), Ending.PASSED, "`push`")

    def test_disabled_rule_fails_with_the_command_that_enables_it(self):
        rule(pipeline(), state="DISABLED")
        ends(rolling.look_at_trigger(Recorded()), Ending.FAILED, "aws events enable-rule")

    @pytest.mark.parametrize("repository", [None, "bob-hello-server"])
    def test_no_rule_of_this_repository_fails(self, repository):
        arn = pipeline()
        if repository:
            rule(arn, repository)
        ends(rolling.look_at_trigger(Recorded()), Ending.FAILED, "no rule starts")


@pytest.fixture
def execution_is(monkeypatch: pytest.MonkeyPatch):
    """Return a function that says how the check of the execution ends."""

    def say(ending: Ending) -> None:
        monkeypatch.setattr(rolling, "look_at_execution", lambda _view: Finding(ending, "so"))

    return say


def test_revision_passes_where_the_newest_commit_runs(execution_is):
    execution_is(Ending.PASSED)
    ends(rolling.look_at_revision(Recorded()), Ending.PASSED, "c0ffee00")


def test_revision_past_the_pipeline_fails(execution_is):
    execution_is(Ending.PASSED)
    ends(rolling.look_at_revision(Recorded(tag=OLDER)), Ending.FAILED, "past the pipeline")


def test_revision_cannot_be_judged_before_its_execution(execution_is):
    execution_is(Ending.FAILED)
    ends(rolling.look_at_revision(Recorded(tag=OLDER)), Ending.COULD_NOT_LOOK, "execution")


def test_greeting_passes_where_every_answer_has_it():
    ends(rolling.look_at_greeting(Recorded()), Ending.PASSED, "Ahoy workshop")


def test_image_that_lies_about_its_version_fails():
    answer = Answer(200, "Ahoy workshop\n", "oops", TASK)
    ends(rolling.look_at_greeting(Recorded(answer=answer)), Ending.FAILED, "oops", "Dockerfile")


@pytest.mark.parametrize(
    "view",
    [
        Recorded(tag=OLDER),
        Recorded(answer=Answer(503, "", None, None)),
        Recorded(source_text="nothing"),
    ],
    ids=["not deployed", "no answer", "no greeting"],
)
def test_greeting_cannot_be_heard(view):
    ends(rolling.look_at_greeting(view), Ending.COULD_NOT_LOOK)
