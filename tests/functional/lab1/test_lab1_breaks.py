"""For every check one break, made through the AWS API or the code, that makes exactly it fail.

A check that leans on a broken one ends as *could not look*: it neither passes nor accuses.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.functional.participant import CLUSTER, PIPELINE, REPOSITORY, SERVICE, Participant
from tests.standing import Standing
from workshop.labs import checks_for

pytestmark = pytest.mark.slow


@contextmanager
def default_branch_is_another(broken: Participant) -> Iterator[None]:
    codecommit = broken.aws("codecommit")
    head = codecommit.get_branch(repositoryName=REPOSITORY, branchName="main")["branch"]["commitId"]
    codecommit.create_branch(repositoryName=REPOSITORY, branchName="other", commitId=head)
    codecommit.update_default_branch(repositoryName=REPOSITORY, defaultBranchName="other")
    yield
    codecommit.update_default_branch(repositoryName=REPOSITORY, defaultBranchName="main")
    codecommit.delete_branch(repositoryName=REPOSITORY, branchName="other")


@contextmanager
def images_are_deleted(broken: Participant) -> Iterator[None]:
    ecr = broken.aws("ecr")
    ids = ecr.list_images(repositoryName=REPOSITORY)["imageIds"]
    ecr.batch_delete_image(repositoryName=REPOSITORY, imageIds=ids)
    yield
    broken.aws("codebuild").start_build(projectName=f"{REPOSITORY}-image")
    assert broken.check("1.1", wait=True)[-1]["ending"] == "passed"


@contextmanager
def new_revision_never_gets_healthy(broken: Participant) -> Iterator[None]:
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
def rule_of_the_listener_matches_another_path(broken: Participant) -> Iterator[None]:
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
def pipeline_follows_another_branch(broken: Participant) -> Iterator[None]:
    codepipeline = broken.aws("codepipeline")
    pipeline = codepipeline.get_pipeline(name=PIPELINE)["pipeline"]
    source = pipeline["stages"][0]["actions"][0]["configuration"]
    source["BranchName"] = "other"
    codepipeline.update_pipeline(pipeline=pipeline)
    yield
    source["BranchName"] = "main"
    codepipeline.update_pipeline(pipeline=pipeline)


@contextmanager
def rule_of_the_trigger_is_disabled(broken: Participant) -> Iterator[None]:
    events = broken.aws("events")
    arn = broken.aws("codepipeline").get_pipeline(name=PIPELINE)["metadata"]["pipelineArn"]
    rule = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"][0]
    events.disable_rule(Name=rule)
    yield
    events.enable_rule(Name=rule)


@contextmanager
def unit_test_of_the_application_fails(broken: Participant) -> Iterator[None]:
    broken.push("server.py", 'return 200, "ok\\n"', 'return 200, "broken\\n"')
    broken.check("1.4", wait=True)
    yield
    broken.push("server.py", 'return 200, "broken\\n"', 'return 200, "ok\\n"')


@contextmanager
def service_is_updated_past_the_pipeline(broken: Participant) -> Iterator[None]:
    ecs = broken.aws("ecs")
    before = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    earlier = _earlier_revision(broken, before["taskDefinition"])
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=earlier)
    broken.check("1.2", wait=True)
    yield
    ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=before["taskDefinition"])


def _earlier_revision(broken: Participant, current: str) -> str:
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
def image_lies_about_its_version(broken: Participant) -> Iterator[None]:
    broken.push("Dockerfile", "ENV APP_VERSION=$VERSION", "ENV APP_VERSION=oops")
    broken.check("1.4", wait=True)
    yield
    broken.push("Dockerfile", "ENV APP_VERSION=oops", "ENV APP_VERSION=$VERSION")


Break = Callable[[Participant], AbstractContextManager[None]]

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


@pytest.fixture(scope="module")
def broken(environment: object, standing: Standing) -> Participant:
    made = Participant(standing)
    for outcome in made.check("1", wait=True):
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
    assert all(one["ending"] == "passed" for one in broken.check("1", wait=True))
