"""COPY and ADD: files from the context, another stage or a here-document into a stage."""

import re
import shutil
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from emulator.data_plane.image_builder.dockerfile import Heredoc, Instruction
from emulator.data_plane.image_builder.errors import ENGINE, DockerError
from emulator.data_plane.image_builder.ignore import Ignore, context_files, matching
from emulator.data_plane.image_builder.stage import Stage
from emulator.data_plane.image_builder.words import expand, split_words
from emulator.data_plane.registry.unpack import unpack_layer

_FLAGS = {"from", "chown", "chmod", "link"}
_REMOTE = re.compile(r"(?:https?|ftp|ssh|git)://|git@", re.IGNORECASE)


class Source:
    """A folder to copy from, and the paths in it that may be copied."""

    def __init__(self, folder: Path, ignore: Ignore) -> None:
        self.folder = folder
        self._ignore = ignore
        self._paths: list[str] | None = None

    @property
    def paths(self) -> list[str]:
        if self._paths is None:
            self._paths = context_files(self.folder, self._ignore)
        return self._paths

    def find(self, pattern: str) -> list[str]:
        """List what a source pattern names; the folder itself is `.`."""
        if pattern.strip("/") in {"", "."}:
            return ["."]
        return matching(self.paths, pattern)

    def below(self, folder: str) -> list[str]:
        if folder == ".":
            return self.paths
        return [path for path in self.paths if path.startswith(folder + "/")]


@dataclass
class _Copy:
    """One COPY or ADD under way, to one destination."""

    stage: Stage
    source: Source
    destination: PurePosixPath
    is_folder: bool
    extract: bool
    mode: int | None
    owner: tuple[int, int] | None

    def copy(self, path: str) -> None:
        found = self.source.folder / path
        if found.is_dir() and (path == "." or not found.is_symlink()):
            self._copy_folder(path)
        elif self.extract and found.is_file() and tarfile.is_tarfile(found):
            self._folder(self.destination)
            unpack_layer(found, self.stage.place(self.destination))
        else:
            self._copy_file(found, self._target(found.name))

    def write(self, heredoc: Heredoc, body: str) -> None:
        target = self._target(heredoc.name)
        target.write_text(body)
        target.chmod(0o644)
        self._finish(target)

    def _target(self, name: str) -> Path:
        inside = self.destination
        if self.is_folder or self.stage.place(inside).is_dir():
            inside = inside / name
        self._folder(inside.parent)
        target = self.stage.place(inside.parent) / inside.name
        if target.is_dir() and not target.is_symlink():
            raise DockerError(f"cannot copy to `{inside}`: it is a folder")
        target.unlink(missing_ok=True)
        return target

    def _copy_folder(self, folder: str) -> None:
        self._folder(self.destination)
        for path in self.source.below(folder):
            found = self.source.folder / path
            inside = self.destination / PurePosixPath(path).relative_to(folder)
            if found.is_dir() and not found.is_symlink():
                self._folder(inside)
                target = self.stage.place(inside)
                target.chmod(found.stat().st_mode & 0o777 | 0o700)
                self._finish(target)
                continue
            self._folder(inside.parent)
            target = self.stage.place(inside.parent) / inside.name
            target.unlink(missing_ok=True)
            self._copy_file(found, target)

    def _copy_file(self, found: Path, target: Path) -> None:
        if not found.is_symlink() and not found.is_file():
            return  # sockets and pipes of a context cannot be in a layer
        shutil.copy2(found, target, follow_symlinks=False)
        self._finish(target)

    def _folder(self, folder: PurePosixPath) -> None:
        for part in reversed([folder, *folder.parents]):
            place = self.stage.place(part)
            if place.exists() and not place.is_dir():
                raise DockerError(f"cannot copy into `{part}`: it is a file")
            if not place.exists():
                place.mkdir()
                place.chmod(0o755)
                self._own(place)

    def _finish(self, target: Path) -> None:
        if self.mode is not None and not target.is_symlink():
            target.chmod(self.mode)
        self._own(target)

    def _own(self, target: Path) -> None:
        name = target.relative_to(self.stage.root).as_posix()
        self.stage.owners.pop(name, None)
        if self.owner is not None:
            self.stage.owners[name] = self.owner


def copy(stage: Stage, instruction: Instruction, source: Source, escape: str) -> None:
    """Carry out one COPY or ADD. Raises DockerError or ValueError."""
    unknown = sorted(set(instruction.flags) - _FLAGS)
    if unknown:
        raise DockerError(f"the flag `--{unknown[0]}` is not supported here; to use it, {ENGINE}")
    words = instruction.as_list()
    if words is None:
        words = split_words(instruction.value, stage.variables, escape)
    if len(words) < 2:
        raise DockerError(f"{instruction.name} requires at least two arguments")
    *patterns, destination = words
    heredocs = {f"<<{found.name}": found for found in instruction.heredocs}
    heredocs.update({f"<<-{found.name}": found for found in instruction.heredocs})
    paths = _sources([each for each in patterns if each not in heredocs], instruction, source)
    is_folder = destination.endswith("/") or destination in {".", ".."}
    if len(patterns) > 1 and not is_folder:
        raise DockerError(
            f"when using {instruction.name} with more than one source file, the destination must "
            f"be a directory and end with a /; got `{destination}`"
        )
    work = _Copy(
        stage,
        source,
        stage.working_dir / destination,
        is_folder,
        instruction.name == "ADD",
        _mode(instruction.flags.get("chmod")),
        _owner(stage, expand(instruction.flags.get("chown", ""), stage.variables, escape)),
    )
    for path in paths:
        work.copy(path)
    for heredoc in instruction.heredocs:
        body = heredoc.body
        work.write(heredoc, body if heredoc.quoted else _expand_body(body, stage, escape))


def _sources(patterns: Iterable[str], instruction: Instruction, source: Source) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        if instruction.name == "ADD" and _REMOTE.match(pattern):
            raise DockerError(
                f"ADD of the URL `{pattern}` is refused: put the file into the build context, "
                f"or {ENGINE}"
            )
        if ".." in PurePosixPath(pattern).parts:
            raise DockerError(f"forbidden path outside the build context: {pattern}")
        paths = source.find(pattern)
        if not paths:
            raise DockerError(
                f"{instruction.name} failed: file not found in build context or excluded by "
                f".dockerignore: stat {pattern}: file does not exist"
            )
        found += paths
    return found


def _mode(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"0?[0-7]{3,4}", text):
        raise DockerError(f"invalid chmod parameter: `{text}`; it should be octal, such as 755")
    return int(text, 8) & 0o777


def _owner(stage: Stage, text: str) -> tuple[int, int] | None:
    """Return the numbers of `--chown`; names other than root's are nobody's here."""
    if not text:
        return None
    user, _, group = text.partition(":")
    numbers = [
        0 if name == "root" else int(name) if name.isdecimal() else None
        for name in (user, group or user)
    ]
    if None in numbers:
        stage.say(
            f"[Warning] --chown={text} is not recorded: only numbers and `root` are known without "
            "a base image; tasks run as the current user anyway"
        )
        return None
    return numbers[0] or 0, numbers[1] or 0


def _expand_body(body: str, stage: Stage, escape: str) -> str:
    """Replace variables in a here-document, where quotes mean nothing."""
    guarded = re.sub(r"([\"'])", lambda found: escape + found[1], body)
    return expand(guarded, stage.variables, escape)
