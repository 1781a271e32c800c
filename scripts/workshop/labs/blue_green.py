"""Lab 2: approval, and a blue/green deployment to the production service."""

from workshop.actions.production_files import (
    commands_for_buildspec,
    commands_for_deployment_files,
    let_pipeline_end,
    write_buildspec,
    write_deployment_files,
)
from workshop.actions.production_release import (
    commands_for_production_release,
    release_to_production,
)
from workshop.actions.production_sampling import sample_production
from workshop.actions.promotion import commands_for_what_is_under_way, end_what_is_under_way
from workshop.checks.blue_green import CHECKS
from workshop.checks.model import Check
from workshop.checks.view import PRODUCTION
from workshop.labs.model import Lab, Step


def _checks(step: str) -> tuple[Check, ...]:
    return tuple(check for check in CHECKS if check.step == step)


LAB = Lab(
    number=2,
    title="Approval, and blue/green deployment to production",
    before="1.4",
    service=PRODUCTION,
    steps=(
        Step(
            label="2.1",
            title="Production: three tasks behind one of two target groups",
            hint=(
                "Staging has one target group, production two, and a service whose `deployments` "
                "list stays empty. Who may change such a service's revision? Compare "
                "`deploymentController` and `taskSets` in `aws ecs describe-services` of both."
            ),
            checks=_checks("2.1"),
            action=end_what_is_under_way,
            by_hand=commands_for_what_is_under_way,
        ),
        Step(
            label="2.2",
            title="CodeDeploy: the deployment group, taskdef.json and appspec.yaml",
            hint=(
                "Two placeholders are left in the files: who fills in which, and from what? And of "
                "the three events that begin a rollback, which one is a person who calls "
                "`aws deploy stop-deployment`?"
            ),
            checks=_checks("2.2"),
            action=write_deployment_files,
            by_hand=commands_for_deployment_files,
        ),
        Step(
            label="2.3",
            title="Stages: Approve, and DeployProd",
            hint=(
                "Somebody's approval waits, and two more commits are pushed. In mode SUPERSEDED, "
                "which of the three could still reach production, and which would nobody ever be "
                "asked about? Read `executionMode` in `aws codepipeline get-pipeline`."
            ),
            checks=_checks("2.3"),
            action=write_buildspec,
            by_hand=commands_for_buildspec,
            prepare=let_pipeline_end,
        ),
        Step(
            label="2.4",
            title="Release: push, approve, and watch production change slots",
            hint=(
                "Approving starts a deployment, and the deployment ends minutes after production "
                "has switched. What does it wait for, and what could you still do in that time? "
                "Ask `workshop deployments` before and after each release which slot serves."
            ),
            checks=_checks("2.4"),
            action=release_to_production,
            by_hand=commands_for_production_release,
            observe=sample_production,
        ),
    ),
)
