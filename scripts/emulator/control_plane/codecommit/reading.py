"""Commits, files, folders and differences, in the shapes that CodeCommit answers with.

Source: botocore codecommit, shapes Commit, GetFileOutput, GetFolderOutput, Difference.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from dulwich.diff_tree import tree_changes
from dulwich.objects import Commit, ObjectID

from emulator.control_plane.codecommit import exceptions
from emulator.control_plane.codecommit.commits import MAX_CONTENT_BYTES
from emulator.control_plane.codecommit.store import GitStore, is_full_id
from emulator.control_plane.codecommit.tree_edit import MODES, SUBMODULE, mode_name, valid_path

_FOLDER = 0o040000
_IDENTITY = re.compile(r"(?P<name>.*?) ?<(?P<email>.*)>")


def describe_commit(commit: Commit) -> dict[str, Any]:
    """Return a commit as GetCommit shows it: dates are `<epoch seconds> <offset>`."""
    return {
        "commitId": commit.id.decode(),
        "treeId": commit.tree.decode(),
        "parents": [parent.decode() for parent in commit.parents],
        "message": commit.message.decode(errors="replace"),
        "author": _user(commit.author, commit.author_time, commit.author_timezone),
        "committer": _user(commit.committer, commit.commit_time, commit.commit_timezone),
        "additionalData": "",
    }


def resolved(store: GitStore, specifier: str) -> str:
    """Return the commit id a specifier leads to. Raises: CommitDoesNotExist."""
    found = store.resolve(specifier)
    if found is None:
        raise exceptions.CommitDoesNotExist(specifier)
    return found


def read_file(store: GitStore, commit_id: str, path: str) -> dict[str, Any]:
    """Return one file of a commit. Raises: PathRequired, InvalidPath, FileDoesNotExist."""
    path = valid_path(path)
    found = store.entry(commit_id, path)
    if found is None or found[0] in {_FOLDER, SUBMODULE}:
        raise exceptions.FileDoesNotExist(path)
    mode, blob_id = found
    return {
        "commitId": commit_id,
        "blobId": blob_id.decode(),
        "filePath": path,
        "fileMode": mode_name(mode),
        **_content(store, path, blob_id.decode()),
    }


def read_blob(store: GitStore, blob_id: str) -> bytes:
    """Return a blob's content. Raises: InvalidBlobId, BlobIdDoesNotExist, FileTooLarge."""
    if not is_full_id(blob_id):
        raise exceptions.InvalidBlobId(blob_id)
    content = store.blob(blob_id)
    if content is None:
        raise exceptions.BlobIdDoesNotExist(blob_id)
    if len(content) > MAX_CONTENT_BYTES:
        raise exceptions.FileTooLarge(blob_id)
    return content


def read_folder(store: GitStore, commit_id: str, path: str) -> dict[str, Any]:
    """Return what stands directly in a folder; `/` or nothing is the root."""
    stripped = path.strip("/")
    if stripped:
        found = store.entry(commit_id, valid_path(path))
        if found is None or found[0] != _FOLDER:
            raise exceptions.FolderDoesNotExist(path)
        tree_id = found[1]
    else:
        tree_id = store.tree_of(commit_id)
    return {
        "commitId": commit_id,
        "folderPath": stripped,
        "treeId": tree_id.decode(),
        **_children(store, tree_id, stripped),
    }


def differences(
    store: GitStore,
    before: str | None,
    after: str,
    before_path: str | None = None,
    after_path: str | None = None,
) -> list[dict[str, Any]]:
    """List the files that differ between two commits; everything is added where `before` is None.

    Raises: PathDoesNotExist where a path is given that its commit has not.
    """
    _refuse_missing_path(store, before, before_path)
    _refuse_missing_path(store, after, after_path)
    old_tree = store.tree_of(before) if before else None
    found = []
    for change in tree_changes(
        store.repo.object_store, old_tree, store.tree_of(after), change_type_same=True
    ):
        old, new = _metadata(change.old), _metadata(change.new)
        if not (_is_below(old, before_path) and _is_below(new, after_path)):
            continue
        kind = "M" if old and new else ("A" if new else "D")
        sides = {"beforeBlob": old, "afterBlob": new}
        found.append({**{side: blob for side, blob in sides.items() if blob}, "changeType": kind})
    return found


def _refuse_missing_path(store: GitStore, commit_id: str | None, path: str | None) -> None:
    if commit_id and path and path.strip("/") and store.entry(commit_id, valid_path(path)) is None:
        raise exceptions.PathDoesNotExist(path)


def _is_below(blob: dict[str, str], path: str | None) -> bool:
    """Tell whether a side of a change lies at or below `path`; an absent side always does."""
    wanted = (path or "").strip("/")
    if not blob or not wanted:
        return True
    return blob["path"] == wanted or blob["path"].startswith(wanted + "/")


def _metadata(entry: Any) -> dict[str, str]:
    if entry is None or entry.sha is None:
        return {}
    return {
        "blobId": entry.sha.decode(),
        "path": entry.path.decode(),
        "mode": f"{entry.mode:06o}",
    }


def _content(store: GitStore, path: str, blob_id: str) -> dict[str, Any]:
    content = store.blob(blob_id) or b""
    if len(content) > MAX_CONTENT_BYTES:
        raise exceptions.FileTooLarge(path)
    return {"fileSize": len(content), "fileContent": content}


def _children(store: GitStore, tree_id: ObjectID, folder: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {
        "subFolders": [],
        "files": [],
        "symbolicLinks": [],
        "subModules": [],
    }
    tree = store.tree(tree_id)
    for entry in tree.items() if tree else []:
        name = entry.path.decode()
        child: dict[str, Any] = {
            "absolutePath": f"{folder}/{name}" if folder else name,
            "relativePath": name,
        }
        object_id = entry.sha.decode()
        if entry.mode == _FOLDER:
            groups["subFolders"].append({"treeId": object_id, **child})
        elif entry.mode == SUBMODULE:
            groups["subModules"].append({"commitId": object_id, **child})
        else:
            group = "symbolicLinks" if entry.mode == MODES["SYMLINK"] else "files"
            groups[group].append({"blobId": object_id, **child, "fileMode": mode_name(entry.mode)})
    return groups


def _user(identity: bytes, seconds: int, offset_s: int) -> dict[str, str]:
    text = identity.decode(errors="replace")
    match = _IDENTITY.fullmatch(text)
    zone = timezone(timedelta(seconds=offset_s)) if offset_s else UTC
    offset = datetime.fromtimestamp(seconds, zone).strftime("%z")
    return {
        "name": match["name"] if match else text,
        "email": match["email"] if match else "",
        "date": f"{seconds} {offset}",
    }
