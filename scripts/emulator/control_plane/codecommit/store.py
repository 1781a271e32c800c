"""Reads and writes git objects and references of one bare repository on disk."""

import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from dulwich.object_store import tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

HEADS = "refs/heads/"
TAGS = "refs/tags/"

_FULL_ID = re.compile(r"[0-9a-f]{40}")


def is_full_id(text: str) -> bool:
    """Tell whether `text` is a whole object id; CodeCommit accepts no shorter ones."""
    return _FULL_ID.fullmatch(text) is not None


class GitStore:
    """One open bare repository; a context manager, since dulwich keeps pack files open.

    It shares the folder with `git http-backend`: references change only by compare-and-swap,
    under the lock files that git itself uses.
    """

    def __init__(self, path: Path) -> None:
        self._repo = Repo(str(path))

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty bare repository. Its HEAD says `main` until a first branch arrives."""
        path.mkdir(parents=True)
        Repo.init_bare(str(path), default_branch=b"main").close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._repo.close()

    @property
    def repo(self) -> Repo:
        return self._repo

    def references(self) -> dict[str, str]:
        """Return every branch and tag, by full name, with the commit that it leads to."""
        found = {}
        for name, object_id in self._repo.refs.as_dict().items():
            full_name = name.decode()
            if full_name.startswith((HEADS, TAGS)):
                found[full_name] = self._peel(object_id).decode()
        return found

    def branches(self) -> dict[str, str]:
        """Return each branch's tip, by the branch's short name, sorted."""
        tips = self.references()
        return {
            name.removeprefix(HEADS): tips[name] for name in sorted(tips) if name.startswith(HEADS)
        }

    def point_head_at(self, branch: str) -> None:
        """Make `branch` what a clone checks out."""
        self._repo.refs.set_symbolic_ref(Ref(b"HEAD"), _branch_ref(branch))

    def move_branch(self, branch: str, old: str | None, new: str) -> bool:
        """Point a branch at `new` if it is still at `old`; return whether it was."""
        ref = _branch_ref(branch)
        if old is None:
            return self._repo.refs.add_if_new(ref, _id(new))
        return self._repo.refs.set_if_equals(ref, _id(old), _id(new))

    def delete_branch(self, branch: str, old: str) -> bool:
        """Remove a branch if it is still at `old`; return whether it was."""
        return self._repo.refs.remove_if_equals(_branch_ref(branch), _id(old))

    def resolve(self, specifier: str) -> str | None:
        """Return the id of the commit that a commit id, branch, tag or reference name leads to."""
        if is_full_id(specifier):
            return specifier if self.commit(specifier) else None
        tips = self.references()
        for name in (specifier, HEADS + specifier, TAGS + specifier):
            if name in tips:
                return tips[name]
        if specifier == "HEAD":
            return self._head()
        return None

    def commit(self, commit_id: str) -> Commit | None:
        found = self._object(commit_id)
        return found if isinstance(found, Commit) else None

    def blob(self, blob_id: str) -> bytes | None:
        found = self._object(blob_id)
        return found.data if isinstance(found, Blob) else None

    def tree_of(self, commit_id: str) -> ObjectID:
        """Return the id of a commit's tree; the commit must exist."""
        commit = self.commit(commit_id)
        if commit is None:
            raise KeyError(commit_id)
        tree_id: ObjectID = commit.tree
        return tree_id

    def tree(self, tree_id: ObjectID) -> Tree | None:
        found = self._object(tree_id.decode())
        return found if isinstance(found, Tree) else None

    def entry(self, commit_id: str, path: str) -> tuple[int, ObjectID] | None:
        """Return mode and object id of what stands at `path` in a commit's tree, or None."""
        lookup: Callable[..., object] = self._repo.__getitem__
        try:
            return tree_lookup_path(lookup, self.tree_of(commit_id), path.encode())  # type: ignore[arg-type]
        except (KeyError, NotADirectoryError, ValueError):
            return None

    def _head(self) -> str | None:
        try:
            return self._repo.head().decode()
        except KeyError:
            return None

    def _object(self, object_id: str) -> object | None:
        try:
            return self._repo[_id(object_id)]
        except KeyError:
            return None

    def _peel(self, object_id: ObjectID) -> ObjectID:
        """Follow an annotated tag to the commit it marks."""
        found = self._repo[object_id]
        while isinstance(found, Tag):
            object_id = found.object[1]
            found = self._repo[object_id]
        return object_id


def _branch_ref(branch: str) -> Ref:
    return Ref((HEADS + branch).encode())


def _id(text: str) -> ObjectID:
    return ObjectID(text.encode())
