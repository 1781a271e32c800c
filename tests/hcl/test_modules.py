"""Each module and the root under a mocked provider; READMEs planned; tables current."""

import json
import re
import shutil
from pathlib import Path

import pytest

from .conftest import ROOT, Terraform, folder_of
from .module_tables import current, modules

EXAMPLE = re.compile(r"```hcl\n(?P<code>.*?)# planned: (?P<count>\d+) resources\n```", re.DOTALL)
TESTED = [*(module.name for module in modules()), "root"]


@pytest.mark.slow
@pytest.mark.parametrize("name", TESTED)
def test_terraform_test_passes(name: str, tree: Path, attached_terraform: Terraform) -> None:
    folder = folder_of(tree, name)
    _init(folder, attached_terraform)

    tested = attached_terraform(folder, "test", "-no-color")

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert re.search(r"Success! [1-9]\d* passed", tested.stdout), tested.stdout


@pytest.mark.slow
def test_the_root_is_valid(tree: Path, terraform: Terraform) -> None:
    _init(tree / "terraform", terraform)

    validated = terraform(tree / "terraform", "validate", "-no-color")

    assert validated.returncode == 0, validated.stderr


@pytest.mark.slow
def test_hcl_is_formatted(terraform: Terraform) -> None:
    for folder in ("modules", "terraform", "tests/hcl"):
        checked = terraform(ROOT / folder, "fmt", "-check", "-diff", "-recursive")

        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_examples_plan_the_resources_that_readmes_say(
    tree: Path, attached_terraform: Terraform
) -> None:
    examples = [match for module in modules() for match in _examples(module)]
    folder = tree / "examples"
    folder.mkdir()
    (folder / "main.tf").write_text("\n".join(match["code"] for match in examples))
    # what a root says of its provider, without which there is nothing to mock
    shutil.copy(modules()[0] / "versions.tf", folder)
    (folder / "plan.tftest.hcl").write_text(
        'mock_provider "aws" {\n  source = "../terraform/mocks"\n  override_during = plan\n}\n'
        'run "examples_are_planned" {\n  command = plan\n}\n'
    )
    _init(folder, attached_terraform)

    tested = attached_terraform(folder, "test", "-json", "-verbose")

    assert tested.returncode == 0, tested.stdout
    assert _planned(tested.stdout) == {
        re.findall(r'^module "(\w+)"', match["code"], re.MULTILINE)[-1]: int(match["count"])
        for match in examples
    }


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_readme_has_examples_and_current_tables(module: Path) -> None:
    assert len(_examples(module)) == 2
    assert (module / "README.md").read_text() == current(module), "Run `make docs`."


def _init(folder: Path, terraform: Terraform) -> None:
    done = terraform(folder, "init", "-backend=false", "-input=false", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr


def _examples(module: Path) -> "list[re.Match[str]]":
    return list(EXAMPLE.finditer((module / "README.md").read_text()))


def _planned(output: str) -> dict[str, int]:
    """Return how many resources are planned in each module of the root, those it calls included."""
    counts: dict[str, int] = {}
    for line in map(json.loads, output.splitlines()):
        for change in line.get("test_plan", {}).get("resource_changes", []):
            if change["mode"] == "managed":
                module = change["module_address"].split(".")[1]
                counts[module] = counts.get(module, 0) + 1
    return counts
