"""Lab 1, the rolling update: source, build and deploy to the staging service."""

from workshop.actions.first_image import build_first_image, commands_for_first_image
from workshop.actions.release import commands_for_release, release_new_greeting
from workshop.actions.sampling import sample_rollout
from workshop.checks.model import Check
from workshop.checks.rolling import CHECKS
from workshop.checks.view import STAGING
from workshop.labs.model import Lab, Step


def _checks(step: str) -> tuple[Check, ...]:
    return tuple(check for check in CHECKS if check.step == step)


LAB = Lab(
    number=1,
    title="Rolling update to staging",
    before="0",
    service=STAGING,
    steps=(
        Step(
            label="1.1",
            title="Repositories: CodeCommit, ECR, and the first image by CodeBuild",
            hint=(
                "A service needs an image before its first release. Which phase of the build "
                "pushes it, and what does it use as the tag? Read `buildspec.yml`, then "
                "`workshop logs build`."
            ),
            checks=_checks("1.1"),
            action=build_first_image,
            by_hand=commands_for_first_image,
        ),
        Step(
            label="1.2",
            title="Service: two tasks behind the staging load balancer",
            hint=(
                "ECS calls a service stable when as many tasks run as are desired and the load "
                "balancer finds them healthy. What do `aws ecs describe-services` say under "
                "`events`, and `workshop logs app`?"
            ),
            checks=_checks("1.2"),
        ),
        Step(
            label="1.3",
            title="Pipeline: Source, Build, Deploy, started by a push",
            hint=(
                "CodePipeline does not poll here: an EventBridge rule starts it. Which event does "
                "CodeCommit send on a push, and does the rule's pattern name your branch?"
            ),
            checks=_checks("1.3"),
        ),
        Step(
            label="1.4",
            title="Release: change the greeting, push, and watch it roll out",
            hint=(
                "The greeting is one line of `server.py`. After `git push`, which stage is in "
                "progress in `workshop status`, and which two versions answer meanwhile?"
            ),
            checks=_checks("1.4"),
            action=release_new_greeting,
            by_hand=commands_for_release,
            observe=sample_rollout,
        ),
    ),
)
