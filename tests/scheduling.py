"""Which tests run on one worker: those that share an environment, and those of one file.

pytest-xdist's own `--dist loadgroup` does nothing with pytest 9.2, which keeps an item's id apart
from the name that the plugin writes the group into.
"""

from xdist.scheduler import LoadScopeScheduling

ENVIRONMENTS = {
    "tests/guides/test_guides.py": "the environment of the guides",
    "tests/functional/lab3/": "the environment of lab 3",
    "tests/functional/lab2/": "the environment of lab 2",
    "tests/functional/lab1/": "the environment of lab 1",
    "tests/hcl/": "the provider of the HCL's tests",
}
"""The beginning of a test's id, to what it shares with others: minutes of setting up.

In the order in which workers take them: a long one that begins late is waited for by all.
"""


def environment_of(nodeid: str) -> str | None:
    """Return the environment that a test shares with others, or None."""
    return next((name for start, name in ENVIRONMENTS.items() if nodeid.startswith(start)), None)


def turn_of(nodeid: str) -> int:
    """Return a test's turn: environments first, in their order, then all others."""
    turns = enumerate(ENVIRONMENTS)
    return next((turn for turn, start in turns if nodeid.startswith(start)), len(ENVIRONMENTS))


class ByEnvironment(LoadScopeScheduling):
    """Hands each worker whole environments and whole files, in order."""

    def _split_scope(self, nodeid: str) -> str:
        return environment_of(nodeid) or nodeid.partition("::")[0]
