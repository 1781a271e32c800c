"""Which tests run on one worker: those that share an environment, and those of one file.

pytest-xdist's own `--dist loadgroup` does nothing with pytest 9.2, which keeps an item's id apart
from the name that the plugin writes the group into.
"""

from xdist.scheduler import LoadScopeScheduling

ENVIRONMENTS = {
    "tests/functional/lab3/": "the environment of lab 3",
    "tests/functional/lab2/": "the environment of lab 2",
    "tests/guides/test_guides.py": "the environment of the guides",
    "tests/functional/lab1/test_lab1_recovery.py": "an environment that lab 1 loses",
    "tests/functional/lab1/": "the environment of lab 1",
}
"""The beginning of a test's id, to the environment that it shares; the first that fits."""

LONGEST_FIRST = (
    "the environment of lab 2",
    "the environment of lab 3",
    "the environment of the guides",
    "the environment of lab 1",
    "an environment that lab 1 loses",
)
"""The order in which workers take them: a long one that begins late is waited for by all."""


def environment_of(nodeid: str) -> str | None:
    """Return the environment that a test shares with others, or None."""
    return next((name for start, name in ENVIRONMENTS.items() if nodeid.startswith(start)), None)


def turn_of(nodeid: str) -> int:
    """Return a test's turn: those of the longest environment first, those of none at the end."""
    environment = environment_of(nodeid)
    return LONGEST_FIRST.index(environment) if environment else len(LONGEST_FIRST)


class ByEnvironment(LoadScopeScheduling):
    """Hands each worker whole environments and whole files, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return environment_of(nodeid) or nodeid.partition("::")[0]
