"""Bring an environment to rest before Terraform takes parts of it away."""

from workshop.aws import Aws
from workshop.environment import Environment
from workshop.progress import Progress
from workshop.quiesce.builds import stop_builds
from workshop.quiesce.codedeploy import end_deployments
from workshop.quiesce.pipelines import disable_rules, enable_rules, end_executions

__all__ = ["quiesce", "wake"]


def quiesce(aws: Aws, environment: Environment, progress: Progress) -> None:
    """Disable the trigger, end approvals, executions, builds and deployments; return at rest.

    Works from any state, and repeated after an interruption it goes on. What is gone is at rest.

    Each part is what starts the next, so the order matters, most of all on AWS, where everything
    takes a while:

    - the rule first: a push meanwhile would start an execution behind our back;
    - approvals with the executions: a stage that goes out of the pipeline while an approval waits
      in it leaves an execution that nobody can end, and a rejection in a queue lets the next
      execution in, to wait in turn;
    - builds after the executions, which may still be starting one; a late build would put an
      artifact into the bucket that Terraform is emptying;
    - deployments last: stopping an execution leaves its deployment running, and CodeDeploy lets no
      group go, nor ECS its service, while one is active. A stopped deployment brings traffic back
      by another, so that one must have ended as well.
    """
    if environment.pipeline is not None:
        disable_rules(aws, environment, environment.pipeline.name, progress)
        end_executions(aws, environment.pipeline.name, progress)
    for project in (environment.first_build, environment.build):
        if project is not None:
            stop_builds(aws, project, progress)
    if environment.codedeploy is not None:
        end_deployments(aws, environment.codedeploy, progress)


def wake(aws: Aws, environment: Environment) -> None:
    """Let pushes start the pipeline again, where one stands; the rest wakes by that."""
    if environment.pipeline is not None:
        enable_rules(aws, environment, environment.pipeline.name)
