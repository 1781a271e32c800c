"""One stage of a build: a folder of files, a configuration, and the layers so far."""

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from emulator.data_plane.image_builder import layers
from emulator.data_plane.image_builder.local_store import LocalImage, LocalStore
from emulator.data_plane.registry.unpack import resolve_inside, unpack_layer

CREATED = "1970-01-01T00:00:00Z"
"""One time for every image: the same content must give the same digest."""

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "arm64": "arm64", "aarch64": "arm64"}


def architecture() -> str:
    """Return this machine's architecture, as image configurations call it."""
    return _MACHINES.get(platform.machine().lower(), platform.machine().lower())


@dataclass
class Stage:
    """What the instructions of one stage work on; `root` holds the image's files."""

    work: Path
    store: LocalStore
    say: Callable[[str], None]
    config: dict[str, Any] = field(default_factory=dict)
    layer_digests: list[str] = field(default_factory=list)
    diff_ids: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    owners: dict[str, layers.Owner] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    shell: list[str] = field(default_factory=lambda: ["/bin/sh", "-c"])
    is_cmd_own: bool = False

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        return self.work / "root"

    @property
    def env(self) -> dict[str, str]:
        variables = (entry.partition("=") for entry in self.config.get("Env", []))
        return {name: value for name, _, value in variables}

    def set_env(self, variables: dict[str, str]) -> None:
        self.config["Env"] = [f"{k}={v}" for k, v in {**self.env, **variables}.items()]

    @property
    def labels(self) -> dict[str, str]:
        found: dict[str, str] = self.config.setdefault("Labels", {})
        return found

    @property
    def variables(self) -> dict[str, str]:
        """Return what `$name` means in an instruction: ENV goes before ARG."""
        return {"PATH": DEFAULT_PATH, **self.args, **self.env}

    @property
    def working_dir(self) -> PurePosixPath:
        return PurePosixPath(self.config.get("WorkingDir") or "/")

    def place(self, path: PurePosixPath) -> Path:
        """Return where an image path lies in `root`, its links followed inside."""
        return resolve_inside(self.root, PurePosixPath("/") / path)

    def start_from(self, image: LocalImage) -> None:
        """Begin with the files, layers and configuration of an image."""
        for descriptor in image.manifest.layers:
            unpack_layer(self.store.path(descriptor.digest), self.root)
        self.layer_digests = [descriptor.digest for descriptor in image.manifest.layers]
        self.diff_ids = list(image.config.get("rootfs", {}).get("diff_ids", []))
        self.history = list(image.config.get("history", []))
        self.config = dict(image.config.get("config") or {})
        self.shell = list(self.config.get("Shell") or self.shell)

    def copy_of(self, other: "Stage") -> None:
        """Begin where another stage ended."""
        self.start_from(other.save([]))

    def commit(
        self,
        text: str,
        change: Callable[[], None] | None = None,
        is_left_out: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Do what changes files, if anything, and add the layer of what changed."""
        entry: dict[str, Any] = {"created": CREATED, "created_by": text}
        layer = None
        if change is not None:
            before = layers.snapshot(self.root)
            change()
            blobs = self.store.folder / "blobs"
            layer = layers.pack_changes(self.root, before, blobs, self.owners, is_left_out)
        if layer is None:
            entry["empty_layer"] = True
        else:
            self.layer_digests.append(layer.digest)
            self.diff_ids.append(layer.diff_id)
        self.history.append(entry)

    def save(self, tags: list[Any]) -> LocalImage:
        """Store the image as it is now."""
        document = {
            "architecture": architecture(),
            "os": "linux",
            "created": CREATED,
            "config": self.config,
            "rootfs": {"type": "layers", "diff_ids": self.diff_ids},
            "history": self.history,
        }
        return self.store.save(document, self.layer_digests, tags)
