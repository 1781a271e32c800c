"""What CodeDeploy looks up in other services. Used with the runtime's lock held."""

from typing import Any

from moto.s3.exceptions import S3ClientError

from emulator.control_plane.base import AwsError
from emulator.control_plane.registration import backend
from emulator.control_plane.trust import may_assume

SERVICE = "codedeploy.amazonaws.com"


class Neighbours:
    """The services of one account and region, as a deployment group names their things."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region

    def ecs_service(self, cluster: str, name: str) -> Any:
        """Return the ACTIVE service, or None."""
        try:
            found = backend("ecs", self._account_id, self._region).existing_service(cluster, name)
        except AwsError:
            return None
        return found if found.status == "ACTIVE" else None

    def target_group_names(self) -> set[str]:
        groups = backend("elbv2", self._account_id, self._region).target_groups.values()
        return {group.name for group in groups}

    def listener_arns(self) -> set[str]:
        balancers = backend("elbv2", self._account_id, self._region).load_balancers.values()
        return {arn for balancer in balancers for arn in balancer.listeners}

    def may_assume(self, role_arn: str) -> bool:
        """Tell whether the role exists and its trust policy lets CodeDeploy in."""
        return may_assume(SERVICE, role_arn, self._account_id)

    def s3_object(self, bucket: str, key: str, version: str | None) -> tuple[bytes, str] | None:
        """Return an object's content and its ETag without quotes, or None."""
        try:
            found = backend("s3", self._account_id, "aws").get_object(bucket, key, version)
        except S3ClientError:
            return None
        return (found.value, found.etag.strip('"')) if found is not None else None
