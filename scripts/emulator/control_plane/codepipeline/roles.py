"""Whether CodePipeline may assume a role, as its trust policy says."""

import json
from typing import Any

from moto.iam.exceptions import NotFoundException

from emulator.control_plane.codepipeline.exceptions import InvalidStructureException

SERVICE = "codepipeline.amazonaws.com"


def refuse_unassumable_role(iam_backend: Any, role_arn: str) -> None:
    """Raise the error that AWS answers with where the role is missing or trusts others only.

    moto 5.2.5 compares the whole `Service` with one name, and so refuses a list.
    """
    try:
        policy = iam_backend.get_role_by_arn(role_arn).assume_role_policy_document
    except NotFoundException:
        policy = "{}"
    if not _trusts(json.loads(policy), SERVICE):
        raise InvalidStructureException(
            f"CodePipeline is not authorized to perform AssumeRole on role {role_arn}"
        )


def _trusts(policy: dict[str, Any], service: str) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and isinstance(statement.get("Principal"), dict)
        and service in _listed(statement["Principal"].get("Service", []))
        for statement in _listed(policy.get("Statement", []))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
