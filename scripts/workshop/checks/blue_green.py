"""The checks of lab 2: production, CodeDeploy, the stages, and a release through all of them."""

from workshop.checks.approval import look_at_approval, look_at_configuration
from workshop.checks.deployment import leaning_on, look_at_deployment
from workshop.checks.model import Check, Ending, Finding, could_not_look, failed, not_yet, passed
from workshop.checks.production import (
    look_at_answer,
    look_at_deployment_group,
    look_at_production,
    look_at_stages,
)
from workshop.checks.routing import look_at_routing
from workshop.checks.view import PRODUCTION, View


def look_at_version(view: View) -> Finding:
    """Judge which version production runs and answers with; only the newest commit's passes."""
    head = view.head_commit()
    record = view.service_record(PRODUCTION)
    primary = view.primary_task_set(record) if record else None
    if head is None or record is None or primary is None:
        return could_not_look("there is no commit, or no task set, to compare")
    tag = view.running_tag(PRODUCTION, primary)
    if tag != head:
        return _another_version(view, head, tag)
    answers = [view.hello(PRODUCTION) for _ in range(2 * record["desiredCount"])]
    if any(answer.status != 200 for answer in answers):
        return could_not_look("production does not answer; see the checks of step 2.1")
    odd = [answer for answer in answers if answer.version != head]
    if not odd and answers:
        return passed(f"{len(answers)} answers are of commit {head[:8]}")
    observed = f"{len(odd)} of {len(answers)} answers are of version " + (
        (odd[0].version or "none")[:12] if odd else "none"
    )
    if view.running_deployment() is not None:
        return not_yet(f"{observed}; a deployment moves the traffic")
    return failed(
        f"{observed}, production runs the image of commit {head[:8]}",
        cause="The image does not hold what its tag says: look at the Dockerfile's VERSION.",
        remedy="Mend the Dockerfile or the buildspec, push, and approve.",
    )


def _another_version(view: View, head: str, tag: str) -> Finding:
    """Judge production that runs another image than the newest commit's."""
    serves = f"production serves {tag[:8]}"
    deployment = look_at_deployment(view)
    if deployment.ending is not Ending.PASSED:
        below = leaning_on("deployment", deployment)
        if below.ending is Ending.NOT_YET:
            return not_yet(f"{serves}; {deployment.observed}", remedy=deployment.remedy)
        return could_not_look(
            f"{serves}, not commit {head[:8]}; see the checks `approval` and `deployment`"
        )
    newest = next(iter(view.deployments(1)), None)
    by = f" by {newest.id}" if newest else ""
    return failed(
        f"{serves}, which was deployed{by} after commit {head[:8]}",
        cause="Production was deployed past the pipeline.",
        remedy=f"Run `aws codepipeline start-pipeline-execution --name {view.pipeline.name}`, "
        "and approve.",
    )


CHECKS = (
    Check(
        "2.1",
        "production",
        "the live slot is full and healthy, the idle one empty",
        look_at_production,
        600,
    ),
    Check("2.1", "routing", "`/hello/*` goes to the primary task set's slot", look_at_routing, 60),
    Check("2.1", "answer", "production answers at its URL", look_at_answer, 60),
    Check(
        "2.2",
        "group",
        "CodeDeploy exchanges the two slots, and goes back on trouble",
        look_at_deployment_group,
    ),
    Check("2.3", "stages", "approval and deployment follow staging", look_at_stages),
    Check(
        "2.4",
        "configuration",
        "the newest commit hands on what production is deployed by",
        look_at_configuration,
    ),
    Check("2.4", "approval", "a person approved the newest commit", look_at_approval, 1800),
    Check("2.4", "deployment", "its deployment succeeded", look_at_deployment, 3600),
    Check("2.4", "version", "production serves the newest commit", look_at_version, 60),
)
