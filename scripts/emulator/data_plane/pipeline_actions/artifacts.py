"""Artifacts in the pipeline's bucket: zips that one action writes and others read."""

import io
import zipfile

from botocore.exceptions import ClientError

from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure
from emulator.engines.pipeline.model import Artifact


def put(context: ActionContext, artifact: Artifact, content: bytes) -> None:
    """Write an artifact's zip."""
    try:
        context.client("s3").put_object(Bucket=artifact.bucket, Key=artifact.key, Body=content)
    except ClientError as error:
        raise _inaccessible(artifact, error) from error


def read_file(context: ActionContext, artifact: Artifact, path: str) -> bytes | None:
    """Return a file of an artifact's zip, or None where it has no such file."""
    return file_in(read(context, artifact), path)


def read(context: ActionContext, artifact: Artifact) -> bytes:
    """Return an artifact's zip."""
    try:
        answer = context.client("s3").get_object(Bucket=artifact.bucket, Key=artifact.key)
    except ClientError as error:
        raise _inaccessible(artifact, error) from error
    with answer["Body"] as body:
        return bytes(body.read())


def file_in(content: bytes, path: str) -> bytes | None:
    """Return a file of a zip, or None where it has no such file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(path) if path in archive.namelist() else None


def _inaccessible(artifact: Artifact, error: ClientError) -> ActionFailure:
    """Source: wording as reported publicly, for an artifact that a role may not read."""
    return ActionFailure(
        "PermissionError",
        f"Unable to access the artifact with Amazon S3 object key '{artifact.key}' located in the "
        f"Amazon S3 artifact bucket '{artifact.bucket}'. {error.response['Error']['Message']}",
    )
