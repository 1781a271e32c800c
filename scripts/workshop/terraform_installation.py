"""Where Terraform and its provider are on this machine, and the CLI configuration that says so."""

import json
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from workshop.config import Config, EnvVars
from workshop.errors import UsageError

MINIMUM_VERSION = (1, 11)
BELOW_VERSION = (2, 0)

_HOST = "registry.terraform.io"
_PROVIDER = "hashicorp/aws"
_PIN = re.compile(r'source\s*=\s*"hashicorp/aws"\s+version\s*=\s*"=?\s*([0-9.]+)"')
_VERSION_TIMEOUT_S = 60


@dataclass(frozen=True)
class Mirror:
    """A folder that Terraform can take the provider from, and which versions it has."""

    path: Path
    versions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path} ({', '.join(self.versions)})"


class Installation:
    """The Terraform that this project uses."""

    def __init__(self, config: Config, system_folders: tuple[Path, ...] | None = None) -> None:
        self._config = config
        self._system_folders = system_folders

    @property
    def bin_dir(self) -> Path:
        """Where `make setup` puts a Terraform of the project's own."""
        return self._config.state_dir / "bin"

    @property
    def own_mirror(self) -> Path:
        """Where `make setup` puts the provider."""
        return self._config.state_dir / "mirror"

    def find(self) -> Path | None:
        """Return Terraform's binary, the project's own or the first on PATH, or None."""
        own = self.bin_dir / "terraform"
        if own.exists():
            return own
        found = shutil.which("terraform", path=self._config.inherited.get("PATH"))
        return Path(found) if found else None

    def terraform(self) -> Path:
        """Return a usable Terraform. Raises: UsageError if there is none, or of a wrong version."""
        return self._usable[0]

    def version(self) -> str:
        """Return the version of the Terraform in use. Raises: as `terraform`."""
        return self._usable[1]

    @cached_property
    def _usable(self) -> tuple[Path, str]:
        binary = self.find()
        if binary is None:
            raise UsageError(
                "Terraform is not installed: no `terraform` on PATH or in `.workshop/bin`.",
                "Run `make setup`, which fetches it.",
            )
        version = version_of(binary)
        if not is_supported(version):
            raise UsageError(
                f"Terraform `{binary}` has version {version}, but {supported_range()} is needed.",
                "Run `make setup`, which fetches the right one into `.workshop/bin`.",
            )
        return binary, version

    def provider_version(self) -> str | None:
        """Return the version of the AWS provider that the root pins."""
        for path in sorted(self._config.terraform_dir.glob("*.tf")):
            match = _PIN.search(path.read_text())
            if match:
                return match[1]
        return None

    def mirrors(self) -> list[Mirror]:
        """Return the folders that have the pinned provider for this machine, best first."""
        wanted = self.provider_version()
        found = [mirror for mirror in map(_mirror_at, self._candidates()) if mirror is not None]
        return [mirror for mirror in found if wanted is None or wanted in mirror.versions]

    def own_configuration(self) -> Path | None:
        """Return the participant's own Terraform CLI configuration, which is left alone."""
        named = self._config.inherited.get("TF_CLI_CONFIG_FILE")
        home = self._home()
        for path in ([Path(named)] if named else []) + ([home / ".terraformrc"] if home else []):
            if path.is_file():
                return path
        return None

    def variables(self) -> dict[str, str]:
        """Return what tells Terraform where the provider is; writes the configuration it names."""
        own = self.own_configuration()
        path = own or self._write_configuration()
        return {"TF_CLI_CONFIG_FILE": str(path)}

    def configuration_text(self) -> str:
        """Return a CLI configuration: the mirrors found, and the registry for the rest."""
        lines = ["provider_installation {"]
        mirrors = self.mirrors()
        for mirror in mirrors:
            lines += [
                "  filesystem_mirror {",
                f"    path    = {json.dumps(str(mirror.path), ensure_ascii=False)}",
                f'    include = ["{_HOST}/{_PROVIDER}"]',
                "  }",
            ]
        # a provider that `direct` may serve too is asked of the registry even where a mirror has it
        exclude = f'    exclude = ["{_HOST}/{_PROVIDER}"]\n  ' if mirrors else ""
        lines.append(f"  direct {{{chr(10) if exclude else ''}{exclude}}}")
        return "\n".join([*lines, "}", ""])

    def _write_configuration(self) -> Path:
        path = self._config.state_dir / "terraform.tfrc"
        text = self.configuration_text()
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return path

    def _home(self) -> Path | None:
        home = self._config.inherited.get("HOME")
        return Path(home) if home else None

    def _candidates(self) -> list[Path]:
        named = self._config.inherited.get(EnvVars.MIRROR)
        folders = [Path(named)] if named else []
        folders.append(self.own_mirror)
        system = self._system_folders
        folders += self._standard_folders() if system is None else list(system)
        return list(dict.fromkeys(folders))

    def _standard_folders(self) -> list[Path]:
        """Return where Terraform itself looks, and where add-on packages are unpacked.

        Source: Terraform documentation, "CLI configuration", implied local mirror directories.
        """
        environ, home = self._config.inherited, self._home()
        folders = []
        if home is not None:
            folders += [
                home / ".terraform.d/plugins",
                home / "Library/Application Support/io.terraform/plugins",
                Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "terraform/plugins",
            ]
        data_dirs = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        folders += [Path(item) / "terraform/plugins" for item in data_dirs.split(":") if item]
        folders += [
            Path("/usr/local/share/terraform/plugins"),
            Path("/usr/share/terraform/plugins"),
        ]
        folders.append(Path("/Library/Application Support/io.terraform/plugins"))
        # FHS: add-on packages each have a folder below /opt
        return folders + sorted(path for path in Path("/opt").glob("*") if path.is_dir())


def version_of(binary: Path) -> str:
    """Return what `terraform version` says. Raises: UsageError if the binary does not run."""
    try:
        answer = subprocess.run(
            [str(binary), "version", "-json"],
            capture_output=True,
            timeout=_VERSION_TIMEOUT_S,
            check=True,
            env={"CHECKPOINT_DISABLE": "1", "PATH": ""},
        )
        return str(json.loads(answer.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"Terraform `{binary}` does not run: {error}.",
            "Remove it from PATH and run `make setup`, which fetches another.",
        ) from error


def is_supported(version: str) -> bool:
    """Tell whether the project works with a version of Terraform."""
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        return False
    return MINIMUM_VERSION <= (int(match[1]), int(match[2])) < BELOW_VERSION


def supported_range() -> str:
    """Say which versions of Terraform the project works with."""
    return f">= {MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]}, < {BELOW_VERSION[0]}"


def machine() -> str:
    """Return this machine as HashiCorp names it, such as `linux_amd64`."""
    known = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    processor = platform.machine().lower()
    return f"{platform.system().lower()}_{known.get(processor, processor)}"


def _mirror_at(path: Path) -> Mirror | None:
    """Return what a folder has of the provider for this machine, packed or not, or None."""
    folder = path / _HOST / _PROVIDER
    name = _PROVIDER.rpartition("/")[2]
    try:
        unpacked = {item.parent.name for item in folder.glob(f"*/{machine()}") if item.is_dir()}
        packed = {
            item.name.split("_")[1]
            for item in folder.glob(f"terraform-provider-{name}_*_{machine()}.zip")
        }
    except OSError:
        return None
    versions = tuple(sorted(unpacked | packed))
    return Mirror(path, versions) if versions else None
