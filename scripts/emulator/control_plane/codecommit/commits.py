"""Commits made through the API: what is asked for, what is refused, what is written."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dulwich.objects import Commit, ObjectID

from emulator.control_plane.codecommit import exceptions
from emulator.control_plane.codecommit.store import GitStore, is_full_id
from emulator.control_plane.codecommit.tree_edit import TreeEdit, mode_of, valid_path

MAX_CONTENT_BYTES = 6 * 1024 * 1024
MAX_ENTRIES = 100

_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


@dataclass(frozen=True)
class Signature:
    """Who makes a commit, when, and with what message."""

    name: str
    email: str
    message: str
    when: datetime

    def __post_init__(self) -> None:
        if self.email and not _EMAIL.fullmatch(self.email):
            raise exceptions.InvalidEmail(self.email)


@dataclass(frozen=True)
class Changes:
    """The file entries of one CreateCommit request, as the request has them."""

    put_files: list[dict[str, Any]]
    delete_files: list[dict[str, Any]]
    set_file_modes: list[dict[str, Any]]
    keep_empty_folders: bool

    def apply(self, edit: TreeEdit) -> None:
        """Make every change on `edit`, or raise the error that CreateCommit models."""
        self._refuse_bad_entries()
        for entry in self.delete_files:
            path = valid_path(entry["filePath"])
            edit.delete(path, keep_empty_folders=self.keep_empty_folders)
        for entry in self.put_files:
            self._put(edit, entry)
        for entry in self.set_file_modes:
            edit.set_mode(valid_path(entry["filePath"]), mode_of(entry["fileMode"]) or 0)

    def _put(self, edit: TreeEdit, entry: dict[str, Any]) -> None:
        path = valid_path(entry["filePath"])
        content, source = entry.get("fileContent"), entry.get("sourceFile")
        mode = mode_of(entry.get("fileMode"))
        if content is not None and source is not None:
            raise exceptions.FileContentAndSourceFileSpecified(path)
        if source is not None:
            source_path = valid_path(source["filePath"])
            source_mode, content = edit.content(source_path)
            mode = mode or source_mode
            if source.get("isMove"):
                edit.delete(source_path, keep_empty_folders=self.keep_empty_folders)
        if content is None:
            raise exceptions.SourceFileOrContentRequired(path)
        edit.put(path, checked_content(path, content), mode)

    def _refuse_bad_entries(self) -> None:
        puts = [valid_path(entry["filePath"]) for entry in self.put_files]
        others = [
            valid_path(entry["filePath"]) for entry in self.delete_files + self.set_file_modes
        ]
        count = len(puts) + len(others)
        if count == 0:
            raise exceptions.FileEntryRequired
        if count > MAX_ENTRIES:
            raise exceptions.MaximumFileEntriesExceeded(count)
        for path, times in Counter(puts).items():
            if times > 1:
                raise exceptions.PutFileEntryConflict(path)
        for path, times in Counter(puts + others).items():
            if times > 1:
                raise exceptions.SamePathRequest(path)
        self._refuse_changed_sources(set(puts + others))

    def _refuse_changed_sources(self, changed: set[str]) -> None:
        for entry in self.put_files:
            source = (entry.get("sourceFile") or {}).get("filePath")
            if source and valid_path(source) in changed:
                raise exceptions.RestrictedSourceFile(source)


def checked_content(path: str, content: bytes | str) -> bytes:
    """Return a file's content as bytes. Raises: FileContentSizeLimitExceeded."""
    data = content.encode() if isinstance(content, str) else content
    if len(data) > MAX_CONTENT_BYTES:
        raise exceptions.FileContentSizeLimitExceeded(path)
    return data


def checked_parent(store: GitStore, branch: str, parent: str | None) -> str | None:
    """Return the tip that a new commit on `branch` builds on; None in an empty repository.

    Raises: BranchDoesNotExist, BranchNameIsTagName, ParentCommitIdRequired,
    InvalidParentCommitId, ParentCommitDoesNotExist, ParentCommitIdOutdated.
    Source: botocore codecommit, CreateCommit, `parentCommitId`.
    """
    tips = store.branches()
    if branch not in tips:
        if f"refs/tags/{branch}" in store.references():
            raise exceptions.BranchNameIsTagName(branch)
        if tips:
            raise exceptions.BranchDoesNotExist(branch)
    tip = tips.get(branch)
    if parent is None:
        if tip is not None:
            raise exceptions.ParentCommitIdRequired(branch)
        return None
    if not is_full_id(parent):
        raise exceptions.InvalidParentCommitId(parent)
    if store.commit(parent) is None:
        raise exceptions.ParentCommitDoesNotExist(parent)
    if parent != tip:
        raise exceptions.ParentCommitIdOutdated(tip)
    return tip


def write_commit(
    store: GitStore, branch: str, parent: str | None, tree_id: ObjectID, by: Signature
) -> str:
    """Write a commit and move its branch. Raises: ParentCommitIdOutdated if a push was quicker."""
    commit = Commit()
    commit.tree = tree_id
    commit.parents = [ObjectID(parent.encode())] if parent else []
    commit.author = commit.committer = f"{by.name} <{by.email}>".encode()
    commit.author_time = commit.commit_time = int(by.when.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    commit.message = by.message.encode()
    store.repo.object_store.add_object(commit)
    commit_id = commit.id.decode()
    if not store.move_branch(branch, parent, commit_id):
        raise exceptions.ParentCommitIdOutdated(store.branches().get(branch))
    return commit_id
