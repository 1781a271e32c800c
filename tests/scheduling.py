"""Which tests run on one worker: those that share an environment, and those of one file.

pytest-xdist's own `--dist loadgroup` does nothing with pytest 9.2, which keeps an item's id apart
from the name that the plugin writes the group into.
"""

from xdist.scheduler import LoadScopeScheduling

ENVIRONMENTS = {
    "tests/functional/lab1/test_lab1_recovery.py": "an environment of its own",
    "tests/functional/lab1/": "the environment of lab 1",
    "tests/functional/lab2/test_lab2_recovery.py": "another of its own",
    "tests/functional/lab2/": "the production environment",
}
"""The beginning of a test's id, to the environment that it shares; the first that fits."""


class ByEnvironment(LoadScopeScheduling):
    """Hands each worker whole environments and whole files, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((name for start, name in ENVIRONMENTS.items() if path.startswith(start)), path)
