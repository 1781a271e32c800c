"""One standing environment for the tests of lab 3, at step 3.4."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.environments import Command, fresh_copy, made_by
from tests.standing import Completed, Standing


@pytest.fixture(scope="package")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """Return a newcomer's copy of the project; nothing is provisioned yet."""
    return fresh_copy(tmp_path_factory)


@pytest.fixture(scope="package")
def clone(standing: Standing) -> Path:
    return standing.clone


@pytest.fixture(scope="package")
def workshop(standing: Standing) -> Command:
    """Return a function that runs `workshop` with arguments, in the copy."""
    return standing.workshop


@pytest.fixture(scope="package")
def environment(standing: Standing) -> Iterator[Completed]:
    """Return what the first `workshop lab 3` printed; destroy everything at the end."""
    with made_by(standing, "lab", "3") as first:
        yield first


@pytest.fixture(scope="package")
def shell(environment: object, standing: Standing) -> Command:
    """Return a function that runs a line of bash after `eval "$(workshop env)"`."""
    return standing.shell
