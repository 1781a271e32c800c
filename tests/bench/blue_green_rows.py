"""Production: from an approval to the new version alone, and a load through deployments."""

import json
import time

from tests.bench.load import RATE, failed_requests, under_load
from tests.bench.place import APPLICATION, PRODUCTION_CLUSTER, Place, say, wait_until
from tests.bench.production import (
    GROUP,
    approve,
    finish,
    latest_deployment,
    push_greeting,
    stop,
    until_all_answers_are,
)
from tests.bench.rows import Row, ratio
from workshop.checks.web import ask

SERVICE = "hello-server-prod"
TASK_DEFINITION = "taskdef.json"


def approval_row(place: Place) -> Row:
    """Compare the time to production with what the deployment itself has to wait for."""
    say("approving a release to production")
    commit = push_greeting(place)
    approve(place, commit)
    started = time.monotonic()
    until_all_answers_are(place, commit)
    served_s = time.monotonic() - started
    finish(place)
    return ratio(
        "approval to all production traffic on the new version",
        served_s,
        _asked_for_s(place),
        "what the deployment asks for: a container health check of each task",
        limit=1.3,
    )


def _asked_for_s(place: Place) -> float:
    """Return the seconds that a deployment waits by its own declaration.

    An ECS container's first health check comes an interval after its start. Shifting all at once
    waits for nothing, and the first check of a target comes at once.
    """
    template = json.loads((place.clone / TASK_DEFINITION).read_text(encoding="utf-8"))
    return max(float(one["healthCheck"]["interval"]) for one in template["containerDefinitions"])


def load_row(place: Place) -> Row:
    """Count failed requests through two deployments, one stopped, and one that is not healthy."""
    say(f"two blue/green deployments, a stop and an unhealthy green under {RATE} requests a second")
    with under_load(place.production_url) as report:
        for _ in range(2):
            commit = push_greeting(place)
            approve(place, commit)
            until_all_answers_are(place, commit)
            finish(place)
        _stop_after_the_switch(place)
        _stop_unhealthy_green(place)
    return failed_requests("two blue/green deployments, a rollback, an unhealthy green", report)


def _stop_after_the_switch(place: Place) -> None:
    """Approve a release, and roll it back while the old tasks still wait."""
    commit = push_greeting(place)
    before = ask(place.production_url).version or "none"
    approve(place, commit)
    until_all_answers_are(place, commit)
    stop(place, latest_deployment(place))
    until_all_answers_are(place, before)


def _stop_unhealthy_green(place: Place) -> None:
    """Deploy a revision whose tasks never get healthy, and stop it when the first one failed."""
    revision = _register_unhealthy(place)
    content = (place.clone / "appspec.yaml").read_text(encoding="utf-8")
    deployment = place.aws("codedeploy").create_deployment(
        applicationName=APPLICATION,
        deploymentGroupName=GROUP,
        revision={
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": content.replace("<TASK_DEFINITION>", revision)},
        },
    )["deploymentId"]
    wait_until(lambda: _has_failed_a_task(place, revision))
    stop(place, deployment)


def _register_unhealthy(place: Place) -> str:
    """Return a copy of the live revision with another health check, which nothing passes."""
    ecs = place.aws("ecs")
    live = ecs.describe_services(cluster=PRODUCTION_CLUSTER, services=[SERVICE])["services"][0]
    found = ecs.describe_task_definition(taskDefinition=live["taskDefinition"])["taskDefinition"]
    accepted = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    copy = {name: value for name, value in found.items() if name in accepted}
    check = copy["containerDefinitions"][0]["healthCheck"]
    check.update({"command": ["CMD-SHELL", "exit 1"], "startPeriod": 0, "retries": 1})
    return str(ecs.register_task_definition(**copy)["taskDefinition"]["taskDefinitionArn"])


def _has_failed_a_task(place: Place, revision: str) -> bool:
    ecs = place.aws("ecs")
    arns = ecs.list_tasks(cluster=PRODUCTION_CLUSTER, serviceName=SERVICE, desiredStatus="STOPPED")[
        "taskArns"
    ]
    tasks = ecs.describe_tasks(cluster=PRODUCTION_CLUSTER, tasks=arns)["tasks"] if arns else []
    return any(task["taskDefinitionArn"] == revision for task in tasks)
