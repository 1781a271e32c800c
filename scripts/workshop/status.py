"""Where an environment stands, from AWS's own record."""

from typing import Any

from workshop.application.clone import push_url
from workshop.checks.view import PRODUCTION, TEST, View
from workshop.context import Context


def read_status(context: Context) -> dict[str, Any]:
    """Return what `workshop status --json` prints.

    Shape: `target`, `participant`, `step`, `endpoint_url`, `region`, `clone_url`; `urls` by
    service key, and `test`, where `/hello/<name>` answers; `pipeline` with `name` and `stages`
    (`name`, `status`), or None; `approval`, what waits for a person (`execution_id`, `commit`,
    `subject`, `stage`, `behind`: how many executions wait for it), or None; `deployment`,
    production's that runs (`id`, `status`, `version`, `weights` by slot in percent), or None;
    `services`, each with `cluster`, `name`, `running`, `desired`, `revision` (`<family>:<number>`),
    `image_tag`.
    """
    config, environment, view = context.config, context.environment, context.view
    source = environment.source_repository
    services = sorted(environment.services, key=lambda key: key == PRODUCTION)  # the last stage
    return {
        "target": config.target,
        "participant": config.participant,
        "step": environment.step,
        "endpoint_url": config.endpoint_url,
        "region": environment.region,
        "clone_url": push_url(config, source) if source else None,
        "urls": {key: view.urls[key] for key in (*services, TEST) if key in view.urls},
        "pipeline": _pipeline(view) if environment.pipeline else None,
        "approval": _approval(view) if environment.approval else None,
        "deployment": _deployment(view),
        "services": [_service(view, key) for key in services],
    }


def _pipeline(view: View) -> dict[str, Any]:
    return {
        "name": view.pipeline.name,
        "stages": [
            {
                "name": stage["stageName"],
                "status": stage.get("latestExecution", {}).get("status", "NotExecuted"),
            }
            for stage in view.pipeline_state()
        ],
    }


def _approval(view: View) -> dict[str, Any] | None:
    waiting = view.waiting_approval()
    if waiting is None:
        return None
    return {
        "execution_id": waiting.execution_id,
        "commit": waiting.commit,
        "subject": waiting.subject,
        "stage": waiting.stage,
        "behind": len(waiting.behind),
    }


def _deployment(view: View) -> dict[str, Any] | None:
    running = view.running_deployment()
    if running is None:
        return None
    return {
        "id": running.id,
        "status": running.status,
        "version": running.version,
        "weights": running.weights,
    }


def _service(view: View, key: str) -> dict[str, Any]:
    service = view.service(key)
    record = view.service_record(key)
    definition = view.task_definition(key)
    arn = definition["taskDefinitionArn"] if definition else ""
    return {
        "cluster": service.cluster,
        "name": service.name,
        "running": record["runningCount"] if record else 0,
        "desired": record["desiredCount"] if record else 0,
        "revision": arn.rsplit("/", 1)[-1],
        "image_tag": view.version(key),
    }
