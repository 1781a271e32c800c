"""Fetch what Terraform needs, once: its binary, and a mirror of the provider."""

import re
import subprocess
import tempfile
import zipfile
from pathlib import Path

from workshop.config import Config, EnvVars
from workshop.downloads import fetch_file, fetch_text
from workshop.errors import InfrastructureError, UsageError
from workshop.isolation import without_terraform_choices
from workshop.progress import Note, Progress, Waiting
from workshop.terraform_installation import (
    Installation,
    is_supported,
    machine,
    supported_range,
    version_of,
)

RELEASES = "https://releases.hashicorp.com/terraform"
"""HashiCorp's release site; `WORKSHOP_TERRAFORM_RELEASES` names another with its layout."""

FETCHED_VERSION = "1.11.4"

_BY_HAND = (
    f"Install Terraform {supported_range()} from https://developer.hashicorp.com/terraform/install "
    "so that `terraform` is on PATH, then run `make setup` again."
)


def ensure_terraform(config: Config, progress: Progress) -> Path:
    """Return a usable Terraform, fetching the official release where there is none."""
    installation = Installation(config)
    found = installation.find()
    if found is not None and is_supported(version_of(found)):
        return found
    return fetch_terraform(config, progress)


def fetch_terraform(config: Config, progress: Progress) -> Path:
    """Fetch Terraform into `.workshop/bin`, verified by checksum. Raises: WorkshopError."""
    base = config.inherited.get(EnvVars.TERRAFORM_RELEASES, RELEASES).rstrip("/")
    release = f"{base}/{FETCHED_VERSION}"
    name = f"terraform_{FETCHED_VERSION}_{machine()}.zip"
    archive = config.state_dir / "downloads" / name
    try:
        sums = fetch_text(f"{release}/terraform_{FETCHED_VERSION}_SHA256SUMS")
        fetch_file(f"{release}/{name}", archive, _checksum(sums, name), progress)
    except InfrastructureError as error:
        raise UsageError(f"Terraform is missing, and {error.message}", _BY_HAND) from error
    binary = _unpack(archive, Installation(config).bin_dir)
    archive.unlink()
    progress(Note(f"Terraform {FETCHED_VERSION} is in `{binary}`."))
    return binary


def ensure_provider(config: Config, progress: Progress) -> None:
    """Make a mirror of the provider in `.workshop/mirror`, unless one is found on this machine.

    Raises: InfrastructureError if it cannot be had.
    """
    installation = Installation(config)
    mirrors = installation.mirrors()
    if mirrors:
        progress(Note(f"Terraform's AWS provider is in `{mirrors[0].path}`."))
        return
    progress(Waiting("Terraform fetches its AWS provider (about 150 MiB)"))
    environment = without_terraform_choices(config.inherited) | {"CHECKPOINT_DISABLE": "1"}
    command = [str(installation.terraform()), "providers", "mirror", str(installation.own_mirror)]
    done = subprocess.run(
        command, cwd=config.terraform_dir, env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise InfrastructureError(
            f"Terraform's AWS provider could not be fetched: {_last_words(done.stderr)}",
            "Check the network and the proxy, then run `make setup` again; or set "
            "`WORKSHOP_MIRROR` to a folder that has it.",
        )
    progress(Note(f"Terraform's AWS provider is in `{installation.own_mirror}`."))


def _checksum(sums: str, name: str) -> str:
    for line in sums.splitlines():
        checksum, _, found = line.partition("  ")
        if found.strip() == name:
            return checksum
    raise UsageError(
        f"There is no Terraform {FETCHED_VERSION} for this machine (`{machine()}`).", _BY_HAND
    )


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpack the binary, complete before it has its name."""
    folder.mkdir(parents=True, exist_ok=True)
    binary = folder / "terraform"
    with tempfile.TemporaryDirectory(dir=folder) as draft:
        with zipfile.ZipFile(archive) as files:
            unpacked = Path(files.extract("terraform", draft))
        unpacked.chmod(0o755)
        unpacked.replace(binary)
    return binary


def _last_words(text: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m|[╷│╵]", "", text)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return " ".join(lines[:4]) or "it said nothing"
