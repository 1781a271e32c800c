"""From an image and a container definition to a command line, an environment and a folder.

A task has no file system of its own: absolute paths of the image are mapped to where its files
were unpacked, and `python` is the machine's interpreter.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.data_plane.registry.image import BASE_LABEL, VENV_LABEL, Image
from emulator.data_plane.task_runner.process import Launch

SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")

_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_IMAGE_PATH = re.compile(r"(?<![\w./-])/[\w.@+-]+(?:/[\w.@+-]+)*/?")


class CannotLaunch(Exception):
    """The container definition or the image cannot be run; the message is the stopped reason."""


@dataclass(frozen=True)
class Workspace:
    """One container's folder, and what the emulator adds to its environment."""

    folder: Path
    port: int
    ports: Mapping[int, int] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.folder / "rootfs"

    def make(self) -> None:
        """Create the folders, and `python` for programs that look for it in PATH."""
        for name in ("rootfs", "home", "tmp", "bin"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def add_python(self) -> None:
        """Put the machine's Python in PATH, without the packages that the machine has for it.

        An image has its own packages and no others; and what a machine's do at every start of
        Python, each health check would pay for. Source: Python's documentation of `site`.
        """
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        for name in ("python", "python3", f"python{version}"):
            (self.folder / "bin" / name).symlink_to(interpreter())
        (self.folder / "pyvenv.cfg").write_text(
            f"home = {Path(interpreter()).parent}\ninclude-system-site-packages = false\n",
            encoding="utf-8",
        )


def interpreter() -> str:
    """Return the machine's own Python, outside of any virtual environment."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def refuse_unsupported(definition: Mapping[str, Any]) -> None:
    """Raise CannotLaunch for what a container asks for and does not get here."""
    for member in ("secrets", "environmentFiles", "repositoryCredentials", "volumesFrom"):
        if definition.get(member):
            names = ", ".join(_names(definition[member]))
            raise CannotLaunch(
                f"ResourceInitializationError: container `{definition['name']}` uses `{member}`"
                f"{f' ({names})' if names else ''}, which is not emulated; use `environment`."
            )


def _names(entries: Any) -> list[str]:
    items = entries if isinstance(entries, list) else []
    return [str(entry["name"]) for entry in items if "name" in entry]


def plan_launch(image: Image, definition: Mapping[str, Any], workspace: Workspace) -> Launch:
    """Return how the container's process is started.

    Raises: CannotLaunch where neither image nor container definition names a command.
    Source: Dockerfile reference, "Understand how CMD and ENTRYPOINT interact"; ECS API,
    ContainerDefinition.
    """
    argv = [map_paths(word, workspace.root) for word in _command(image, definition)]
    if not argv:
        raise CannotLaunch(
            "CannotStartContainerError: Error response from daemon: no command specified"
        )
    program = Path(argv[0])
    is_own = program.is_relative_to(workspace.root)
    if _is_python_image(image) and _PYTHON.fullmatch(program.name) and not is_own:
        argv[0] = str(workspace.folder / "bin" / "python3")
    folder = definition.get("workingDirectory") or image.config.working_dir or "/"
    cwd = workspace.root / folder.lstrip("/")
    cwd.mkdir(parents=True, exist_ok=True)
    return Launch(argv, environment(image, definition, workspace), cwd, workspace.folder / "pid")


def _command(image: Image, definition: Mapping[str, Any]) -> list[str]:
    entrypoint = definition.get("entryPoint")
    command = definition.get("command")
    if entrypoint:
        return [*entrypoint, *(command or [])]
    return [*image.config.entrypoint, *(command or image.config.cmd)]


def _is_python_image(image: Image) -> bool:
    return image.config.labels.get(BASE_LABEL) == "python"


def environment(
    image: Image, definition: Mapping[str, Any], workspace: Workspace
) -> dict[str, str]:
    """Return a whole environment: the image's, the definition's, and what the emulator adds."""
    root = workspace.root
    own = {name: map_paths(value, root) for name, value in image.config.env.items()}
    for entry in definition.get("environment") or []:
        own[entry["name"]] = map_paths(entry.get("value") or "", root)
    return {
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",  # output is watched live, and there is no terminal
        **own,
        "PATH": _path(image, workspace),
        "HOME": str(workspace.folder / "home"),
        "TMPDIR": str(workspace.folder / "tmp"),
        "HOSTNAME": definition.get("hostname") or "localhost",
        **workspace.env,
        "HOST": "127.0.0.1",  # an application that honours it is not reachable from the network
        "PORT": str(workspace.port),
    }


def _path(image: Image, workspace: Workspace) -> str:
    found = [str(workspace.folder / "bin")]
    venv = image.config.labels.get(VENV_LABEL)
    wanted = image.config.env.get("PATH", "").split(":")
    for folder in [*([f"{venv}/bin"] if venv else []), *wanted]:
        mapped = workspace.root / folder.lstrip("/")
        if folder.strip("/") and mapped.is_dir():
            found.append(str(mapped))
    return os.pathsep.join([*found, *SYSTEM_PATH])


def map_paths(text: str, root: Path) -> str:
    """Return `text` with every absolute path that the image holds replaced by where it lies."""
    if "://" in text:
        return text

    def mapped(match: re.Match[str]) -> str:
        path = root / match[0].lstrip("/")
        return str(path) if path.exists() else match[0]

    return _IMAGE_PATH.sub(mapped, text)


def map_ports(text: str, ports: Mapping[int, int]) -> str:
    """Return a health check's command with the container's own ports replaced by host ports."""
    for container_port, host_port in ports.items():
        text = re.sub(
            rf"(localhost|127\.0\.0\.1|0\.0\.0\.0):{container_port}\b",
            rf"127.0.0.1:{host_port}",
            text,
        )
        if container_port == 80:
            text = re.sub(
                r"http://(localhost|127\.0\.0\.1)(?=[/\s'\"]|$)",
                f"http://127.0.0.1:{host_port}",
                text,
            )
    return text
