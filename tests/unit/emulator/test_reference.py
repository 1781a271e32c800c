"""The generated pages say what the code does."""

from pathlib import Path

import pytest

from emulator import reference
from emulator.control_plane.ecr.responses import EcrResponse
from emulator.control_plane.ecs.responses import EcsResponse
from emulator.engines.build import Phase


def test_an_operation_that_is_refused_by_name_is_not_listed() -> None:
    assert "StartTask" not in reference.answered(EcsResponse, "ecs")
    assert "StartImageScan" not in reference.answered(EcrResponse, "ecr")


def test_an_operation_that_works_is_listed() -> None:
    assert "UpdateService" in reference.answered(EcsResponse, "ecs")
    assert "DescribeImages" in reference.answered(EcrResponse, "ecr")


@pytest.mark.parametrize("machine", reference.MACHINES, ids=lambda machine: machine.title)
def test_a_diagram_shows_every_transition_of_its_table(machine: reference.Machine) -> None:
    drawn = reference.diagram(machine)
    for (state, _), following in machine.table.items():
        assert f"{state.value} --> {following.value}: " in drawn


def test_what_ends_a_phase_in_the_same_way_shares_an_arrow() -> None:
    build = next(machine for machine in reference.MACHINES if machine.initial is Phase.SUBMITTED)
    assert "BUILD --> POST_BUILD: SUCCEEDED, FAILED\n" in reference.diagram(build)


def test_a_page_that_was_changed_by_hand_is_told_to_be_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reference.main([], tmp_path) == 0
    assert reference.main(["--check"], tmp_path) == 0
    page = tmp_path / "docs" / "reference" / "states.md"
    page.write_text("by hand", encoding="utf-8")
    assert reference.main(["--check"], tmp_path) == 1
    assert "`docs/reference/states.md` is stale" in capsys.readouterr().err
