"""Whether a service may assume a role, as the role's trust policy says."""

import json
from typing import Any

from moto.iam.exceptions import NotFoundException

from emulator.control_plane import registration


def may_assume(service: str, role_arn: str, account_id: str) -> bool:
    """Tell whether a role exists and trusts a service, such as `codedeploy.amazonaws.com`.

    moto 5.2.5 compares the whole `Service` of a trust policy with one name, and so refuses a list.
    """
    iam = registration.backend("iam", account_id, "aws")
    try:
        policy = iam.get_role_by_arn(role_arn).assume_role_policy_document
    except NotFoundException:
        return False
    return any(
        statement.get("Effect") == "Allow"
        and isinstance(statement.get("Principal"), dict)
        and service in _listed(statement["Principal"].get("Service", []))
        for statement in _listed(json.loads(policy or "{}").get("Statement", []))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
