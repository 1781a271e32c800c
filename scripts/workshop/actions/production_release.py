"""Step 2.4: take the configuration, then a change, through approval to production.

Whatever is done already, by an earlier run or by hand, is recognised by AWS's own record and not
repeated; so a run that was interrupted anywhere is simply run again.
"""

from workshop.actions.committing import greet_differently, open_clone
from workshop.actions.promotion import promote
from workshop.application.greeting import FILE
from workshop.context import Context
from workshop.progress import Note

STEP = "2.4"

_RELEASES = 2
"""The configuration alone, then a change that people see: each slot has served once."""


def release_to_production(context: Context) -> str:
    """Bring the newest commit to production; and a new greeting, unless two versions came there."""
    clone = open_clone(context)
    done = promote(context, clone)
    if len(_versions(context)) >= _RELEASES:
        return done
    context.progress(Note(f"  {done}"))
    greeting = greet_differently(clone, STEP)
    return f"{promote(context, clone)} It greets with “{greeting}”."


def _versions(context: Context) -> set[str]:
    """Return the versions that were deployed to production, rollbacks left out."""
    return {
        one.version
        for one in context.view.deployments()
        if one.status == "Succeeded" and not one.is_rollback and one.version
    }


def commands_for_production_release(context: Context) -> list[str]:
    group = context.view.codedeploy
    approve = "workshop approve --summary 'Staging is fine'"
    end_wait = (
        "aws deploy continue-deployment --deployment-wait-type TERMINATION_WAIT --deployment-id "
        f"$(aws deploy list-deployments --application-name {group.application} "
        f"--deployment-group-name {group.deployment_group} "
        "--query 'deployments[0]' --output text)"
    )
    return [
        f"cd '{context.config.work_dir}'",
        "git push",
        f"{approve}   # once it waits: `workshop check 2.4` tells",
        f"{end_wait}   # once production has switched",
        f"edit {FILE}: the line GREETING = …",
        "git commit --all --message 'Greet differently'",
        "git push, and then the last two commands again",
    ]
