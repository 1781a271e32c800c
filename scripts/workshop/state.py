"""Terraform's state in the target's own S3: bucket, object, lock, and what else is kept there."""

import json
from dataclasses import dataclass
from typing import Any

from workshop.aws import Aws, ClientError, error_code
from workshop.config import Config
from workshop.errors import InfrastructureError

_SUFFIX = "/terraform.tfstate"
_LOCK_SUFFIX = _SUFFIX + ".tflock"
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}


@dataclass(frozen=True)
class StateLock:
    """A lock as Terraform's S3 backend leaves it beside the state.

    Source: Terraform 1.11 `internal/states/statemgr/locker.go`, `LockInfo`.
    """

    lock_id: str
    operation: str
    who: str
    created: str


class StateStore:
    """The state of one participant, in a bucket that all participants of the account share."""

    def __init__(self, config: Config, aws: Aws) -> None:
        self._config = config
        self._aws = aws

    @property
    def bucket(self) -> str:
        return f"ecs-workshop-state-{self._aws.account_id}-{self._config.region}"

    @property
    def key(self) -> str:
        return self._config.participant + _SUFFIX

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self._config.participant}"

    @property
    def backend_config(self) -> dict[str, str]:
        """What `terraform init` is told with `-backend-config`."""
        settings = {
            "bucket": self.bucket,
            "key": self.key,
            "region": self._config.region,
            "encrypt": "true",
            "use_lockfile": "true",
        }
        if self._config.target == "local":
            settings["use_path_style"] = "true"
        return settings

    def ensure_bucket(self) -> bool:
        """Make the bucket if it is missing: versioned, encrypted, private. True if it was made."""
        s3 = self._aws.client("s3")
        try:
            s3.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error_code(error) not in _ABSENT:
                raise
        else:
            return False
        where = (
            {}
            if self._config.region == "us-east-1"
            else {"LocationConstraint": self._config.region}
        )
        try:
            s3.create_bucket(
                Bucket=self.bucket, **({"CreateBucketConfiguration": where} if where else {})
            )
        except ClientError as error:
            if error_code(error) == "BucketAlreadyOwnedByYou":
                return False  # another participant's run has just made it
            if error_code(error) != "OperationAborted":
                raise
            raise self._not_free_yet() from error
        s3.put_public_access_block(
            Bucket=self.bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(
            Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
        )
        return True

    def _not_free_yet(self) -> InfrastructureError:
        return InfrastructureError(
            f"S3 cannot make the bucket `{self.bucket}` now: it was deleted a short while ago, and "
            "its name is not free yet.",
            "Run the same command again in some minutes.",
        )

    def read(self) -> dict[str, Any] | None:
        """Return the state, or None where there is none."""
        return self._read_json(self.key)

    def lock(self) -> StateLock | None:
        """Return who holds the state's lock, or None if nobody does."""
        info = self._read_json(self._config.participant + _LOCK_SUFFIX)
        if info is None:
            return None
        return StateLock(
            lock_id=str(info.get("ID", "")),
            operation=str(info.get("Operation", "")),
            who=str(info.get("Who", "")),
            created=str(info.get("Created", "")),
        )

    def environments(self) -> list[str]:
        """Return the participants whose state holds resources, or is being worked on.

        The first apply of an environment holds the lock before there is any state: who takes the
        bucket away then loses what it has made.
        """
        try:
            objects = self._list("list_objects_v2", "Contents")
        except ClientError as error:
            if error_code(error) in _ABSENT:
                return []
            raise
        keys = [item["Key"] for item in objects]
        locked = {key.removesuffix(_LOCK_SUFFIX) for key in keys if key.endswith(_LOCK_SUFFIX)}
        standing = {
            key.removesuffix(_SUFFIX)
            for key in keys
            if key.endswith(_SUFFIX) and (self._read_json(key) or {}).get("resources")
        }
        return sorted(standing | locked)

    def delete(self) -> None:
        """Remove every version of this participant's state."""
        self._delete_versions(self._config.participant + "/")

    def delete_bucket(self) -> None:
        """Remove the bucket and every version of whatever is in it."""
        self._delete_versions("")
        self._aws.client("s3").delete_bucket(Bucket=self.bucket)

    def exists(self) -> bool:
        """Tell whether the bucket is there."""
        try:
            self._aws.client("s3").head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error_code(error) in _ABSENT:
                return False
            raise
        return True

    def _read_json(self, key: str) -> dict[str, Any] | None:
        try:
            body = self._aws.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"]
        except ClientError as error:
            if error_code(error) in _ABSENT:
                return None
            raise
        with body:
            value = json.loads(body.read())
        return value if isinstance(value, dict) else None

    def _list(self, operation: str, field: str, prefix: str = "") -> list[dict[str, Any]]:
        pages = self._aws.client("s3").get_paginator(operation)
        return [
            item
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
            for item in page.get(field, [])
        ]

    def _delete_versions(self, prefix: str) -> None:
        found = [
            *self._list("list_object_versions", "Versions", prefix),
            *self._list("list_object_versions", "DeleteMarkers", prefix),
        ]
        s3 = self._aws.client("s3")
        for start in range(0, len(found), 1000):
            batch = found[start : start + 1000]
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in batch]
            s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
