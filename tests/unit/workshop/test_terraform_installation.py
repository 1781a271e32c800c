"""Where Terraform and its provider are found, and what is written for them."""

import hashlib
import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.workshop.conftest import Command
from tests.unit.workshop.fake_terraform import FakeTerraform
from tests.unit.workshop.file_server import FileServer

from workshop.config import Config
from workshop.errors import InfrastructureError, UsageError
from workshop.progress import Download, Event, silent
from workshop.terraform_download import FETCHED_VERSION, ensure_provider, fetch_terraform
from workshop.terraform_installation import Installation, is_supported, machine


def with_environ(config: Config, **environ: str) -> Config:
    return replace(config, inherited={**config.inherited, **environ})


def make_mirror(folder: Path, version: str = "5.100.0") -> Path:
    (folder / "registry.terraform.io/hashicorp/aws" / version / machine()).mkdir(parents=True)
    return folder


def installation(config: Config, *system_folders: Path) -> Installation:
    return Installation(config, system_folders)


@pytest.mark.parametrize(
    ("version", "is_good"),
    [("1.10.5", False), ("1.11.0", True), ("1.14.2", True), ("2.0.0", False), ("nonsense", False)],
)
def test_supported_versions(version: str, is_good: bool):
    assert is_supported(version) is is_good


def test_terraform_that_is_missing_is_told_with_one_remedy(config: Config):
    with pytest.raises(UsageError) as caught:
        installation(with_environ(config, PATH="/nowhere")).terraform()
    assert "not installed" in caught.value.message
    assert caught.value.remedy == "Run `make setup`, which fetches it."


def test_wrong_version_is_named(config: Config, tmp_path: Path):
    fake = FakeTerraform(tmp_path / "old", version="1.5.7")
    with pytest.raises(UsageError, match=r"has version 1\.5\.7, but >= 1\.11, < 2 is needed"):
        installation(with_environ(config, PATH=str(fake.folder))).terraform()


def test_binary_that_does_not_run_is_named(config: Config, tmp_path: Path):
    (tmp_path / "terraform").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "terraform").chmod(0o755)
    with pytest.raises(UsageError, match="does not run"):
        installation(with_environ(config, PATH=str(tmp_path))).terraform()


def test_own_binary_comes_before_the_path(config: Config, tmp_path: Path):
    fake = FakeTerraform(tmp_path / "path")
    own = FakeTerraform(config.state_dir / "bin")
    found = installation(with_environ(config, PATH=str(fake.folder))).find()
    assert found == own.binary


def test_configuration_names_mirrors_and_leaves_the_rest_to_the_registry(
    config: Config, tmp_path: Path
):
    mirror = make_mirror(tmp_path / "plug ins")
    assert installation(config, mirror).configuration_text() == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{mirror}"\n'
        '    include = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "  direct {\n"
        '    exclude = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "}\n"
    )


def test_configuration_without_a_mirror_asks_the_registry(config: Config):
    assert installation(config).configuration_text() == "provider_installation {\n  direct {}\n}\n"


def test_named_mirror_comes_before_the_projects_and_the_systems(config: Config, tmp_path: Path):
    named = make_mirror(tmp_path / "named")
    own = make_mirror(config.state_dir / "mirror")
    system = make_mirror(tmp_path / "system")
    found = installation(with_environ(config, WORKSHOP_MIRROR=str(named)), system).mirrors()
    assert [mirror.path for mirror in found] == [named, own, system]


def test_mirror_of_another_version_or_machine_is_left_out(config: Config, tmp_path: Path):
    other = make_mirror(tmp_path / "other", "6.0.0")
    foreign = tmp_path / "foreign"
    (foreign / "registry.terraform.io/hashicorp/aws/5.100.0/plan9_mips").mkdir(parents=True)
    assert installation(config, other, foreign).mirrors() == []


def test_packed_mirror_is_found(config: Config, tmp_path: Path):
    folder = tmp_path / "registry.terraform.io/hashicorp/aws"
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_5.100.0_{machine()}.zip").touch()
    assert [mirror.path for mirror in installation(config, tmp_path).mirrors()] == [tmp_path]


def test_home_and_data_folders_are_looked_at(config: Config, tmp_path: Path):
    home = make_mirror(Path(config.inherited["HOME"]) / ".terraform.d/plugins")
    data = make_mirror(tmp_path / "data/terraform/plugins")
    paths = [
        mirror.path
        for mirror in Installation(
            with_environ(config, XDG_DATA_DIRS=str(tmp_path / "data"))
        ).mirrors()
    ]
    assert paths[:2] == [home, data]


def test_own_configuration_of_a_person_is_left_alone(config: Config, tmp_path: Path):
    own = tmp_path / "my.tfrc"
    own.write_text("")
    variables = installation(with_environ(config, TF_CLI_CONFIG_FILE=str(own))).variables()
    assert variables == {"TF_CLI_CONFIG_FILE": str(own)}
    rc = Path(config.inherited["HOME"]) / ".terraformrc"
    rc.write_text("")
    assert installation(config).variables() == {"TF_CLI_CONFIG_FILE": str(rc)}


def test_configuration_that_is_named_and_missing_is_overridden(config: Config, tmp_path: Path):
    gone = with_environ(config, TF_CLI_CONFIG_FILE=str(tmp_path / "gone"))
    variables = installation(gone).variables()
    written = config.state_dir / "terraform.tfrc"
    assert variables == {"TF_CLI_CONFIG_FILE": str(written)}
    assert written.read_text().startswith("provider_installation {")


def release(server: FileServer, body: bytes | None = None) -> bytes:
    """Serve a release as HashiCorp lays it out; return the archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("terraform", "#!/bin/sh\n" + "# filler\n" * 100_000)
        files.writestr("LICENSE.txt", "")
    archive = packed.getvalue()
    name = f"terraform_{FETCHED_VERSION}_{machine()}.zip"
    sums = f"{hashlib.sha256(archive).hexdigest()}  {name}\n"
    server.files[f"/{FETCHED_VERSION}/terraform_{FETCHED_VERSION}_SHA256SUMS"] = sums.encode()
    server.files[f"/{FETCHED_VERSION}/{name}"] = archive if body is None else body
    return archive


def test_release_is_fetched_verified_and_runs(config: Config, server: FileServer):
    release(server)
    seen: list[Event] = []
    binary = fetch_terraform(
        with_environ(config, WORKSHOP_TERRAFORM_RELEASES=server.url), seen.append
    )
    assert binary == config.state_dir / "bin" / "terraform"
    assert os.access(binary, os.X_OK)
    sizes = [event for event in seen if isinstance(event, Download)]
    assert sizes[-1].received_bytes == sizes[-1].total_bytes
    assert list((config.state_dir / "downloads").iterdir()) == []


def test_interrupted_download_goes_on_where_it_stopped(config: Config, server: FileServer):
    archive = release(server)
    here = with_environ(config, WORKSHOP_TERRAFORM_RELEASES=server.url)
    server.cut_after_bytes = len(archive) // 2
    with pytest.raises(UsageError, match="Terraform is missing"):
        fetch_terraform(here, silent)
    server.cut_after_bytes = None
    fetch_terraform(here, silent)
    assert server.ranges[-1] == f"bytes={len(archive) // 2}-"


def test_download_that_was_tampered_with_is_refused(config: Config, server: FileServer):
    release(server, body=b"something else")
    with pytest.raises(UsageError, match="was promised"):
        fetch_terraform(with_environ(config, WORKSHOP_TERRAFORM_RELEASES=server.url), silent)
    assert not (config.state_dir / "bin" / "terraform").exists()
    assert list((config.state_dir / "downloads").iterdir()) == []


def test_no_network_says_what_to_install(config: Config, server: FileServer):
    with pytest.raises(UsageError) as caught:
        fetch_terraform(with_environ(config, WORKSHOP_TERRAFORM_RELEASES=server.url), silent)
    assert "404" in caught.value.message
    assert caught.value.remedy.startswith("Install Terraform >= 1.11, < 2 from https://")


def test_machine_without_a_release_is_named(config: Config, server: FileServer):
    server.files[f"/{FETCHED_VERSION}/terraform_{FETCHED_VERSION}_SHA256SUMS"] = b""
    with pytest.raises(UsageError, match=machine()):
        fetch_terraform(with_environ(config, WORKSHOP_TERRAFORM_RELEASES=server.url), silent)


def test_provider_that_cannot_be_fetched_is_told_in_terraforms_words(
    config: Config, tmp_path: Path, shell: pytest.MonkeyPatch
):
    fake = FakeTerraform(tmp_path / "fake", providers={"status": 1, "stderr": "│ no such host"})
    shell.setattr(Installation, "_standard_folders", lambda _: [])
    with pytest.raises(InfrastructureError, match="no such host"):
        ensure_provider(with_environ(config, PATH=str(fake.folder)), silent)


def test_setup_says_what_it_found(
    workshop: Command, config: Config, tmp_path: Path, shell: pytest.MonkeyPatch
):
    mirror = make_mirror(tmp_path / "mirror")
    fake = FakeTerraform(tmp_path / "fake")
    shell.setenv("WORKSHOP_MIRROR", str(mirror))
    shell.setenv("PATH", str(fake.folder))
    outcome = workshop("setup")
    assert outcome.exit_code == 0
    assert outcome.stderr == (
        f"Terraform's AWS provider is in `{mirror}`.\n"
        "Terraform 1.11.4 is ready; target `local` needs no network from here on.\n"
    )
