"""The CodeCommit source action: a zip of a commit's files, without the `.git` folder.

Source: "CodeCommit source action reference" in the CodePipeline user guide. The wording about a
missing branch is AWS's as reported publicly; that about a missing repository or commit follows it.
"""

import io
import zipfile
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from dulwich.object_store import iter_tree_contents
from dulwich.objects import S_ISGITLINK, Commit

from emulator.control_plane.codecommit.store import GitStore
from emulator.data_plane.pipeline_actions import artifacts
from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure, Outcome
from emulator.engines.pipeline.model import External, Revision


def execute(context: ActionContext) -> Outcome:
    """Take the branch's head, or the commit that the execution is pinned to, as the artifact."""
    repository = context.configuration["RepositoryName"]
    _refuse_missing_repository(context, repository)
    git = context.runtime.settings.data_dir / "git" / context.account_id / context.region
    with GitStore(git / f"{repository}.git") as store:
        commit_id, commit = _chosen_commit(context, store)
        archive = _zip(store, commit)
    artifact = context.start.outputs[0]
    artifacts.put(context, artifact, archive)
    message = commit.message.decode(errors="replace")
    url = _commit_url(context, commit_id)
    return Outcome(
        external=External(commit_id, url, message[:2048] or None),
        output_variables={
            "CommitId": commit_id,
            "BranchName": context.configuration["BranchName"],
            "CommitMessage": message,
            "AuthorDate": _timestamp(commit.author_time),
            "CommitterDate": _timestamp(commit.commit_time),
            "RepositoryName": repository,
        },
        revision=Revision(
            action_name=context.start.action.name,
            artifact_name=artifact.name,
            revision_id=commit_id,
            summary=message[:2048],
            url=url,
            created=datetime.fromtimestamp(commit.commit_time, UTC),
        ),
    )


def _refuse_missing_repository(context: ActionContext, repository: str) -> None:
    try:
        context.client("codecommit").get_repository(repositoryName=repository)
    except ClientError as error:
        raise ActionFailure(
            "ConfigurationError",
            f"The action failed because no repository named {repository} was found in AWS "
            "CodeCommit. Make sure you are using the correct repository name, and then try "
            f"again. Error: {error.response['Error']['Message']}",
        ) from error


def _chosen_commit(context: ActionContext, store: GitStore) -> tuple[str, Commit]:
    repository = context.configuration["RepositoryName"]
    branch = context.configuration["BranchName"]
    override = context.start.override
    commit_id = override.revision_value if override else store.branches().get(branch)
    if commit_id is None:
        raise ActionFailure(
            "ConfigurationError",
            f"The action failed because no branch named {branch} was found in the selected AWS "
            f"CodeCommit repository {repository}. Make sure you are using the correct branch "
            "name, and then try again. Error: null",
        )
    commit = store.commit(commit_id)
    if commit is None:
        raise ActionFailure(
            "ConfigurationError",
            f"The action failed because no commit with the ID {commit_id} was found in the "
            f"selected AWS CodeCommit repository {repository}. Make sure you are using the "
            "correct commit ID, and then try again. Error: null",
        )
    return commit_id, commit


def _zip(store: GitStore, commit: Commit) -> bytes:
    """Return a zip of the commit's tree, with modes and symbolic links, without submodules.

    The tree is read as it is: `git archive` would apply `export-ignore` and `export-subst`.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in iter_tree_contents(store.repo.object_store, commit.tree):
            if entry.mode is None or S_ISGITLINK(entry.mode):
                continue
            info = zipfile.ZipInfo(entry.path.decode(), _zip_time(commit.commit_time))
            info.external_attr = entry.mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, store.repo.object_store[entry.sha].as_raw_string())
    return written.getvalue()


def _zip_time(seconds: int) -> tuple[int, int, int, int, int, int]:
    """Return a moment as zip files keep it; they know none before 1980."""
    moment = max(datetime.fromtimestamp(seconds, UTC), datetime(1980, 1, 1, tzinfo=UTC))
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


def _timestamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _commit_url(context: ActionContext, commit_id: str) -> str:
    return (
        f"https://{context.region}.console.aws.amazon.com/codecommit/home?region={context.region}"
        f"#/repository/{context.configuration['RepositoryName']}/commit/{commit_id}"
    )
