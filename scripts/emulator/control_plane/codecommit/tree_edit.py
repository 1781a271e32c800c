"""A commit's files, changed one by one and written back as git trees."""

from typing import Any

from dulwich.index import commit_tree
from dulwich.objects import Blob, ObjectID

from emulator.control_plane.codecommit import exceptions
from emulator.control_plane.codecommit.store import GitStore

MODES = {"NORMAL": 0o100644, "EXECUTABLE": 0o100755, "SYMLINK": 0o120000}
SUBMODULE = 0o160000

_MODE_NAMES = {mode: name for name, mode in MODES.items()}

KEEP_FILE = ".gitkeep"
"""Placed where `keepEmptyFolders` asks for a folder that git would not keep."""


def mode_name(mode: int) -> str:
    """Return a file mode as CodeCommit spells it; old group-writable files are NORMAL."""
    return _MODE_NAMES.get(mode, "NORMAL")


def mode_of(name: str | None) -> int | None:
    """Return git's number of a mode's name, None for None. Raises: InvalidFileMode."""
    if name is None:
        return None
    if name not in MODES:
        raise exceptions.InvalidFileMode(name)
    return MODES[name]


def valid_path(path: str) -> str:
    """Return a path inside the repository, without slashes at its ends.

    Raises: PathRequired, InvalidPath.
    """
    if not path:
        raise exceptions.PathRequired
    stripped = path.strip("/")
    parts = stripped.split("/")
    if any(part in {"", ".", "..", ".git"} for part in parts) or "\0" in path:
        raise exceptions.InvalidPath(path)
    return stripped


class TreeEdit:
    """The files of one commit, or of none, as a flat map that changes are made to."""

    def __init__(self, store: GitStore, base_commit_id: str | None) -> None:
        self._store = store
        self._base = _files_of(store, base_commit_id)
        self._files = dict(self._base)

    def put(self, path: str, content: bytes, mode: int | None) -> ObjectID:
        """Add or replace one file; a file that stands keeps its mode unless one is given."""
        self._refuse_conflict(path)
        blob = Blob.from_string(content)
        self._store.repo.object_store.add_object(blob)
        if mode is None:
            mode = self._files.get(path, (MODES["NORMAL"], b""))[0]
        self._files[path] = (mode, blob.id)
        return blob.id

    def delete(self, path: str, *, keep_empty_folders: bool) -> ObjectID:
        """Remove one file and return its blob's id. Raises: FileDoesNotExist."""
        if path not in self._files:
            raise exceptions.FileDoesNotExist(path)
        _, blob_id = self._files.pop(path)
        folder = path.rpartition("/")[0]
        if keep_empty_folders and folder and not self._is_folder(folder):
            self.put(f"{folder}/{KEEP_FILE}", b"", None)
        return blob_id

    def set_mode(self, path: str, mode: int) -> None:
        if path not in self._files:
            raise exceptions.FileDoesNotExist(path)
        self._files[path] = (mode, self._files[path][1])

    def content(self, path: str) -> tuple[int, bytes]:
        """Return mode and content of a file as the base commit has it. Raises: FileDoesNotExist."""
        if path not in self._base:
            raise exceptions.FileDoesNotExist(path)
        mode, blob_id = self._base[path]
        return mode, self._store.blob(blob_id.decode()) or b""

    @property
    def is_unchanged(self) -> bool:
        return self._files == self._base

    def is_same(self, path: str) -> bool:
        """Tell whether a path is what it was in the base commit."""
        return self._files.get(path) == self._base.get(path)

    def added(self) -> list[dict[str, Any]]:
        return [self._metadata(path) for path in sorted(self._files.keys() - self._base.keys())]

    def updated(self) -> list[dict[str, Any]]:
        kept = sorted(self._files.keys() & self._base.keys())
        return [self._metadata(path) for path in kept if not self.is_same(path)]

    def deleted(self) -> list[dict[str, Any]]:
        return [
            {"absolutePath": path, "blobId": self._base[path][1].decode()}
            for path in sorted(self._base.keys() - self._files.keys())
        ]

    def write(self) -> ObjectID:
        """Write the trees of all files and return the root's id."""
        entries = [(path.encode(), found, mode) for path, (mode, found) in self._files.items()]
        return commit_tree(self._store.repo.object_store, entries)

    def _metadata(self, path: str) -> dict[str, Any]:
        mode, blob_id = self._files[path]
        return {"absolutePath": path, "blobId": blob_id.decode(), "fileMode": mode_name(mode)}

    def _is_folder(self, path: str) -> bool:
        return any(name.startswith(path + "/") for name in self._files)

    def _refuse_conflict(self, path: str) -> None:
        if self._is_folder(path):
            raise exceptions.FileNameConflictsWithDirectoryName(path)
        parents = path.split("/")
        for above in ("/".join(parents[:depth]) for depth in range(1, len(parents) + 1)):
            mode = self._files.get(above, (None, b""))[0]
            if mode == SUBMODULE:
                raise exceptions.FilePathConflictsWithSubmodulePath(above)
            if mode is not None and above != path:
                raise exceptions.DirectoryNameConflictsWithFileName(above)


def _files_of(store: GitStore, commit_id: str | None) -> dict[str, tuple[int, ObjectID]]:
    if commit_id is None:
        return {}
    tree_id = store.tree_of(commit_id)
    return {
        entry.path.decode(): (entry.mode, entry.sha)
        for entry in store.repo.object_store.iter_tree_contents(tree_id)
        if entry.path and entry.mode and entry.sha
    }
