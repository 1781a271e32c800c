"""Layers: what changed in a folder since it was last looked at, packed the same way each time."""

import gzip
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

State = tuple[int, int, int, int, int]
"""Mode, size, modification and change time, and inode: what tells that a file was written."""

Owner = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """A packed layer: the digest of the compressed file, and of the tar archive inside."""

    digest: str
    diff_id: str


def snapshot(root: Path) -> dict[str, State]:
    """Return the state of every path below a folder."""
    return {name: _state(status) for name, status in _walk(root, "")}


def _walk(root: Path, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(root / folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name = f"{folder}{entry.name}"
        yield name, entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, f"{name}/")


def _state(status: os.stat_result) -> State:
    if stat.S_ISDIR(status.st_mode):  # a folder changes with its files, which are seen themselves
        return (status.st_mode, 0, 0, 0, status.st_ino)
    return (
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
    )


def pack_changes(
    root: Path,
    before: dict[str, State],
    store: Path,
    owners: dict[str, Owner],
    is_left_out: Callable[[str], bool],
) -> Layer | None:
    """Pack what changed since `before` into a file of `store` named by digest; None for nothing.

    The same content gives the same digest: entries are sorted, times are zero, owners are root's
    unless `owners` says otherwise.
    """
    after = {name: state for name, state in snapshot(root).items() if not is_left_out(name)}
    changed = [name for name, state in after.items() if before.get(name) != state]
    removed = [
        name
        for name in before
        if name not in after and not is_left_out(name) and _is_topmost(name, before, after)
    ]
    if not changed and not removed:
        return None
    return _pack(root, changed, removed, store, owners)


def _is_topmost(name: str, before: dict[str, State], after: dict[str, State]) -> bool:
    parent = name.rpartition("/")[0]
    return not parent or parent in after or parent not in before


def _pack(
    root: Path, changed: list[str], removed: list[str], store: Path, owners: dict[str, Owner]
) -> Layer:
    draft = store / f"layer.{os.getpid()}"
    with draft.open("wb") as file:
        packed = _Hashing(file)
        with gzip.GzipFile("", "wb", 6, packed, mtime=0) as compressed:
            plain = _Hashing(compressed)
            with tarfile.open(fileobj=plain, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                for name in sorted([*changed, *(_whiteout(name) for name in removed)]):
                    _add(archive, root, name, owners)
    digest = packed.digest()
    draft.replace(store / digest.removeprefix("sha256:"))
    return Layer(digest, plain.digest())


def _whiteout(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}.wh.{last}"


def _add(archive: tarfile.TarFile, root: Path, name: str, owners: dict[str, Owner]) -> None:
    path = root / name
    entry = tarfile.TarInfo(name)
    entry.uid, entry.gid = owners.get(name, (0, 0))
    if not path.is_symlink() and not path.exists():
        archive.addfile(entry)  # a whiteout: an empty file
        return
    status = path.lstat()
    entry.mode = stat.S_IMODE(status.st_mode)
    if path.is_symlink():
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
        archive.addfile(entry)
    elif path.is_dir():
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
    elif path.is_file():
        entry.size = status.st_size
        with path.open("rb") as content:
            archive.addfile(entry, content)


class _Hashing(io.RawIOBase):
    """Passes on what is written, and knows its digest."""

    def __init__(self, target: "io.BufferedWriter | gzip.GzipFile") -> None:
        self._target = target
        self._hash = hashlib.sha256()

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._hash.update(data)
        return self._target.write(data)

    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()
