"""Step 3.3: deploy the change that was rolled back by canary, in two configurations."""

from workshop.actions.committing import greet_differently, open_clone
from workshop.actions.following import CHECKS, Attempt, Waits, has_passed, until
from workshop.actions.promotion import end_what_is_under_way, promote, serves
from workshop.application.clone import Clone
from workshop.checks.approval import action_of
from workshop.checks.canary import own
from workshop.checks.production import DEPLOY_STAGE
from workshop.context import Context
from workshop.deployments import redeploy
from workshop.errors import InfrastructureError
from workshop.progress import Note, Waiting
from workshop.waiting import wait_until

STEP = "3.3"

_END_S = 600.0
_UNDER_WAY = {"InProgress", "Stopping"}


def shift_by_canary(context: Context) -> str:
    """Deploy by AWS's canary configuration, then the same by our own; return what was done.

    Raises: CheckNotPassed that says why it did not come there, and what to do.
    """
    done = []
    if not has_passed(context, "canary"):
        clone = open_clone(context)
        if serves(context, clone):
            greet_differently(clone, STEP)
        else:
            _retry_deployment(context, clone)
        done.append(promote(context, clone))
    if not has_passed(context, "own_canary"):
        done.append(_deploy_again(context))
    return " ".join(done) or "Both canaries have been through already."


def _retry_deployment(context: Context, clone: Clone) -> None:
    """Have the pipeline deploy once more what it failed to deploy; nobody is asked again.

    Source: CodePipeline API, RetryStageExecution.
    """
    view = context.view
    commit = clone.head()
    execution = view.execution_of(commit)
    if execution is None:
        return
    execution_id = execution["pipelineExecutionId"]
    if not _is_at_its_end(context, commit):
        return
    action = action_of(view, execution, DEPLOY_STAGE)
    if action is None or action["status"] != "Failed":
        return
    context.aws.client("codepipeline").retry_stage_execution(
        pipelineName=view.pipeline.name,
        stageName=DEPLOY_STAGE,
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )

    def has_begun_again() -> bool:
        newest = action_of(context.view, execution, DEPLOY_STAGE)
        return newest is not None and newest["actionExecutionId"] != action["actionExecutionId"]

    wait_until(
        has_begun_again,
        f"Execution `{execution_id}` has not begun its stage {DEPLOY_STAGE} again",
    )
    context.progress(Note(f"  Retried stage {DEPLOY_STAGE} of commit {commit[:8]}."))


def _is_at_its_end(context: Context, commit: str) -> bool:
    """Return True when the pipeline has heard that the deployment was taken back, and it was.

    False where the commit's execution goes on: its deployment runs, or its approval waits.
    """
    running = context.view.running_deployment()
    if (running is not None and not running.is_rollback) or context.view.waiting_approval():
        return False

    def has_ended() -> bool:
        is_over = _status(context, commit) not in _UNDER_WAY
        return is_over and context.view.running_deployment() is None

    context.progress(Waiting(f"The execution of commit {commit[:8]} comes to its end"))
    wait_until(has_ended, f"The execution of commit {commit[:8]} still runs", _END_S)
    return True


def _status(context: Context, commit: str) -> str:
    execution = context.view.execution_of(commit)
    return str(execution["status"]) if execution else ""


def _deploy_again(context: Context) -> str:
    """Deploy what production serves once more, past the pipeline, by our own configuration.

    Raises: CheckNotPassed if that ends in another way than with the version in production.
    """
    view = context.view
    configuration = own(view, "canary")
    running = view.running_deployment()
    if running is not None and running.configuration != configuration:
        end_what_is_under_way(context)
        running = None
    attempt, waits = Attempt(context), Waits(context)
    if running is None:
        newest = next((one for one in view.deployments() if one.status == "Succeeded"), None)
        if newest is None:
            raise InfrastructureError(
                f"`{view.codedeploy.deployment_group}` has no deployment to repeat.",
                "Run `workshop check 3.3`.",
            )
        made = redeploy(context.aws, view.codedeploy, newest.id, configuration)
        context.progress(Note(f"  Deployment {made} repeats {newest.id}."))

    def go_on() -> None:
        attempt.require(lambda ended: ended.status == "Succeeded")
        waits.end()

    until(context, CHECKS["own_canary"], go_on)
    return f"{configuration} brought the same version to the other slot."


def commands_for_canary(context: Context) -> list[str]:
    view = context.view
    retry = (
        f"aws codepipeline retry-stage-execution --pipeline-name {view.pipeline.name} "
        f"--stage-name {DEPLOY_STAGE} --retry-mode FAILED_ACTIONS --pipeline-execution-id …"
    )
    again = (
        f"aws deploy create-deployment --application-name {view.codedeploy.application} "
        f"--deployment-group-name {view.codedeploy.deployment_group} "
        f"--deployment-config-name {own(view, 'canary')} --revision …"
    )
    return [
        "# once: the pipeline deploys again what it failed to deploy",
        retry,
        "workshop watch",
        "workshop promote   # once all traffic has moved",
        "# and once more, past the pipeline, by the configuration that Terraform made",
        again,
    ]
