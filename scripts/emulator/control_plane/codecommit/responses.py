"""CodeCommit's operations: request to backend, backend to answer."""

from typing import Any

from moto.codecommit.responses import CodeCommitResponse as MotoCodeCommitResponse
from moto.core.responses import ActionResult, EmptyResult

from emulator.control_plane.base import AwsError, EmulatedResponse
from emulator.control_plane.codecommit import exceptions, reading
from emulator.control_plane.codecommit.commits import Changes, Signature
from emulator.control_plane.codecommit.models import CodeCommitBackend

PAGE_SIZE = 1000
MAX_BATCH = 100
DEFAULT_AUTHOR = "root"
"""AWS takes the IAM user's name; the emulator knows accounts only."""


class CodeCommitResponse(EmulatedResponse, MotoCodeCommitResponse):
    """One request. Source: botocore codecommit/2015-04-13, operations of the same names."""

    @property
    def backend(self) -> CodeCommitBackend:
        found: CodeCommitBackend = self.codecommit_backend
        return found

    def create_repository(self) -> ActionResult:
        repository = self.backend.create_repository(
            self.params["repositoryName"],
            self.params.get("repositoryDescription"),
            self.params.get("tags"),
            self.params.get("kmsKeyId"),
        )
        return ActionResult({"repositoryMetadata": repository.describe()})

    def get_repository(self) -> ActionResult:
        repository = self.backend.repository(self.params["repositoryName"])
        return ActionResult({"repositoryMetadata": repository.describe()})

    def list_repositories(self) -> ActionResult:
        sort_by = self.params.get("sortBy", "repositoryName")
        order = self.params.get("order", "ascending")
        if order not in {"ascending", "descending"}:
            raise exceptions.InvalidOrder(order)
        keys = {"repositoryName": lambda r: r.name, "lastModifiedDate": lambda r: r.modified}
        if sort_by not in keys:
            raise exceptions.InvalidSortBy(sort_by)
        found = sorted(
            self.backend.repositories.values(), key=keys[sort_by], reverse=order == "descending"
        )
        pairs = [{"repositoryName": r.name, "repositoryId": r.repository_id} for r in found]
        return ActionResult(self._page("repositories", pairs, "nextToken", PAGE_SIZE))

    def batch_get_repositories(self) -> ActionResult:
        names = self.params["repositoryNames"]
        if len(names) > MAX_BATCH:
            raise exceptions.MaximumRepositoryNamesExceeded(len(names))
        known = self.backend.repositories
        missing = [name for name in names if name not in known]
        return ActionResult(
            {
                "repositories": [known[name].describe() for name in names if name in known],
                "repositoriesNotFound": missing,
                "errors": [
                    {
                        "repositoryName": name,
                        "errorCode": exceptions.RepositoryDoesNotExist.code,
                        "errorMessage": f"{name} does not exist",
                    }
                    for name in missing
                ],
            }
        )

    def delete_repository(self) -> ActionResult:
        repository_id = self.backend.delete_repository(self.params["repositoryName"])
        return ActionResult({"repositoryId": repository_id} if repository_id else {})

    def update_repository_description(self) -> ActionResult:
        self.backend.describe_as(
            self.params["repositoryName"], self.params.get("repositoryDescription")
        )
        return EmptyResult()

    def update_repository_name(self) -> ActionResult:
        self.backend.rename_repository(self.params["oldName"], self.params["newName"])
        return EmptyResult()

    def update_default_branch(self) -> ActionResult:
        self.backend.make_default(self.params["repositoryName"], self.params["defaultBranchName"])
        return EmptyResult()

    def update_repository_encryption_key(self) -> ActionResult:
        repository, before = self.backend.encrypt_with(
            self.params["repositoryName"], self.params["kmsKeyId"]
        )
        answer = {"repositoryId": repository.repository_id, "kmsKeyId": repository.kms_key_id}
        return ActionResult({**answer, "originalKmsKeyId": before} if before else answer)

    def tag_resource(self) -> ActionResult:
        self.backend.add_tags(self.params["resourceArn"], self.params["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        self.backend.remove_tags(self.params["resourceArn"], self.params["tagKeys"])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        repository = self.backend.repository_of_arn(self.params["resourceArn"])
        return ActionResult({"tags": repository.tags})

    def create_branch(self) -> ActionResult:
        self.backend.create_branch(
            self.params["repositoryName"], self.params["branchName"], self.params["commitId"]
        )
        return EmptyResult()

    def get_branch(self) -> ActionResult:
        branch = self.params.get("branchName")
        tip = self.backend.branch_tip(self.params.get("repositoryName"), branch)
        return ActionResult({"branch": {"branchName": branch, "commitId": tip}})

    def list_branches(self) -> ActionResult:
        names = list(self.backend.branches(self.params["repositoryName"]))
        return ActionResult(self._page("branches", names, "nextToken", PAGE_SIZE))

    def delete_branch(self) -> ActionResult:
        branch = self.params["branchName"]
        tip = self.backend.delete_branch(self.params["repositoryName"], branch)
        return ActionResult(
            {"deletedBranch": {"branchName": branch, "commitId": tip}} if tip else {}
        )

    def get_commit(self) -> ActionResult:
        found = self.backend.commit(self.params["repositoryName"], self.params["commitId"])
        return ActionResult({"commit": found})

    def batch_get_commits(self) -> ActionResult:
        wanted = self.params["commitIds"]
        if len(wanted) > MAX_BATCH:
            raise exceptions.CommitIdsLimitExceeded(len(wanted))
        name = self.backend.repository(self.params["repositoryName"]).name
        commits, errors = [], []
        for commit_id in wanted:
            try:
                commits.append(self.backend.commit(name, commit_id))
            except AwsError as error:
                errors.append(
                    {
                        "commitId": commit_id,
                        "errorCode": error.code,
                        "errorMessage": error.message,
                    }
                )
        return ActionResult({"commits": commits, "errors": errors})

    def create_commit(self) -> ActionResult:
        changes = Changes(
            put_files=self.params.get("putFiles") or [],
            delete_files=self.params.get("deleteFiles") or [],
            set_file_modes=self.params.get("setFileModes") or [],
            keep_empty_folders=bool(self.params.get("keepEmptyFolders")),
        )
        return ActionResult(
            self.backend.create_commit(
                self.params["repositoryName"],
                self.params["branchName"],
                self.params.get("parentCommitId"),
                changes,
                self._signature("authorName", ""),
            )
        )

    def put_file(self) -> ActionResult:
        return ActionResult(
            self.backend.put_file(
                self.params["repositoryName"],
                self.params["branchName"],
                self.params.get("parentCommitId"),
                self.params,
                self._signature("name", f"Put {self.params['filePath']}"),
            )
        )

    def delete_file(self) -> ActionResult:
        return ActionResult(
            self.backend.delete_file(
                self.params["repositoryName"],
                self.params["branchName"],
                self.params["parentCommitId"],
                self.params["filePath"],
                self._signature("name", f"Deleted {self.params['filePath']}"),
                keep_empty_folders=bool(self.params.get("keepEmptyFolders")),
            )
        )

    def get_file(self) -> ActionResult:
        with self._at_commit() as (store, commit_id):
            return ActionResult(reading.read_file(store, commit_id, self.params["filePath"]))

    def get_folder(self) -> ActionResult:
        with self._at_commit() as (store, commit_id):
            return ActionResult(reading.read_folder(store, commit_id, self.params["folderPath"]))

    def get_blob(self) -> ActionResult:
        with self.backend.opened(self.params["repositoryName"]) as store:
            return ActionResult({"content": reading.read_blob(store, self.params["blobId"])})

    def get_differences(self) -> ActionResult:
        size = self.params.get("MaxResults", PAGE_SIZE)
        if not 1 <= size <= PAGE_SIZE:
            raise exceptions.InvalidMaxResults(size)
        before = self.params.get("beforeCommitSpecifier")
        with self.backend.opened(self.params["repositoryName"]) as store:
            found = reading.differences(
                store,
                reading.resolved(store, before) if before else None,
                reading.resolved(store, self.params["afterCommitSpecifier"]),
                self.params.get("beforePath"),
                self.params.get("afterPath"),
            )
        return ActionResult(self._page("differences", found, "NextToken", size))

    def _at_commit(self) -> Any:
        return self.backend.opened_at(
            self.params["repositoryName"], self.params.get("commitSpecifier")
        )

    def _signature(self, name_key: str, default_message: str) -> Signature:
        return Signature(
            name=self.params.get(name_key) or DEFAULT_AUTHOR,
            email=self.params.get("email") or "",
            message=self.params.get("commitMessage") or default_message,
            when=self.backend.runtime.clock.now(),
        )

    def _page(self, key: str, items: list[Any], token_key: str, size: int) -> dict[str, Any]:
        """Return one page of a list: the token is how many items went before."""
        token = self.params.get(token_key) or "0"
        if not token.isdecimal() or int(token) > len(items):
            raise exceptions.InvalidContinuationToken(token)
        start = int(token)
        page: dict[str, Any] = {key: items[start : start + size]}
        if start + size < len(items):
            page[token_key] = str(start + size)
        return page
