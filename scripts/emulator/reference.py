"""Writes what the emulator answers and how its states follow each other to `docs/reference/`.

python -m emulator.reference [--check]
"""

import ast
import importlib.util
import inspect
import sys
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from moto.core.utils import camelcase_to_underscores, get_service_model

from emulator.control_plane.base import EmulatedResponse, NotEmulated
from emulator.control_plane.registration import SERVICES
from emulator.engines import build, target_health, task
from emulator.engines.deployment import transitions as deployment
from emulator.engines.deployment.model import DeploymentStatus, LifecycleStatus, Phase
from emulator.engines.pipeline import transitions as pipeline
from emulator.engines.pipeline.model import ActionStatus, ExecutionStatus, StageStatus

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path("docs") / "reference"

_OPERATIONS_HEAD = """# Operations that the emulator answers

Written by `make docs` from the code. An operation that is not listed ends with
`NotImplementedException` (HTTP 501) and its name. What differs from AWS although it is answered
stands in [differences from AWS](../explanation/differences-from-aws.md).

Every other service (IAM, STS, S3, CloudWatch Logs, KMS, SNS, SQS, SSM …) is moto's own.
"""
_STATES_HEAD = """# States, and what leads from one to the next

Written by `make docs` from the tables of transitions in `scripts/emulator/engines`. States are
spelt as AWS spells them. A change that is not drawn raises an error: it would be our mistake.
"""


@dataclass(frozen=True)
class Machine:
    """One table of transitions and the state that everything starts in."""

    title: str
    initial: Enum
    table: Mapping[Any, Enum]


MACHINES = (
    Machine("An ECS task", task.TaskStatus.PROVISIONING, task.TRANSITIONS),
    Machine("A target of a load balancer", target_health.State.INITIAL, target_health.TRANSITIONS),
    Machine("A build's phases, by how each ends", build.Phase.SUBMITTED, build.TRANSITIONS),
    Machine("A pipeline's execution", ExecutionStatus.IN_PROGRESS, pipeline.EXECUTION_TRANSITIONS),
    Machine("A stage's run", StageStatus.IN_PROGRESS, pipeline.STAGE_TRANSITIONS),
    Machine("An action's run", ActionStatus.IN_PROGRESS, pipeline.ACTION_TRANSITIONS),
    Machine("A deployment", DeploymentStatus.CREATED, deployment.STATUS_TRANSITIONS),
    Machine("A deployment's phases, in our words", Phase.CREATED, deployment.PHASE_TRANSITIONS),
    Machine(
        "A lifecycle event of a deployment",
        LifecycleStatus.PENDING,
        deployment.LIFECYCLE_TRANSITIONS,
    ),
)


def pages() -> dict[Path, str]:
    """Return every page by its path in the project."""
    operations = "\n".join([_OPERATIONS_HEAD, *(_service(name) for name in SERVICES)])
    states = "\n".join([_STATES_HEAD, *(diagram(machine) for machine in MACHINES)])
    return {FOLDER / "emulator-operations.md": operations, FOLDER / "states.md": states}


def answered(response: type[EmulatedResponse], service: str) -> list[str]:
    """Return the operations of botocore's model that a response class does not refuse by name."""
    asked = response()
    return [name for name in _operations(service) if not _is_refused(asked, name)]


def diagram(machine: Machine) -> str:
    """Return one table as a section with a Mermaid diagram."""
    events: defaultdict[tuple[Enum, Enum], list[str]] = defaultdict(list)
    for (state, event), following in machine.table.items():
        events[state, following].append(_event_words(event))
    left = {state for state, _ in events}
    entered = list(dict.fromkeys(following for _, following in events))
    lines = [
        f"[*] --> {machine.initial.value}",
        *(f"{a.value} --> {b.value}: {', '.join(names)}" for (a, b), names in events.items()),
        *(f"{state.value} --> [*]" for state in entered if state not in left),
    ]
    body = "\n".join(f"    {line}" for line in lines)
    return f"## {machine.title}\n\n```mermaid\nstateDiagram-v2\n{body}\n```\n"


def main(arguments: list[str], project: Path = PROJECT) -> int:
    """Write the pages, or with `--check` only compare them; 1 if one is stale."""
    stale = []
    for name, text in pages().items():
        page = project / name
        if "--check" not in arguments:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
        elif not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(name)
    for name in stale:
        print(f"`{name}` is stale: the emulator's code changed. Run `make docs`.", file=sys.stderr)
    return 1 if stale else 0


def _service(name: str) -> str:
    response = _response_class(name)
    if response is None:
        return f"## {name}\n\nmoto's own operations; what they make is a record only.\n"
    found, total = answered(response, name), len(_operations(name))
    listed = ", ".join(f"`{operation}`" for operation in found)
    text = (
        textwrap.fill(listed, width=100, break_on_hyphens=False)
        or "Every operation is refused by name."
    )
    return f"## {name}\n\n{len(found)} of {total}.\n\n{text}\n"


def _response_class(service: str) -> type[EmulatedResponse] | None:
    """Return the class in a service's own `responses` module, or None where there is none."""
    package = f"emulator.control_plane.{service}"
    if importlib.util.find_spec(f"{package}.responses") is None:
        return None
    module = importlib.import_module(f"{package}.responses")
    found = [
        member
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, EmulatedResponse)
        and member.__module__ == module.__name__
    ]
    return found[0]


def _operations(service: str) -> list[str]:
    return sorted(get_service_model(service).operation_names)


def _is_refused(response: EmulatedResponse, operation: str) -> bool:
    try:
        response._refuse_unless_emulated(operation)
    except NotEmulated:
        return True
    return _only_refuses(getattr(type(response), camelcase_to_underscores(operation)))


def _only_refuses(method: Any) -> bool:
    """Tell whether a method's body is nothing but `raise NotEmulated(…)`."""
    if not method.__module__.startswith("emulator."):
        return False
    function = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    body = function.body[0] if isinstance(function, ast.FunctionDef) else None
    raised = body.exc if isinstance(body, ast.Raise) else None
    return isinstance(raised, ast.Call) and ast.unparse(raised.func) == NotEmulated.__name__


def _event_words(event: Enum) -> str:
    return event.value if isinstance(event.value, str) else event.name.lower().replace("_", " ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
