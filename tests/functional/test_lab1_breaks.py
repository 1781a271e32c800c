"""For every check one break, made through the AWS API or the code, that makes exactly it fail.

A check that leans on a broken one ends as *could not look*: it neither passes nor accuses.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import Command
from workshop.labs import checks_for

pytestmark = pytest.mark.slow

PIPELINE = "workshop-hello-server"
REPOSITORY = "workshop-hello-server"
CLUSTER, SERVICE = "workshop-staging", "hello-server-staging"


class Broken:
    """What a break works with: clients of the standing environment, and the participant's clone."""

    def __init__(self, endpoint_url: str, clone: Path, shell: Command, workshop: Command) -> None:
        self.clone = clone
        self.shell = shell
        self.workshop = workshop
        self._endpoint_url = endpoint_url

    def aws(self, service: str) -> Any:
        session = boto3.Session(aws_access_key_id="123456789012", aws_secret_access_key="local")
        return session.client(
            service,
            region_name="us-west-2",
            endpoint_url=self._endpoint_url,
            config=Config(proxies={}),
        )

    def push(self, file: str, old: str, new: str) -> None:
        """Change a file of the clone, commit and push, as a participant would."""
        path = self.clone / file
        source = path.read_text(encoding="utf-8")
        assert old in source
        path.write_text(source.replace(old, new, 1), encoding="utf-8")
        self.shell(f"git -C '{self.clone}' commit --quiet --all --message 'Change {file}'")
        self.shell(f"git -C '{self.clone}' push --quiet")

    def check(self, selector: str, *options: str) -> list[dict[str, Any]]:
        done = self.workshop("check", selector, "--json", *options)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        all_passed = all(one["ending"] == "passed" for one in found)
        assert (done.returncode == 0) == all_passed, done.stderr
        return found


@contextmanager
def default_branch_is_another(broken: Broken) -> Iterator[None]:
    codecommit = broken.aws("codecommit")
    head = codecommit.get_branch(repositoryName=REPOSITORY, branchName="main")["branch"]["commitId"]
    codecommit.create_branch(repositoryName=REPOSITORY, branchName="other", commitId=head)
    codecommit.update_default_branch(repositoryName=REPOSITORY, defaultBranchName="other")
    yield
    codecommit.update_default_branch(repositoryName=REPOSITORY, defaultBranchName="main")
    codecommit.delete_branch(repositoryName=REPOSITORY, branchName="other")


@contextmanager
def images_are_deleted(broken: Broken) -> Iterator[None]:
    ecr = broken.aws("ecr")
    ids = ecr.list_images(repositoryName=REPOSITORY)["imageIds"]
    ecr.batch_delete_image(repositoryName=REPOSITORY, imageIds=ids)
    yield
    broken.aws("codebuild").start_build(projectName=f"{REPOSITORY}-image")
    assert broken.check("1.1", "--wait")[-1]["ending"] == "passed"


@contextmanager
def new_revision_never_gets_healthy(broken: Broken) -> Iterator[None]:
    ecs = broken.aws("ecs")
    before = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    definition = ecs.describe_task_definition(taskDefinition=before["taskDefinition"])
    fields = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities")
    roles = ("executionRoleArn", "taskRoleArn", "containerDefinitions")
    copy = {
        name: definition["taskDefinition"][name]
        for name in (*fields, *roles)
        if name in definition["taskDefinition"]
    }
    copy["containerDefinitions"][0]["command"] = ["python", "-c", "import time; time.sleep(900)"]
    mute = ecs.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=mute)
    yield
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=before["taskDefinition"])
    ecs.deregister_task_definition(taskDefinition=mute)


@contextmanager
def rule_of_the_listener_matches_another_path(broken: Broken) -> Iterator[None]:
    elb = broken.aws("elbv2")
    balancer = elb.describe_load_balancers(Names=[CLUSTER])["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    rule = next(one for one in rules if not one["IsDefault"])
    paths = [{"Field": "path-pattern", "Values": ["/elsewhere/*"]}]
    elb.modify_rule(RuleArn=rule["RuleArn"], Conditions=paths)
    yield
    kept = [{"Field": one["Field"], "Values": one["Values"]} for one in rule["Conditions"]]
    elb.modify_rule(RuleArn=rule["RuleArn"], Conditions=kept)


@contextmanager
def pipeline_follows_another_branch(broken: Broken) -> Iterator[None]:
    codepipeline = broken.aws("codepipeline")
    pipeline = codepipeline.get_pipeline(name=PIPELINE)["pipeline"]
    source = pipeline["stages"][0]["actions"][0]["configuration"]
    source["BranchName"] = "other"
    codepipeline.update_pipeline(pipeline=pipeline)
    yield
    source["BranchName"] = "main"
    codepipeline.update_pipeline(pipeline=pipeline)


@contextmanager
def rule_of_the_trigger_is_disabled(broken: Broken) -> Iterator[None]:
    events = broken.aws("events")
    arn = broken.aws("codepipeline").get_pipeline(name=PIPELINE)["metadata"]["pipelineArn"]
    rule = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"][0]
    events.disable_rule(Name=rule)
    yield
    events.enable_rule(Name=rule)


@contextmanager
def unit_test_of_the_application_fails(broken: Broken) -> Iterator[None]:
    broken.push("server.py", 'return 200, "ok\\n"', 'return 200, "broken\\n"')
    broken.check("1.4", "--wait")
    yield
    broken.push("server.py", 'return 200, "broken\\n"', 'return 200, "ok\\n"')


@contextmanager
def service_is_updated_past_the_pipeline(broken: Broken) -> Iterator[None]:
    ecs = broken.aws("ecs")
    before = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    earlier = _earlier_revision(broken, before["taskDefinition"])
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=earlier)
    broken.check("1.2", "--wait")
    yield
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=before["taskDefinition"])


def _earlier_revision(broken: Broken, current: str) -> str:
    """Return a revision of another image than the current one's, which is still there."""
    ecs = broken.aws("ecs")
    images = broken.aws("ecr").list_images(repositoryName=REPOSITORY)["imageIds"]
    tags = {image["imageTag"] for image in images}
    family = current.rsplit("/", 1)[1].partition(":")[0]
    arns: list[str] = ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"]

    def tag(arn: str) -> str:
        definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return str(definition["containerDefinitions"][0]["image"]).rpartition(":")[2]

    return next(arn for arn in arns if tag(arn) in tags and tag(arn) != tag(current))


@contextmanager
def image_lies_about_its_version(broken: Broken) -> Iterator[None]:
    broken.push("Dockerfile", "ENV APP_VERSION=$VERSION", "ENV APP_VERSION=oops")
    broken.check("1.4", "--wait")
    yield
    broken.push("Dockerfile", "ENV APP_VERSION=oops", "ENV APP_VERSION=$VERSION")


Break = Callable[[Broken], AbstractContextManager[None]]

BREAKS: dict[str, Break] = {
    "source": default_branch_is_another,
    "image": images_are_deleted,
    "service": new_revision_never_gets_healthy,
    "application": rule_of_the_listener_matches_another_path,
    "pipeline": pipeline_follows_another_branch,
    "trigger": rule_of_the_trigger_is_disabled,
    "execution": unit_test_of_the_application_fails,
    "revision": service_is_updated_past_the_pipeline,
    "greeting": image_lies_about_its_version,
}


@pytest.fixture
def broken(
    environment: object, clone: Path, shell: Command, workshop: Command, shell_env: dict[str, str]
) -> Broken:
    endpoint_url = f"http://127.0.0.1:{shell_env['WORKSHOP_PORT']}"
    folder = clone / "work" / "workshop" / "hello-server"
    made = Broken(endpoint_url, folder, shell, workshop)
    for outcome in made.check("1", "--wait"):
        assert outcome["ending"] == "passed", outcome
    return made


def test_every_check_has_its_break():
    assert list(BREAKS) == [check.name for check in checks_for("1")]


@pytest.mark.parametrize("name", BREAKS)
def test_break_makes_exactly_its_check_fail(name, broken):
    with BREAKS[name](broken):
        outcomes = broken.check("1")
        accused = [one["name"] for one in outcomes if one["ending"] in {"failed", "not yet"}]
        assert accused == [name], json.dumps(outcomes, indent=2)
        found = next(one for one in outcomes if one["name"] == name)
        assert found["observed"]
        assert found["remedy"] or found["ending"] == "not yet"
    assert all(one["ending"] == "passed" for one in broken.check("1", "--wait"))
