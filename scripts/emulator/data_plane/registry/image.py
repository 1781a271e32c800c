"""What a task runner needs to know of an image."""

import json
from dataclasses import dataclass, field
from typing import Any

BASE_LABEL = "io.workshop.base"
"""Label of an image built on a language image: whose interpreter of the machine runs it."""

VENV_LABEL = "io.workshop.venv"
"""Label of an image whose RUN installed packages: the image path of its virtual environment."""


class ImageNotFound(LookupError):
    """The image cannot be pulled; the message is the stopped reason that ECS gives."""


@dataclass(frozen=True)
class ImageConfig:
    """How an image says it wants to be run.

    Shape: `env` has the image's own paths, such as `/app`; an image whose label `io.workshop.base`
    is `python` runs `python` and `python3` with the machine's interpreter. Where RUN installed
    packages, `env` has PYTHONPATH, an image path to map as any other, and the scripts lie in
    `bin` of the label `io.workshop.venv`.
    """

    env: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)
    working_dir: str = "/"
    exposed_ports: list[int] = field(default_factory=list)
    stop_signal: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    user: str = ""


@dataclass(frozen=True)
class Image:
    """One image of the registry: what was asked for, and the digest of its manifest."""

    reference: str
    digest: str
    config: ImageConfig


def parse_config(blob: bytes) -> ImageConfig:
    """Read the `config` of an image's configuration blob.

    Source: OCI image specification, image configuration.
    """
    found: dict[str, Any] = json.loads(blob).get("config") or {}
    variables = (entry.partition("=") for entry in found.get("Env") or [])
    ports = (port.partition("/")[0] for port in found.get("ExposedPorts") or {})
    return ImageConfig(
        env={name: value for name, _, value in variables},
        entrypoint=list(found.get("Entrypoint") or []),
        cmd=list(found.get("Cmd") or []),
        working_dir=found.get("WorkingDir") or "/",
        exposed_ports=sorted(int(port) for port in ports),
        stop_signal=found.get("StopSignal") or None,
        labels=dict(found.get("Labels") or {}),
        user=found.get("User") or "",
    )
