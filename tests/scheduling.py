"""Which tests run on one worker: those that share an environment, and those of one file.

Those of the HCL share nothing: each is Terraform's work of up to a minute, on any worker.

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


HCL = "tests/hcl/"
"""They come right after the environments: at the end all others would wait for them."""


def environment_of(nodeid: str) -> str | None:
    """Return the environment that a test shares with others, or None."""
    return next((name for start, name in ENVIRONMENTS.items() if nodeid.startswith(start)), None)


def turn_of(nodeid: str) -> int:
    """Return a test's turn: the longest environment first, then the HCL, then all others."""
    environment = environment_of(nodeid)
    if environment:
        return LONGEST_FIRST.index(environment)
    return len(LONGEST_FIRST) + (not nodeid.startswith(HCL))


class ByEnvironment(LoadScopeScheduling):
    """Hands each worker whole environments, whole files and single tests of the HCL, in order."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return environment_of(nodeid) or (nodeid if file.startswith(HCL) else file)
