"""Layers unpacked over each other, never outside their folder."""

import os
import shutil
import stat
import tarfile
from pathlib import Path, PurePosixPath

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_MAX_LINKS = 40


class UnpackError(Exception):
    """A layer holds what cannot be unpacked safely, or at all."""


def unpack_layer(layer: Path, root: Path) -> None:
    """Unpack one tar layer, compressed or not, over what lies in `root`.

    A whiteout removes what lower layers left. Links are followed inside `root` only, as they would
    be in a container, and permissions are kept, but for set-user-id bits; a folder stays writable
    to its owner, who has to be able to remove it.
    Raises: UnpackError.
    Source: OCI image specification, image layer filesystem changeset.
    """
    try:
        with tarfile.open(layer, "r:*") as archive:
            _Unpacker(archive, root).unpack()
    except tarfile.TarError as error:
        raise UnpackError(f"not a tar archive, plain or compressed by gzip: {error}") from error


class _Unpacker:
    def __init__(self, archive: tarfile.TarFile, root: Path) -> None:
        self._archive = archive
        self._root = root
        self._written: set[Path] = set()
        self._folder_modes: dict[Path, int] = {}

    def unpack(self) -> None:
        for member in self._archive:
            self._unpack(member)
        for folder, mode in reversed(self._folder_modes.items()):
            if folder.is_dir() and not folder.is_symlink():
                folder.chmod(mode)

    def _unpack(self, member: tarfile.TarInfo) -> None:
        name = PurePosixPath(member.name.lstrip("/"))
        if ".." in name.parts:
            raise UnpackError(f"`{member.name}` would lie outside the image")
        if not name.parts:
            return
        parent = self._make_folder(name.parent)
        if name.name == _OPAQUE:
            for child in list(parent.iterdir()):
                self._remove_lower(child)
        elif name.name.startswith(_WHITEOUT):
            self._remove_lower(parent / name.name.removeprefix(_WHITEOUT))
        else:
            self._write(member, parent / name.name)

    def _write(self, member: tarfile.TarInfo, path: Path) -> None:
        if member.isdir():
            if path.is_symlink() or not path.is_dir():
                _remove(path)
                path.mkdir()
            self._folder_modes[path] = (member.mode | stat.S_IRWXU) & 0o1777
        elif member.isreg() or member.issym() or member.islnk():
            _remove(path)
            self._write_file_or_link(member, path)
        self._written.add(path)  # devices and pipes are skipped: no task of ours could use them

    def _write_file_or_link(self, member: tarfile.TarInfo, path: Path) -> None:
        if member.issym():
            path.symlink_to(self._safe_target(member.linkname, path))
            return
        if member.islnk():
            target = self._inside(PurePosixPath(member.linkname.lstrip("/")))
            if not target.is_file() or target.is_symlink():
                raise UnpackError(f"`{member.name}` links to `{member.linkname}`, which is missing")
            os.link(target, path)
            return
        content = self._archive.extractfile(member)
        if content is None:
            raise UnpackError(f"`{member.name}` has no content")
        with content, path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        path.chmod(member.mode & 0o777)
        os.utime(path, (member.mtime, member.mtime))

    def _make_folder(self, name: PurePosixPath) -> Path:
        folder = self._inside(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise UnpackError(f"`{name}` is a file in a lower layer") from error
        return folder

    def _inside(self, name: PurePosixPath) -> Path:
        return resolve_inside(self._root, name)

    def _safe_target(self, linkname: str, link: Path) -> str:
        """Return a relative target that means, from here, what the link means in a container."""
        if linkname.startswith("/"):
            wanted = PurePosixPath(linkname)
        else:
            wanted = PurePosixPath("/", *link.parent.relative_to(self._root).parts, linkname)
        inside = PurePosixPath(os.path.normpath("/" + str(wanted).lstrip("/")))
        return os.path.relpath(self._root / str(inside).lstrip("/"), link.parent)

    def _remove_lower(self, path: Path) -> None:
        kept = any(path == written or path in written.parents for written in self._written)
        if not kept:
            _remove(path)


def resolve_inside(root: Path, name: PurePosixPath) -> Path:
    """Return the path in `root` that a name means there, its links followed but not out of it.

    Raises: UnpackError for a loop of links.
    """
    rest = [part for part in reversed(name.parts) if part != "/"]
    found: list[str] = []
    links = 0
    while rest:
        part = rest.pop()
        if part == "..":
            found = found[:-1]
            continue
        path = root.joinpath(*found, part)
        if not path.is_symlink():
            found.append(part)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise UnpackError(f"`{name}` is a loop of links")
        target = PurePosixPath(path.readlink())
        if target.is_absolute():
            found = []
        rest.extend(reversed([part for part in target.parts if part != "/"]))
    return root.joinpath(*found)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
