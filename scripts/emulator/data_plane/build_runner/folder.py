"""The folder of one build, and the few programs that every build finds on its PATH."""

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_PATH = (
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/homebrew/bin",
)

_DOCKER = """\
#!/bin/sh
# Stands for Docker in builds: images are built with no container engine.
case "$WORKSHOP_PRIVILEGED:$1" in
  1:* | 0:login | 0:logout | 0:--version | 0:help | 0:--help) ;;
  *)
    echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." \\
      "Is the docker daemon running?" >&2
    echo "The build project does not run in privileged mode: set privilegedMode" \\
      "(privileged_mode in Terraform) to true." >&2
    exit 1 ;;
esac
exec {python} -m emulator.data_plane.image_builder.cli "$@"
"""

_PYTHON = '#!/bin/sh\nexec {python} "$@"\n'


@dataclass(frozen=True)
class BuildFolder:
    """Where one build lives; all of it goes when the build ends."""

    root: Path

    @property
    def source(self) -> Path:
        return self.root / "src"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def state(self) -> Path:
        """Where directory and variables are kept from one command to the next."""
        return self.root / "state"

    def secondary_source(self, name: str) -> Path:
        return self.root / "secondary" / name

    def create(self) -> None:
        for folder in (self.source, self.home, self.tmp, self.images, self.state):
            folder.mkdir(mode=0o700, parents=True)

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def write_shims(folder: Path) -> None:
    """Write `docker`, `python` and `python3` for builds; `python` is missing on many machines."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in (("docker", _DOCKER), ("python", _PYTHON), ("python3", _PYTHON)):
        shim = folder / name
        shim.write_text(text.replace("{python}", shlex.quote(sys.executable)), encoding="utf-8")
        shim.chmod(0o700)


def search_path(shims: Path) -> str:
    """Return a build's PATH: our shims, the emulator's own environment (`aws`), the system."""
    git = shutil.which("git")
    folders = [str(shims), str(Path(sys.executable).parent), *_SYSTEM_PATH]
    if git and str(Path(git).parent) not in folders:
        folders.append(str(Path(git).parent))
    return ":".join(folders)
