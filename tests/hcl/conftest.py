"""A copy of the HCL, so that Terraform leaves nothing in the tree, and a Terraform to run on it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.standing import ROOM_FOR_TERRAFORM
from workshop.config import Config
from workshop.terraform_installation import Installation
from workshop.terraform_output import OutputFile
from workshop.terraform_provider import ServedProvider

ROOT = Path(__file__).parents[2]
PASSED_ON = ("HOME", "HTTPS_PROXY", "NO_PROXY", "PATH", "TMPDIR", "WORKSHOP_MIRROR")

PROVIDER = ".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws_*"

Terraform = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the HCL, its tests beside it, and the application's files."""
    copy = tmp_path_factory.mktemp("hcl")
    for folder in ("app", "modules", "terraform"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns(".terraform*"))
    for test in (ROOT / "tests/hcl").glob("*.tftest.hcl"):
        name = test.name.removesuffix(".tftest.hcl").removesuffix("-drift")
        shutil.copy(test, folder_of(copy, name))
    for folder in (copy / "terraform", *(copy / "modules").iterdir()):
        shutil.copytree(ROOT / "tests/hcl/mocks", folder / "mocks")
    return copy


@pytest.fixture(scope="session")
def installation() -> Installation:
    """Return the Terraform and the provider that a person's own commands would use."""
    return Installation(Config(root=ROOT, inherited=dict(os.environ)))


@pytest.fixture(scope="session")
def environment(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Return the whole environment of a Terraform process."""
    configuration = tmp_path_factory.mktemp("terraform") / "terraform.tfrc"
    configuration.write_text(installation.configuration_text())
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    own = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(configuration)}
    return passed_on | own | ROOM_FOR_TERRAFORM


@pytest.fixture(scope="session")
def terraform(installation: Installation, environment: Mapping[str, str]) -> Terraform:
    """Return a function that runs Terraform in a folder: `terraform(folder, "validate")`."""
    return _terraform(installation, environment)


@pytest.fixture(scope="session")
def attached_terraform(
    installation: Installation, environment: Mapping[str, str], tree: Path, terraform: Terraform
) -> Iterator[Terraform]:
    """Return a function as `terraform`, all of whose processes use one process of the provider.

    Left to itself Terraform starts the provider twice for each `run` of a test, which is nine
    tenths of all that the test costs.
    """
    initialised = terraform(tree / "terraform", "init", "-backend=false", "-input=false")
    assert initialised.returncode == 0, initialised.stderr
    (binary,) = (tree / "terraform").glob(PROVIDER)
    output = OutputFile(tree / "terraform.log")
    with closing(ServedProvider(tree / "provider.log", output)) as provider:
        yield _terraform(installation, {**environment, **provider.variables(binary, environment)})


def _terraform(installation: Installation, environment: Mapping[str, str]) -> Terraform:
    binary = installation.terraform()

    def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(binary), *arguments], cwd=folder, env=environment, capture_output=True, text=True
        )

    return run


def folder_of(tree: Path, name: str) -> Path:
    """Return the folder in the copied tree that a test file is about."""
    return tree / "terraform" if name == "root" else tree / "modules" / name
