"""CodeCommit's record of the branch."""

from collections.abc import Iterator

from workshop.aws import ClientError, error_code
from workshop.checks.view.standing import Standing


class SourceView(Standing):
    """The commits of the branch, and what they hold."""

    def head_commit(self) -> str | None:
        """Return the newest commit of the branch, or None where there is no branch."""
        try:
            found = self.aws.client("codecommit").get_branch(
                repositoryName=self.source.name, branchName=self.source.branch
            )
        except ClientError as error:
            if error_code(error) in {
                "BranchDoesNotExistException",
                "RepositoryDoesNotExistException",
            }:
                return None
            raise
        return str(found["branch"]["commitId"])

    def default_branch(self) -> str | None:
        """Return the branch that a new clone begins on."""
        found = self.aws.client("codecommit").get_repository(repositoryName=self.source.name)
        branch = found["repositoryMetadata"].get("defaultBranch")
        return str(branch) if branch else None

    def history(self, commit: str, limit: int) -> Iterator[str]:
        """Yield a commit and its first parents, newest first, at most `limit`."""
        current: str | None = commit
        for _ in range(limit):
            if current is None:
                return
            yield current
            found = self.aws.client("codecommit").get_commit(
                repositoryName=self.source.name, commitId=current
            )
            current = next(iter(found["commit"].get("parents", [])), None)

    def files(self, commit: str) -> set[str]:
        """Return the names at the top of a commit's tree."""
        found = self.aws.client("codecommit").get_folder(
            repositoryName=self.source.name, commitSpecifier=commit, folderPath="/"
        )
        return {entry["relativePath"] for entry in found["files"]}

    def file(self, commit: str, path: str) -> str:
        """Return the text of a file as of a commit."""
        found = self.aws.client("codecommit").get_file(
            repositoryName=self.source.name, commitSpecifier=commit, filePath=path
        )
        return bytes(found["fileContent"]).decode("utf-8", "replace")
