"""The files by which a commit says how production is deployed, and what is wrong with them."""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from typing import Any

import yaml

TASKDEF = "taskdef.json"
APPSPEC = "appspec.yaml"
BUILDSPEC = "buildspec.yml"

IMAGE_PLACEHOLDER = "<IMAGE1_NAME>"
REVISION_PLACEHOLDER = "<TASK_DEFINITION>"

HANDED_ON = ("imagedefinitions.json", "imageDetail.json", TASKDEF, APPSPEC)
"""What the build hands on as artifacts.

Source: CodePipeline user guide, "Image definitions file reference", and the reference of the
action CodeDeployToECS.
"""

_FIELDS = {
    "family": "family",
    "execution_role_arn": "executionRoleArn",
    "task_role_arn": "taskRoleArn",
    "cpu": "cpu",
    "memory": "memory",
}


def render_taskdef(template: str, definition: dict[str, Any], container: str, region: str) -> str:
    """Fill a template with what a task definition, as ECS describes it, says of its participant.

    Raises: KeyError naming what the template asks for and the task definition does not have.
    """
    log = _container(definition, container)["logConfiguration"]["options"]
    values = {name: definition[field] for name, field in _FIELDS.items() if field in definition}
    own = {"container": container, "log_group": log["awslogs-group"], "region": region}
    return Template(template).substitute(values | own)


def mistake_in_taskdef(text: str, definition: dict[str, Any], container: str) -> str:
    """Return what keeps `taskdef.json` from being deployed, or ''.

    `definition` is the task definition that production runs: the family and the execution role are
    this participant's, the rest is the author's to choose.
    """
    try:
        found = json.loads(text)
        image = _container(found, container)["image"]
    except ValueError as error:
        return f"`{TASKDEF}` is not JSON: {error}"
    except (KeyError, TypeError, AttributeError):
        return f"`{TASKDEF}` describes no container `{container}` with an image"
    if image != IMAGE_PLACEHOLDER:
        return f"the image in `{TASKDEF}` is `{image}`, not `{IMAGE_PLACEHOLDER}`"
    for field in ("family", "executionRoleArn"):
        if found.get(field) != definition.get(field):
            expected = definition.get(field)
            return f"`{field}` in `{TASKDEF}` is `{found.get(field)}`, not `{expected}`"
    return ""


def mistake_in_appspec(text: str, container: str) -> str:
    """Return what keeps `appspec.yaml` from being deployed, or ''."""
    try:
        (resource,) = yaml.safe_load(text)["Resources"]
        properties = resource["TargetService"]["Properties"]
        named = properties["LoadBalancerInfo"]["ContainerName"]
        revision = properties["TaskDefinition"]
    except yaml.YAMLError as error:
        return f"`{APPSPEC}` is not YAML: {' '.join(str(error).split())}"
    except (KeyError, TypeError, ValueError):
        return f"`{APPSPEC}` describes no service with TaskDefinition and LoadBalancerInfo"
    if revision != REVISION_PLACEHOLDER:
        return f"the task definition in `{APPSPEC}` is `{revision}`, not `{REVISION_PLACEHOLDER}`"
    if named != container:
        return f"`{APPSPEC}` sends traffic to container `{named}`, not `{container}`"
    return ""


def mistake_in_buildspec(text: str) -> str:
    """Return which files `buildspec.yml` does not hand on as artifacts, or ''."""
    try:
        patterns = [str(one) for one in yaml.safe_load(text)["artifacts"]["files"]]
    except yaml.YAMLError as error:
        return f"`{BUILDSPEC}` is not YAML: {' '.join(str(error).split())}"
    except (KeyError, TypeError):
        return f"`{BUILDSPEC}` names no files under `artifacts`"
    missing = [name for name in HANDED_ON if not any(_covers(one, name) for one in patterns)]
    return f"`{BUILDSPEC}` does not hand on {', '.join(missing)}" if missing else ""


def read_text(path: Path) -> str | None:
    """Return a file's text, or None where there is no file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _container(definition: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the container of that name. Raises: KeyError, TypeError, AttributeError."""
    for one in definition["containerDefinitions"]:
        if one.get("name") == name:
            return dict(one)
    raise KeyError(name)


def _covers(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern.removeprefix("./").removeprefix("**/"))
