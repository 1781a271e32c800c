"""Which tests run on one worker, in which order, and which of them never share a process.

Tests that share an environment run on one worker, and so do those of one file. Those of the HCL
share nothing: each is Terraform's work of up to a minute, on any worker.

A process has one set of moto's backends. The emulator's own tests put its backends in their place,
the CLI's want moto's own: a worker that has run tests of one kind runs none of the other.

pytest-xdist's own `--dist loadgroup` does nothing with pytest 9.2, which keeps an item's id apart
from the name that the plugin writes the group into.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

ENVIRONMENTS = {
    "tests/functional/lab3/": "the environment of lab 3",
    "tests/functional/lab2/": "the environment of lab 2",
    "tests/guides/test_guides.py": "the environment of the guides",
    "tests/functional/lab1/test_lab1_recovery.py": "an environment that lab 1 loses",
    "tests/functional/lab1/": "the environment of lab 1",
}
"""The beginning of a test's id, to the environment that it shares; the first that fits."""

EMULATORS, MOTOS = "the emulator's", "moto's"

BACKENDS = {"tests/unit/emulator/": EMULATORS, "tests/unit/workshop/": MOTOS}
"""The beginning of a test's id, to the backends that it needs in its process."""

HCL = "tests/hcl/"

TURNS = (*ENVIRONMENTS, *BACKENDS, HCL)
"""The beginnings of tests' ids, in the order in which workers take them; all others come last.

Environments come first, as a long one that begins late is waited for by all.
"""


def environment_of(nodeid: str) -> str | None:
    """Return the environment that a test shares with others, or None."""
    return next((name for start, name in ENVIRONMENTS.items() if nodeid.startswith(start)), None)


def backends_of(nodeid: str) -> str | None:
    """Return whose backends a test needs in its process, or None where it uses none."""
    return next((name for start, name in BACKENDS.items() if nodeid.startswith(start)), None)


def turn_of(nodeid: str) -> int:
    """Return a test's turn, 0 first."""
    return next((turn for turn, start in enumerate(TURNS) if nodeid.startswith(start)), len(TURNS))


class ByEnvironment(LoadScopeScheduling):
    """Hands each worker whole environments, whole files and single tests of the HCL, in order."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self._backends: dict[WorkerController, str] = {}

    def schedule(self) -> None:
        """Raises: pytest.UsageError for fewer workers than kinds of backends."""
        kinds = {backends_of(one) for one in self.registered_collections[self.nodes[0]]} - {None}
        if len(self.nodes) < len(kinds):
            raise pytest.UsageError(
                f"{len(self.nodes)} worker cannot run tests of {' and of '.join(sorted(BACKENDS))} "
                f"in one process. Give `-n {len(kinds)}` or more, or one of the folders."
            )
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return environment_of(nodeid) or (nodeid if file.startswith(HCL) else file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = next((one for one in self.workqueue if self._may_take(node, one)), None)
        if scope is None:
            node.shutdown()
            return
        wanted = backends_of(scope)
        if wanted is not None:
            self._backends[node] = wanted
        self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def _may_take(self, node: WorkerController, scope: str) -> bool:
        """Tell whether a worker's process may run a unit, and leaves a worker to either kind."""
        wanted = backends_of(scope)
        if wanted is None or node in self._backends:
            return wanted in {None, self._backends.get(node)}
        without_worker = {backends_of(one) for one in self.workqueue} - {None}
        without_worker -= {self._backends.get(one) for one in self.nodes}
        return not without_worker or wanted in without_worker
