"""Where an environment stands, from AWS's own record."""

from typing import Any

from workshop.application.clone import push_url
from workshop.checks.view import View
from workshop.context import Context


def read_status(context: Context) -> dict[str, Any]:
    """Return what `workshop status --json` prints.

    Shape: `target`, `participant`, `step`, `endpoint_url`, `region`, `clone_url`; `urls` by
    service key, where `/hello/<name>` answers; `pipeline` with `name` and `stages` (`name`,
    `status`), or None; `services`, each with `cluster`, `name`, `running`, `desired`,
    `revision` (`<family>:<number>`), `image_tag`.
    """
    config, environment, view = context.config, context.environment, context.view
    source = environment.source_repository
    return {
        "target": config.target,
        "participant": config.participant,
        "step": environment.step,
        "endpoint_url": config.endpoint_url,
        "region": environment.region,
        "clone_url": push_url(config, source) if source else None,
        "urls": {key: view.urls[key] for key in environment.services},
        "pipeline": _pipeline(view) if environment.pipeline else None,
        "services": [_service(view, key) for key in environment.services],
    }


def _pipeline(view: View) -> dict[str, Any]:
    state = view.aws.client("codepipeline").get_pipeline_state(name=view.pipeline.name)
    return {
        "name": view.pipeline.name,
        "stages": [
            {
                "name": stage["stageName"],
                "status": stage.get("latestExecution", {}).get("status", "NotExecuted"),
            }
            for stage in state["stageStates"]
        ],
    }


def _service(view: View, key: str) -> dict[str, Any]:
    service = view.service(key)
    record = view.service_record(key)
    return {
        "cluster": service.cluster,
        "name": service.name,
        "running": record["runningCount"] if record else 0,
        "desired": record["desiredCount"] if record else 0,
        "revision": record["taskDefinition"].rsplit("/", 1)[-1] if record else "",
        "image_tag": view.running_tag(key, record) if record else "",
    }
