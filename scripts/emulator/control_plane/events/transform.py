"""What a target receives: the event, a part of it, a constant, or a template filled from it.

Source: EventBridge User Guide, "Amazon EventBridge input transformation"; botocore events,
shapes Target and InputTransformer.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Event = dict[str, Any]

MISSING = object()
"""What a path leads to where the event has nothing there; None is a value."""

_STEP = re.compile(r"\.(?P<name>[\w/-]+)|\[(?P<index>\d+|\*)\]|\['(?P<quoted>[^']+)'\]")
_TOKEN = re.compile(r'(?P<escape>\\.)|(?P<quote>")|<(?P<variable>[\w.-]+)>', re.DOTALL)


class InvalidInput(ValueError):
    """A target's input cannot be made: a path that is none, a template that yields no JSON."""


@dataclass(frozen=True)
class RuleContext:
    """What a template's predefined variables `aws.events.*` need beside the event."""

    rule_arn: str
    rule_name: str
    ingestion_time: str


def input_for(target: Mapping[str, Any], event: Event, context: RuleContext) -> Any:
    """Return what a target receives of an event, as a JSON value. Raises: InvalidInput."""
    if "Input" in target:
        return _json(target["Input"])
    if "InputPath" in target:
        found = look_up(event, target["InputPath"])
        return None if found is MISSING else found
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, context)
    return event


def look_up(event: Any, path: str) -> Any:
    """Return the value at a JSON path such as `$.detail.commitId`, or MISSING.

    Raises: InvalidInput where the path is not written as EventBridge reads it.
    """
    found = event
    for step in _steps(path):
        found = step(found)
        if found is MISSING:
            return MISSING
    return found


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Replace each `<variable>`: inside quotes by bare text, elsewhere by its JSON.

    A variable without a value leaves nothing behind inside quotes, and `null` elsewhere.
    """
    inside = False

    def replace(match: re.Match[str]) -> str:
        nonlocal inside
        if match["quote"]:
            inside = not inside
        if not match["variable"]:
            return match[0]
        value = values.get(match["variable"], MISSING)
        return _bare(value) if inside else json.dumps(None if value is MISSING else value)

    return _TOKEN.sub(replace, template)


def _transformed(transformer: Mapping[str, Any], event: Event, context: RuleContext) -> Any:
    paths = transformer.get("InputPathsMap") or {}
    values = {name: look_up(event, path) for name, path in paths.items()}
    template = transformer["InputTemplate"]
    return _json(fill(template, {**values, **_predefined(event, context)}))


def _predefined(event: Event, context: RuleContext) -> dict[str, Any]:
    return {
        "aws.events.rule-arn": context.rule_arn,
        "aws.events.rule-name": context.rule_name,
        "aws.events.event.ingestion-time": context.ingestion_time,
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The target's input is not JSON ({error}): {text}") from error


def _bare(value: Any) -> str:
    """Return a value as it stands inside a JSON string, without the quotes around it."""
    if value is MISSING or value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def _steps(path: str) -> list[Callable[[Any], Any]]:
    rest = path.removeprefix("$")
    matches = list(_STEP.finditer(rest))
    if not path.startswith("$") or "".join(match[0] for match in matches) != rest:
        raise InvalidInput(f"`{path}` is not a JSON path that EventBridge reads, as $.detail.name.")
    return [_step(match) for match in matches]


def _step(match: re.Match[str]) -> Callable[[Any], Any]:
    name = match["name"] or match["quoted"]
    if name:
        return lambda value: value.get(name, MISSING) if isinstance(value, dict) else MISSING
    if match["index"] == "*":
        return lambda value: value if isinstance(value, list) else MISSING
    index = int(match["index"])
    return lambda value: value[index] if isinstance(value, list) and index < len(value) else MISSING
