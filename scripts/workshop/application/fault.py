"""The mistake of step 3.4: a variable of production's tasks that makes greetings fail.

Staging takes its variables from its own task definition, so it cannot show the mistake.
"""

import json
from typing import Any

VARIABLE = "GREETING_FORMAT"
MISTAKE = "{greting} {name}"


def with_mistake(taskdef: str, container: str) -> str:
    """Return `taskdef.json` with the mistake in a container. Raises: ValueError, KeyError."""
    return _with_variable(taskdef, container, MISTAKE)


def without_mistake(taskdef: str, container: str) -> str:
    """Return `taskdef.json` without the variable. Raises: ValueError, KeyError."""
    return _with_variable(taskdef, container, None)


def has_mistake(taskdef: str, container: str) -> bool:
    """Tell whether the variable is set to the mistake; False for what cannot be read."""
    try:
        variables = _container(json.loads(taskdef), container).get("environment", [])
    except (ValueError, KeyError, TypeError):
        return False
    return {"name": VARIABLE, "value": MISTAKE} in variables


def _with_variable(taskdef: str, container: str, value: str | None) -> str:
    definition = json.loads(taskdef)
    found = _container(definition, container)
    others = [one for one in found.get("environment", []) if one["name"] != VARIABLE]
    added = [] if value is None else [{"name": VARIABLE, "value": value}]
    found["environment"] = others + added
    return json.dumps(definition, indent=2, ensure_ascii=False) + "\n"


def _container(definition: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the container of that name, to be changed in place. Raises: KeyError."""
    for one in definition["containerDefinitions"]:
        if one.get("name") == name:
            found: dict[str, Any] = one
            return found
    raise KeyError(name)
