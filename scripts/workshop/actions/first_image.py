"""Step 1.1: push the application, and have CodeBuild make its first image."""

from workshop.application.clone import push_url
from workshop.checks.model import Ending, evaluate
from workshop.checks.rolling import CHECKS
from workshop.context import Context
from workshop.waiting import wait_until

_IMAGE_CHECK = next(check for check in CHECKS if check.name == "image")


def build_first_image(context: Context) -> str:
    """Push the clone, then start a build unless an image or a build is there already."""
    push_clone(context)
    view = context.view
    ending = evaluate(_IMAGE_CHECK, view).finding.ending
    if ending is Ending.PASSED:
        return "The image repository holds an image already."
    latest = view.latest_build(view.first_build.project)
    if latest and not latest["buildComplete"]:
        return f"Build {latest['id']} is under way already."
    project = view.first_build.project
    build = context.aws.client("codebuild").start_build(projectName=project)["build"]
    # Until the list shows it, the check would judge an older build that failed.
    wait_until(
        lambda: (view.latest_build(project) or {}).get("id") == build["id"],
        f"CodeBuild does not list build `{build['id']}`",
    )
    return f"Started build {build['id']}."


def push_clone(context: Context) -> bool:
    """Make the clone where there is none, and push what the repository does not have."""
    view = context.view
    clone = context.clone
    clone.prepare(push_url(context.config, view.source))
    clone.catch_up()
    is_ahead = clone.is_ahead_of(view.head_commit())
    if is_ahead:
        clone.push()
    return is_ahead


def commands_for_first_image(context: Context) -> list[str]:
    project = context.view.first_build.project
    return [
        f"git -C '{context.config.work_dir}' push origin main",
        f"aws codebuild start-build --project-name {project}",
    ]
