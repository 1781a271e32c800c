"""What lab 2 adds to the participant's clone goes on from what lab 1 put there."""

from pathlib import Path
from typing import Any

import yaml

APP = Path(__file__).parents[2] / "app"


def buildspec(folder: str) -> dict[str, Any]:
    spec: dict[str, Any] = yaml.safe_load((APP / folder / "buildspec.yml").read_text())
    return spec


def test_second_buildspec_tests_and_builds_as_the_first() -> None:
    first, second = buildspec("hello-server"), buildspec("blue-green")

    assert second["env"] == first["env"]
    assert second["phases"]["pre_build"] == first["phases"]["pre_build"]
    commands = second["phases"]["build"]["commands"]
    assert [line for line in commands if "imageDetail" not in line] == (
        first["phases"]["build"]["commands"]
    )


def test_second_buildspec_hands_on_what_both_deployments_need() -> None:
    files = buildspec("blue-green")["artifacts"]["files"]

    assert files == ["imagedefinitions.json", "imageDetail.json", "taskdef.json", "appspec.yaml"]
    assert all(
        name in ("imagedefinitions.json", "imageDetail.json")
        or (APP / "blue-green" / name).is_file()
        for name in files
    )
