"""How workers share the suite: whole environments, and one kind of moto's backends a process."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.scheduling import ByEnvironment, backends_of, environment_of, turn_of

EMULATOR = [f"tests/unit/emulator/test_{name}.py::test" for name in "abcd"]
CLI = [f"tests/unit/workshop/test_{name}.py::test" for name in "ef"]
LAB = ["tests/functional/lab3/test_g.py::test", "tests/functional/lab3/test_h.py::test"]
HCL = ["tests/hcl/test_modules.py::test[i]", "tests/hcl/test_modules.py::test[j]"]
DOCS = ["tests/unit/test_docs.py::test"]


class Worker:
    """One of pytest-xdist's: keeps what it was sent."""

    def __init__(self, number: int) -> None:
        self.gateway = SimpleNamespace(id=f"gw{number}")
        self.taken: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.taken += indices

    def shutdown(self) -> None:
        self.shutting_down = True


class Run:
    """A run of the suite by some workers, each of which is as quick as the others."""

    def __init__(self, collection: list[str], workers: int) -> None:
        self.collection = sorted(collection, key=turn_of)
        self.workers = [Worker(number) for number in range(workers)]
        config: Any = SimpleNamespace(
            option=SimpleNamespace(loadscopereorder=False),
            getvalue=lambda _name: ["popen"] * workers,
        )
        self.scheduler: Any = ByEnvironment(config)
        self.ran: dict[str, list[str]] = {}

    def to_the_end(self) -> dict[str, list[str]]:
        """Return worker -> the tests that it ran, in order."""
        for worker in self.workers:
            self.scheduler.add_node(worker)
            self.scheduler.add_node_collection(worker, self.collection)
        self.scheduler.schedule()
        self.ran = {worker.gateway.id: [] for worker in self.workers}
        for worker, index in self._rounds():
            self.ran[worker.gateway.id].append(self.collection[index])
            self.scheduler.mark_test_complete(worker, index)
        return self.ran

    def _rounds(self) -> Iterator[tuple[Worker, int]]:
        while any(worker.taken for worker in self.workers):
            for worker in self.workers:
                if worker.taken:
                    yield worker, worker.taken.pop(0)


@pytest.mark.parametrize("workers", [2, 3, 5, 7, 12])
@pytest.mark.parametrize("collection", [EMULATOR + CLI, EMULATOR + CLI + LAB + HCL + DOCS])
def test_every_test_runs_once_and_no_process_meets_both_kinds_of_backends(collection, workers):
    ran = Run(collection, workers).to_the_end()
    assert sorted(one for taken in ran.values() for one in taken) == sorted(collection)
    for taken in ran.values():
        assert len({backends_of(one) for one in taken} - {None}) <= 1, taken


def test_tests_of_one_environment_run_on_one_worker_and_begin_first():
    ran = Run(EMULATOR + CLI + DOCS + LAB, 3).to_the_end()
    assert ran["gw0"][:2] == LAB


def test_worker_that_is_left_over_helps_with_the_kind_that_waits():
    ran = Run(EMULATOR + CLI, 4).to_the_end()
    kinds = [{backends_of(one) for one in taken} for taken in ran.values()]
    assert kinds == [{"the emulator's"}, {"moto's"}, {"the emulator's"}, {"the emulator's"}]


def test_one_worker_is_refused_both_kinds_and_takes_either():
    with pytest.raises(pytest.UsageError, match="Give `-n 2` or more"):
        Run(EMULATOR + CLI, 1).to_the_end()
    assert Run(EMULATOR + DOCS, 1).to_the_end()["gw0"] == EMULATOR + DOCS


def test_run_that_is_cut_short_by_one_test_is_not_the_environment_of_lab_1():
    recovery, lab = (
        environment_of(f"tests/functional/lab1/test_lab1{one}.py::test")
        for one in ("_recovery", "")
    )
    assert recovery != lab
