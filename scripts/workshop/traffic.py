"""What a person does to production's traffic: send it on, or take it back."""

from workshop.checks.deployment import progress_of
from workshop.checks.view import PRODUCTION, View
from workshop.deployments import (
    Deployment,
    end_termination_wait,
    ready_wait_min,
    redeploy,
    reroute,
    stop,
)
from workshop.errors import UsageError

AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
"""Who goes back to a version that is known to be good has nothing to try out."""

_WATCH = "Watch it with `workshop watch`."


def promote_running(view: View) -> str:
    """End the wait that the running deployment is in; return what that does, in one sentence.

    Raises: UsageError where nothing waits.
    """
    running = view.running_deployment()
    if running is None:
        raise UsageError(
            "No deployment runs that could wait for anybody.",
            "See `workshop deployments`; one begins when a commit is pushed and approved.",
        )
    if running.is_ready and reroute(view.aws, running.id):
        return f"Re-routed: {running.id} sends users to {_version(running)}. {_WATCH}"
    if running.is_waiting_to_terminate and end_termination_wait(view.aws, running.id):
        return (
            f"Ended the termination wait of {running.id}: the tasks that {_version(running)} "
            "replaced go, and there is no way back to them."
        )
    raise UsageError(f"{running.id} waits for nobody: {progress_of(running)}.", _WATCH)


def roll_back(view: View) -> str:
    """Bring production back; return how, in one sentence.

    Raises: UsageError where there is nothing to go back to.
    """
    running = view.running_deployment()
    if running is None:
        return _deploy_earlier(view)
    if running.is_rollback:
        raise UsageError(
            f"{running.id} is a rollback already: it undoes {running.rollback_of or 'another'}.",
            _WATCH,
        )
    if not stop(view.aws, running.id):
        raise UsageError(
            f"{running.id} has ended, or is past the point where it can be taken back.",
            "Run `workshop rollback` again when `workshop deployments` shows that it ended.",
        )
    return (
        f"Stopped {running.id}, which brought {_version(running)}; CodeDeploy takes the traffic "
        f"back by a deployment of its own. {_WATCH}"
    )


def _deploy_earlier(view: View) -> str:
    """Deploy the version before the present one in one step, whatever the alarms say of that one.

    How long it waits on the test port is the group's to say, and not the deployment's.
    Source: CodeDeploy API, CreateDeployment.
    """
    serving = view.version(PRODUCTION)
    definition = (view.task_definition(PRODUCTION) or {}).get("taskDefinitionArn", "")
    earlier = next(
        (one for one in view.each_deployment() if _is_good(one) and _differs(one, definition)), None
    )
    if earlier is None:
        raise UsageError(
            f"No deployment runs, and none before {serving[:8] or 'the present version'} is known "
            "to go back to.",
            "See `workshop deployments`.",
        )
    made = redeploy(view.aws, view.codedeploy, earlier.id, AT_ONCE, ignore_alarms=True)
    wait = ""
    if ready_wait_min(view.deployment_group() or {}) is not None:
        wait = "It waits on the test port first: run `workshop promote` once it is Ready. "
    return (
        f"No deployment runs: {made} brings {_version(earlier)} once more, in place of "
        f"{serving[:8]}. {wait}{_WATCH}"
    )


def _is_good(one: Deployment) -> bool:
    return one.status == "Succeeded" and not one.is_rollback and bool(one.version)


def _differs(one: Deployment, definition: str) -> bool:
    """Tell whether a deployment's revision is another one; it may be named without its ARN."""
    return one.task_definition.rpartition("/")[2] != definition.rpartition("/")[2]


def _version(one: Deployment) -> str:
    return one.version[:8] or "its version"
