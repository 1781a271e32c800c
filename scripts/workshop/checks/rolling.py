"""The checks of lab 1: repositories, service, pipeline, release."""

import json
from typing import Any

from workshop.application.greeting import FILE, read_greeting
from workshop.checks.diagnosis import why_build_failed, why_tasks_stop
from workshop.checks.execution import look_at_execution
from workshop.checks.model import Check, Ending, Finding, could_not_look, failed, not_yet, passed
from workshop.checks.view import STAGING, View
from workshop.errors import UsageError

NEEDED_FILES = {"Dockerfile", "buildspec.yml", FILE}
HISTORY_LIMIT = 200


def look_at_source(view: View) -> Finding:
    head = view.head_commit()
    if head is None:
        return not_yet(
            f"branch `{view.source.branch}` of `{view.source.name}` has no commit",
            remedy="Push one, or run `workshop lab 1 --to 1.1`.",
        )
    missing = NEEDED_FILES - view.files(head)
    if missing:
        return failed(
            f"commit {head[:8]} lacks {', '.join(sorted(missing))}",
            cause="The newest commit removed what the build needs.",
            remedy="Bring it back with `git revert`, and push.",
        )
    default = view.default_branch()
    if default != view.source.branch:
        return failed(
            f"the default branch is `{default}`, not `{view.source.branch}`",
            cause="It was changed by hand; a new clone would begin on the wrong branch.",
            remedy=f"Run `aws codecommit update-default-branch --repository-name "
            f"{view.source.name} --default-branch-name {view.source.branch}`.",
        )
    return passed(f"`{view.source.name}` holds commit {head[:8]}")


def look_at_image(view: View) -> Finding:
    head = view.head_commit()
    if head is None:
        return not_yet("there is no commit to build an image from")
    # Asked first: a build that has succeeded by now pushed its image before the tags are read.
    build = view.latest_build(view.first_build.project)
    tags = view.image_tags()
    for commit in view.history(head, HISTORY_LIMIT):
        if commit in tags:
            return passed(f"`{view.images.name}` holds an image of commit {commit[:8]}")
    retry = f"aws codebuild start-build --project-name {view.first_build.project}"
    if build is None:
        return not_yet("no build was started yet", remedy=f"Run `{retry}`.")
    if not build["buildComplete"]:
        return not_yet(f"build {build['id']} is in {build['currentPhase']}")
    if build["buildStatus"] != "SUCCEEDED":
        return failed(
            f"build {build['id']} ended as {build['buildStatus']}",
            cause="The first build failed, so there is no image.",
            remedy="Mend what the log says, push, and run `workshop lab 1 --to 1.1`.",
            details=why_build_failed(view, build),
        )
    return failed(
        f"`{view.images.name}` holds no image of a commit on the branch",
        cause="The images were deleted, or built from commits that are not on the branch.",
        remedy=f"Build one: `{retry}`.",
    )


def look_at_service(view: View) -> Finding:
    service = view.service(STAGING)
    record = view.service_record(STAGING)
    if record is None:
        return failed(
            f"cluster `{service.cluster}` has no active service `{service.name}`",
            cause="It was deleted outside Terraform.",
            remedy="Run `workshop lab 1 --to 1.2`.",
        )
    deployments = record["deployments"]
    primary = next(one for one in deployments if one["status"] == "PRIMARY")
    counts = f"{record['runningCount']} of {record['desiredCount']} tasks run"
    if primary.get("rolloutState") == "FAILED":
        return failed(
            f"{counts}; the deployment failed: {primary.get('rolloutStateReason', '')}",
            cause="New tasks do not become healthy.",
            remedy="Mend what the lines above tell of, and push.",
            details=why_tasks_stop(view, STAGING),
        )
    if len(deployments) > 1 or primary.get("rolloutState") != "COMPLETED":
        return not_yet(f"{counts}; a deployment is in progress")
    healthy = view.target_states(STAGING).count("healthy")
    if not 0 < record["desiredCount"] == record["runningCount"] <= healthy:
        return not_yet(f"{counts}, {healthy} targets are healthy")
    return passed(f"{counts}, {healthy} targets are healthy")


def look_at_application(view: View) -> Finding:
    answer = view.hello(STAGING)
    url = view.urls[STAGING]
    if answer.status != 200:
        return failed(
            f"{url}/hello/workshop answers {answer.status}: {answer.text.strip()[:80]}",
            cause=_why_status(answer.status),
            remedy="Run `workshop check 1.2`; if the rule is gone, `workshop lab 1 --to 1.2`.",
            details=why_tasks_stop(view, STAGING) if answer.status >= 500 else (),
        )
    if answer.task_id not in view.running_tasks(STAGING):
        return not_yet(f"task {answer.task_id} answered, which ECS does not list as running")
    return passed(f"task {answer.task_id} answers: {answer.text.strip()}")


def _why_status(status: int) -> str:
    return {
        404: "No rule of the listener forwards `/hello/*` to the service.",
        502: "A task closed the connection or does not listen.",
        503: "The target group has no task to send the request to.",
        504: "A task did not answer in time.",
    }.get(status, "The application itself answers so.")


def look_at_pipeline(view: View) -> Finding:
    pipeline = view.aws.client("codepipeline").get_pipeline(name=view.pipeline.name)["pipeline"]
    observed = [_wiring(stage["actions"][0]) for stage in pipeline["stages"]]
    service = view.service(STAGING)
    expected = [
        ("CodeCommit", view.source.name, view.source.branch),
        ("CodeBuild", view.build.project),
        ("ECS", service.cluster, service.name),
    ]
    missing = [one for one in expected if one not in observed]
    if missing:
        return failed(
            f"no stage does {_in_words(missing[0])}; "
            f"the stages do {', '.join(map(_in_words, observed))}",
            cause="The pipeline was changed outside Terraform.",
            remedy="Run `workshop lab 1 --to 1.3`, which puts it right.",
        )
    return passed(f"`{view.pipeline.name}` does {', '.join(map(_in_words, expected))}")


def _wiring(action: dict[str, Any]) -> tuple[str, ...]:
    provider = action["actionTypeId"]["provider"]
    keys = {
        "CodeCommit": ("RepositoryName", "BranchName"),
        "CodeBuild": ("ProjectName",),
        "ECS": ("ClusterName", "ServiceName"),
    }.get(provider, ())
    return (provider, *(action.get("configuration", {}).get(key, "") for key in keys))


def _in_words(wiring: tuple[str, ...]) -> str:
    return " ".join((wiring[0], "/".join(wiring[1:]))).strip()


def look_at_trigger(view: View) -> Finding:
    events = view.aws.client("events")
    arn = view.aws.client("codepipeline").get_pipeline(name=view.pipeline.name)["metadata"][
        "pipelineArn"
    ]
    names = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    disabled = ""
    for name in names:
        rule = events.describe_rule(Name=name)
        if view.source.name not in json.dumps(json.loads(rule.get("EventPattern", "{}"))):
            continue
        if rule["State"] == "ENABLED":
            return passed(f"rule `{name}` starts the pipeline on a push")
        disabled = name
    if disabled:
        return failed(
            f"rule `{disabled}` is disabled",
            cause="Someone switched the trigger off, or an interrupted reset did.",
            remedy=f"Run `aws events enable-rule --name {disabled}`.",
        )
    return failed(
        f"no rule starts `{view.pipeline.name}` on a push to `{view.source.name}`",
        cause="The rule or its target was removed outside Terraform.",
        remedy="Run `workshop lab 1 --to 1.3`, which puts it right.",
    )


def look_at_revision(view: View) -> Finding:
    execution = look_at_execution(view)
    head = view.head_commit()
    record = view.service_record(STAGING)
    if head is None or record is None:
        return could_not_look("there is no commit or no service to compare")
    tag = view.running_tag(STAGING, record)
    is_settled = len(record["deployments"]) == 1 or execution.ending is Ending.PASSED
    if tag == head and is_settled:
        return passed(f"the service runs the image of commit {head[:8]}")
    if tag == head:
        return not_yet(f"the service changes to the image of commit {head[:8]}")
    if execution.ending is not Ending.PASSED:
        return could_not_look(f"commit {head[:8]} is not deployed; see the check `execution`")
    return failed(
        f"the service runs image `{tag[:12]}`, the branch stands at {head[:8]}",
        cause="The service was updated past the pipeline.",
        remedy=f"Run `aws codepipeline start-pipeline-execution --name {view.pipeline.name}`.",
    )


def look_at_greeting(view: View) -> Finding:
    head = view.head_commit()
    record = view.service_record(STAGING)
    if head is None or record is None or view.running_tag(STAGING, record) != head:
        return could_not_look("the newest commit does not run, so its greeting cannot be heard")
    try:
        greeting = read_greeting(view.file(head, FILE))
    except UsageError as error:
        return could_not_look(error.message, remedy=error.remedy)
    answers = [view.hello(STAGING) for _ in range(2 * record["desiredCount"])]
    if any(answer.status != 200 for answer in answers):
        return could_not_look("the application does not answer; see check 1.2")
    expected = f"{greeting} workshop\n"
    odd = [one for one in answers if one.version != head or one.text != expected]
    if not odd:
        return passed(f"{len(answers)} answers say “{greeting} workshop”, version {head[:8]}")
    observed = f"“{odd[0].text.strip()}”, version {(odd[0].version or 'none')[:12]}"
    if len(record["deployments"]) > 1:
        return not_yet(f"{len(odd)} of {len(answers)} answers still say {observed}")
    return failed(
        f"{len(odd)} of {len(answers)} answers say {observed}, expected “{expected.strip()}”",
        cause="The image does not hold what its tag says: look at the Dockerfile's VERSION.",
        remedy="Mend the Dockerfile or the buildspec, and push.",
    )


CHECKS = (
    Check("1.1", "source", "the repository holds the participant's commit", look_at_source),
    Check("1.1", "image", "the image repository holds an image of a commit", look_at_image, 900),
    Check("1.2", "service", "the service is stable, its targets healthy", look_at_service, 600),
    Check("1.2", "application", "the application answers at its URL", look_at_application, 60),
    Check("1.3", "pipeline", "the pipeline builds and deploys the repository", look_at_pipeline),
    Check("1.3", "trigger", "a push to the branch starts the pipeline", look_at_trigger),
    Check(
        "1.4", "execution", "the newest commit went through every stage", look_at_execution, 1800
    ),
    Check("1.4", "revision", "the service runs the newest commit's image", look_at_revision),
    Check("1.4", "greeting", "every answer has that commit's greeting", look_at_greeting, 60),
)
