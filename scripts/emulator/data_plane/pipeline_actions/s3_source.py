"""The S3 source action: one object of a versioned bucket, copied as the artifact.

Source: "Amazon S3 source action reference" in the CodePipeline user guide.
"""

from typing import Any

from botocore.exceptions import ClientError

from emulator.data_plane.pipeline_actions.context import ActionContext, ActionFailure, Outcome
from emulator.engines.pipeline.model import External, Revision


def execute(context: ActionContext) -> Outcome:
    """Take the newest version of the object, or what the execution is pinned to."""
    bucket = context.configuration["S3Bucket"]
    key, version = _chosen(context)
    found = _head(context, bucket, key, version)
    version = found.get("VersionId")
    if version in {None, "null"}:
        raise ActionFailure(
            "ConfigurationError",
            f"The S3 bucket {bucket} must have versioning enabled to be the source of a pipeline.",
        )
    artifact = context.start.outputs[0]
    context.client("s3").copy_object(
        Bucket=artifact.bucket,
        Key=artifact.key,
        CopySource={"Bucket": bucket, "Key": key, "VersionId": version},
    )
    summary = f"Amazon S3 version id: {version}"
    url = f"https://console.aws.amazon.com/s3/object/{bucket}?prefix={key}"
    return Outcome(
        external=External(version, url, summary),
        output_variables={
            "BucketName": bucket,
            "ETag": found["ETag"].strip('"'),
            "ObjectKey": key,
            "VersionId": str(version),
        },
        revision=Revision(
            action_name=context.start.action.name,
            artifact_name=artifact.name,
            revision_id=str(version),
            summary=summary,
            url=url,
            created=found["LastModified"],
        ),
    )


def _chosen(context: ActionContext) -> tuple[str, str | None]:
    """Return the object's key, and its version where the execution is pinned to one."""
    key = context.configuration["S3ObjectKey"]
    override = context.start.override
    if override is None:
        return key, None
    if override.revision_type == "S3_OBJECT_VERSION_ID":
        return key, override.revision_value
    if context.configuration.get("AllowOverrideForS3ObjectKey") != "true":
        raise ActionFailure(
            "ConfigurationError",
            f"The action {context.start.action.name} does not allow an override of its object "
            "key: AllowOverrideForS3ObjectKey is not true.",
        )
    return override.revision_value, None


def _head(context: ActionContext, bucket: str, key: str, version: str | None) -> dict[str, Any]:
    pinned = {"VersionId": version} if version else {}
    try:
        answer: dict[str, Any] = context.client("s3").head_object(Bucket=bucket, Key=key, **pinned)
    except ClientError as error:
        what = f"version '{version}' of the object" if version else "object"
        raise ActionFailure(
            "ConfigurationError",
            f"The {what} with key '{key}' does not exist in the S3 bucket {bucket}.",
        ) from error
    return answer
