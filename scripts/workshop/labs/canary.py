"""Lab 3: validate a version before users meet it, shift traffic in steps, and go back."""

from workshop.actions.guarding import commands_for_linear, shift_in_equal_steps
from workshop.actions.production_files import write_buildspec, write_deployment_files
from workshop.actions.promotion import end_what_is_under_way
from workshop.actions.shift_sampling import sample_shifts
from workshop.actions.shifting import commands_for_canary, shift_by_canary
from workshop.actions.validation import commands_for_validation, validate_and_roll_back
from workshop.checks.canary import CHECKS
from workshop.checks.model import Check
from workshop.checks.view import PRODUCTION
from workshop.context import Context
from workshop.labs.model import Lab, Step


def _checks(step: str) -> tuple[Check, ...]:
    return tuple(check for check in CHECKS if check.step == step)


def _come_to_rest(context: Context) -> None:
    """Let no deployment run while Terraform reads where traffic is, or changes the strategy."""
    end_what_is_under_way(context)


LAB = Lab(
    number=3,
    title="Validating before and during a shift of traffic, and going back",
    before="2.4",
    service=PRODUCTION,
    equipment=(write_deployment_files, write_buildspec),
    steps=(
        Step(
            label="3.1",
            title="Test port: a second listener, where a version waits for a person",
            hint=(
                "The test port's rule names both slots, as production's does. Which one has all "
                "the weight now, and what would CodeDeploy say if it were the other? Compare the "
                "two rules in `aws elbv2 describe-rules`."
            ),
            checks=_checks("3.1"),
            prepare=_come_to_rest,
        ),
        Step(
            label="3.2",
            title="Validate and go back: try it, let it serve, take it back",
            hint=(
                "A deployment that was rolled back has an id, and its rollback has one of its own. "
                "Which of the two Succeeded, and what does the pipeline say of its stage? Compare "
                "`workshop deployments` and `workshop status`."
            ),
            checks=_checks("3.2"),
            action=validate_and_roll_back,
            by_hand=commands_for_validation,
            observe=sample_shifts("3.2-validation"),
        ),
        Step(
            label="3.3",
            title="Canary: a tenth of the requests first",
            hint=(
                "Ask production thirty times while the share is 10 %: how often would you expect "
                "the new version, and could it be never? `workshop watch` says how sure its own "
                "measure is."
            ),
            checks=_checks("3.3"),
            action=shift_by_canary,
            by_hand=commands_for_canary,
            observe=sample_shifts("3.3-canary"),
            prepare=_come_to_rest,
        ),
        Step(
            label="3.4",
            title="Linear, guarded by alarms: equal steps, and back by itself",
            hint=(
                "Staging was sound, the health checks were green, and users got errors. What did "
                "they have that the others had not, and who noticed? Read `StateReason` in "
                "`aws cloudwatch describe-alarms`."
            ),
            checks=_checks("3.4"),
            action=shift_in_equal_steps,
            by_hand=commands_for_linear,
            observe=sample_shifts("3.4-linear"),
            prepare=_come_to_rest,
        ),
    ),
)
