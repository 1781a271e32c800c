"""Repositories and their branches: CodeCommit's record, over bare repositories on disk."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dulwich.refs import Ref, check_ref_format
from moto.codecommit.models import CodeCommitBackend as MotoCodeCommitBackend

from emulator import ids
from emulator.control_plane.base import Emulated
from emulator.control_plane.codecommit import exceptions, reading
from emulator.control_plane.codecommit.commits import (
    Changes,
    Signature,
    checked_content,
    checked_parent,
    write_commit,
)
from emulator.control_plane.codecommit.events import changes_between, publish_change
from emulator.control_plane.codecommit.store import GitStore, is_full_id
from emulator.control_plane.codecommit.tree_edit import TreeEdit, mode_of, valid_path

MAX_TAGS = 50
MAX_DESCRIPTION = 1000

_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
_PREFERRED_DEFAULTS = ("main", "master")


@dataclass
class Repository:
    """CodeCommit's record of one repository; its commits are in the bare repository at `path`.

    Shape: `announced` is each branch and tag that EventBridge has been told of, by full name.
    """

    account_id: str
    region: str
    name: str
    path: Path
    host_url: str
    created: datetime
    modified: datetime
    description: str | None = None
    kms_key_id: str | None = None
    default_branch: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    repository_id: str = field(default_factory=ids.new_uuid)
    announced: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:codecommit:{self.region}:{self.account_id}:{self.name}"

    def describe(self) -> dict[str, Any]:
        """Return the RepositoryMetadata shape; what is not set is left out, as AWS does."""
        metadata = {
            "accountId": self.account_id,
            "repositoryId": self.repository_id,
            "repositoryName": self.name,
            "repositoryDescription": self.description,
            "defaultBranch": self.default_branch,
            "lastModifiedDate": self.modified,
            "creationDate": self.created,
            "cloneUrlHttp": f"{self.host_url}/v1/repos/{self.name}",
            "cloneUrlSsh": f"ssh://git-codecommit.{self.region}.amazonaws.com/v1/repos/{self.name}",
            "Arn": self.arn,
            "kmsKeyId": self.kms_key_id,
        }
        return {key: value for key, value in metadata.items() if value is not None}


class CodeCommitBackend(Emulated, MotoCodeCommitBackend):
    """One account's repositories in one region."""

    repositories: dict[str, Repository]

    def create_repository(
        self,
        repository_name: str,
        repository_description: str | None = None,
        tags: dict[str, str] | None = None,
        kms_key_id: str | None = None,
    ) -> Repository:
        name = checked_name(repository_name)
        if name in self.repositories:
            raise exceptions.RepositoryNameExists(name)
        _refuse_bad_tags(tags or {})
        path = self._vacant_path(name)
        GitStore.create(path)
        now = self.runtime.clock.now()
        self.repositories[name] = Repository(
            account_id=self.account_id,
            region=self.region_name,
            name=name,
            path=path,
            host_url=self.runtime.settings.endpoint_url,
            created=now,
            modified=now,
            description=checked_description(repository_description),
            kms_key_id=kms_key_id,
            tags=dict(tags or {}),
        )
        return self.repositories[name]

    def repository(self, name: str | None) -> Repository:
        """Return one repository. Raises: InvalidRepositoryName, RepositoryDoesNotExist."""
        if not name:
            raise exceptions.RepositoryNameRequired
        found = self.repositories.get(checked_name(name))
        if found is None:
            raise exceptions.RepositoryDoesNotExist(name)
        return found

    def repository_of_arn(self, arn: str) -> Repository:
        """Return the repository of a tagging request. Raises: InvalidResourceArn."""
        parts = arn.split(":")
        if len(parts) != 6 or parts[2] != "codecommit":
            raise exceptions.InvalidResourceArn(arn)
        return self.repository(parts[5])

    def delete_repository(self, repository_name: str) -> str | None:
        found = self.repositories.pop(checked_name(repository_name), None)
        if found is None:
            return None
        if found.path.exists():
            _remove(found.path)
        self._hint(found)
        return found.repository_id

    def rename_repository(self, old_name: str, new_name: str) -> None:
        repository = self.repository(old_name)
        if checked_name(new_name) in self.repositories:
            raise exceptions.RepositoryNameExists(new_name)
        path = self._vacant_path(new_name)
        repository.path.rename(path)
        del self.repositories[old_name]
        repository.name, repository.path = new_name, path
        self.repositories[new_name] = repository
        self._touch(repository)

    def describe_as(self, name: str, description: str | None) -> None:
        repository = self.repository(name)
        repository.description = checked_description(description)
        self._touch(repository)

    def encrypt_with(self, name: str, kms_key_id: str) -> tuple[Repository, str | None]:
        """Note another key, and return the repository and the key before."""
        repository = self.repository(name)
        before, repository.kms_key_id = repository.kms_key_id, kms_key_id
        return repository, before

    def make_default(self, name: str, branch: str) -> None:
        repository = self.repository(name)
        with GitStore(repository.path) as store:
            if checked_branch(branch) not in store.branches():
                raise exceptions.BranchDoesNotExist(branch)
            store.point_head_at(branch)
        repository.default_branch = branch
        self._touch(repository)

    def add_tags(self, arn: str, tags: dict[str, str]) -> None:
        repository = self.repository_of_arn(arn)
        merged = {**repository.tags, **tags}
        _refuse_bad_tags(merged)
        repository.tags = merged

    def remove_tags(self, arn: str, keys: list[str]) -> None:
        repository = self.repository_of_arn(arn)
        repository.tags = {k: v for k, v in repository.tags.items() if k not in keys}

    def branches(self, name: str | None) -> dict[str, str]:
        """Return each branch's tip commit, by name. Raises: RepositoryDoesNotExist."""
        with self.opened(name) as store:
            return store.branches()

    def branch_tip(self, name: str | None, branch: str | None) -> str:
        """Return a branch's tip commit. Raises: RepositoryDoesNotExist, BranchDoesNotExist."""
        tip = self.branches(name).get(checked_branch(branch))
        if tip is None:
            raise exceptions.BranchDoesNotExist(branch)
        return tip

    def create_branch(self, name: str, branch: str, commit_id: str) -> None:
        repository = self.repository(name)
        checked_branch(branch)
        if not is_full_id(commit_id):
            raise exceptions.InvalidCommitId(commit_id)
        with GitStore(repository.path) as store:
            if store.commit(commit_id) is None:
                raise exceptions.CommitDoesNotExist(commit_id)
            if not store.move_branch(branch, None, commit_id):
                raise exceptions.BranchNameExists(branch)
        self.announce_changes(repository)

    def delete_branch(self, name: str, branch: str) -> str | None:
        """Remove a branch and return its last commit, None where there is no such branch."""
        repository = self.repository(name)
        if checked_branch(branch) == repository.default_branch:
            raise exceptions.DefaultBranchCannotBeDeleted(branch)
        with GitStore(repository.path) as store:
            tip = store.branches().get(branch)
            if tip is not None:
                store.delete_branch(branch, tip)
        self.announce_changes(repository)
        return tip

    def commit(self, name: str, commit_id: str) -> dict[str, Any]:
        """Return one commit. Raises: InvalidCommitId, CommitIdDoesNotExist."""
        with self.opened(name) as store:
            if not is_full_id(commit_id):
                raise exceptions.InvalidCommitId(commit_id)
            found = store.commit(commit_id)
            if found is None:
                raise exceptions.CommitIdDoesNotExist(commit_id)
            return reading.describe_commit(found)

    def create_commit(
        self,
        name: str,
        branch: str,
        parent: str | None,
        changes: Changes,
        by: Signature,
    ) -> dict[str, Any]:
        with self._commit_on(name, branch, parent) as (repository, store, tip):
            edit = TreeEdit(store, tip)
            changes.apply(edit)
            if edit.is_unchanged:
                raise exceptions.NoChange(branch)
            tree_id = edit.write()
            commit_id = write_commit(store, branch, tip, tree_id, by)
        self.announce_changes(repository)
        return {
            "commitId": commit_id,
            "treeId": tree_id.decode(),
            "filesAdded": edit.added(),
            "filesUpdated": edit.updated(),
            "filesDeleted": edit.deleted(),
        }

    def put_file(
        self,
        name: str,
        branch: str,
        parent: str | None,
        file: dict[str, Any],
        by: Signature,
    ) -> dict[str, Any]:
        """Commit one file; `file` has PutFile's filePath, fileContent and fileMode."""
        path = valid_path(file["filePath"])
        content = checked_content(path, file["fileContent"])
        with self._commit_on(name, branch, parent) as (repository, store, tip):
            edit = TreeEdit(store, tip)
            blob_id = edit.put(path, content, mode_of(file.get("fileMode")))
            if edit.is_same(path):
                raise exceptions.SameFileContent(path)
            tree_id = edit.write()
            commit_id = write_commit(store, branch, tip, tree_id, by)
        self.announce_changes(repository)
        return {"commitId": commit_id, "blobId": blob_id.decode(), "treeId": tree_id.decode()}

    def delete_file(
        self,
        name: str,
        branch: str,
        parent: str,
        path: str,
        by: Signature,
        *,
        keep_empty_folders: bool,
    ) -> dict[str, Any]:
        path = valid_path(path)
        with self._commit_on(name, branch, parent) as (repository, store, tip):
            edit = TreeEdit(store, tip)
            blob_id = edit.delete(path, keep_empty_folders=keep_empty_folders)
            tree_id = edit.write()
            commit_id = write_commit(store, branch, tip, tree_id, by)
        self.announce_changes(repository)
        return {
            "commitId": commit_id,
            "blobId": blob_id.decode(),
            "treeId": tree_id.decode(),
            "filePath": path,
        }

    def opened(self, name: str | None) -> GitStore:
        """Open a repository for reading; a context manager. Raises: RepositoryDoesNotExist."""
        return GitStore(self.repository(name).path)

    @contextmanager
    def opened_at(self, name: str, specifier: str | None) -> Iterator[tuple[GitStore, str]]:
        """Open a repository at the commit of a specifier; the default branch if there is none.

        Raises: RepositoryDoesNotExist, CommitDoesNotExist.
        """
        default = self.repository(name).default_branch or "HEAD"
        with self.opened(name) as store:
            yield store, reading.resolved(store, specifier or default)

    def announce_changes(self, repository: Repository) -> None:
        """Tell EventBridge of every branch and tag that changed since the last call.

        Called with the runtime's lock held, after a push and after each commit of the API. The
        first branch of a repository becomes its default branch, as on AWS.
        """
        with GitStore(repository.path) as store:
            after = store.references()
            branches = store.branches()
            if repository.default_branch not in branches:
                repository.default_branch = _first_of(branches)
                if repository.default_branch:
                    store.point_head_at(repository.default_branch)
        changes = changes_between(repository.announced, after)
        repository.announced = after
        for change in changes:
            publish_change(self.runtime, repository, change)
        if changes:
            self._touch(repository)

    @contextmanager
    def _commit_on(
        self, name: str, branch: str, parent: str | None
    ) -> Iterator[tuple[Repository, GitStore, str | None]]:
        repository = self.repository(name)
        checked_branch(branch)
        with GitStore(repository.path) as store:
            yield repository, store, checked_parent(store, branch, parent)

    def _vacant_path(self, name: str) -> Path:
        """Return the folder for a new name, cleared of what an emulator that ended left there.

        Raises: RepositoryNameExists where the disk takes the name for another repository's, as
        macOS does with `Demo` and `demo`; AWS tells them apart.
        """
        data_dir: Path = self.runtime.settings.data_dir
        account_id: str = self.account_id
        region: str = self.region_name
        path = data_dir / "git" / account_id / region / f"{name}.git"
        if path.exists():
            for other in self.repositories:
                if other.casefold() == name.casefold():
                    raise exceptions.RepositoryNameExists(other)
            _remove(path)
        return path

    def _touch(self, repository: Repository) -> None:
        repository.modified = self.runtime.clock.now()
        self._hint(repository)

    def _hint(self, repository: Repository) -> None:
        self.runtime.hints.emit(
            "codecommit.repository", self.account_id, self.region_name, repository.arn
        )


def checked_name(name: str) -> str:
    """Return a repository name that CodeCommit allows. Raises: InvalidRepositoryName."""
    if not _NAME.fullmatch(name) or name.endswith(".git") or set(name) == {"."}:
        raise exceptions.InvalidRepositoryName(name)
    return name


def checked_branch(branch: str | None) -> str:
    """Return a branch name that git allows. Raises: BranchNameRequired, InvalidBranchName."""
    if not branch:
        raise exceptions.BranchNameRequired
    if len(branch) > 256 or not check_ref_format(Ref(b"refs/heads/" + branch.encode())):
        raise exceptions.InvalidBranchName(branch)
    return branch


def checked_description(description: str | None) -> str | None:
    if description and len(description) > MAX_DESCRIPTION:
        raise exceptions.InvalidRepositoryDescription(len(description))
    return description


def _refuse_bad_tags(tags: dict[str, str]) -> None:
    for key in tags:
        if key.lower().startswith("aws:"):
            raise exceptions.InvalidSystemTagUsage(key)
    if len(tags) > MAX_TAGS:
        raise exceptions.TooManyTags(len(tags))


def _first_of(branches: dict[str, str]) -> str | None:
    """Choose among branches that arrived together; AWS documents no order."""
    for preferred in _PREFERRED_DEFAULTS:
        if preferred in branches:
            return preferred
    return next(iter(branches), None)


def _remove(path: Path) -> None:
    """Take a bare repository away at once, also while a push still writes into it."""
    doomed = path.with_name(f"{path.name}.deleted-{ids.new_hex(8)}")
    path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
