"""`#{namespace.name}` in an action's configuration.

Source: "Variables reference" in the CodePipeline user guide.
"""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


class UnresolvedVariable(Exception):
    """A configuration names a variable that no action has set."""


def resolve(
    configuration: Mapping[str, str], namespaces: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Return the configuration with every reference replaced. Raises: UnresolvedVariable."""

    def value(found: re.Match[str]) -> str:
        namespace, name = found.groups()
        try:
            return namespaces[namespace][name]
        except KeyError:
            raise UnresolvedVariable(found.group()) from None

    return {key: _REFERENCE.sub(value, text) for key, text in configuration.items()}
