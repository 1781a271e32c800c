"""The refusals of Elastic Load Balancing, by the codes that botocore's model lists."""

from emulator.control_plane.base import AwsError, NotEmulated


class ValidationError(AwsError):
    code = "ValidationError"


class DuplicateListener(AwsError):
    code = "DuplicateListener"
    message = "A listener already exists on this port for this load balancer"


class DuplicateLoadBalancerName(AwsError):
    code = "DuplicateLoadBalancerName"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A load balancer with the same name '{name}' exists, but with different settings"
        )


class DuplicateTargetGroupName(AwsError):
    code = "DuplicateTargetGroupName"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A target group with the same name '{name}' exists, but with different settings"
        )


class TargetGroupNotFound(AwsError):
    code = "TargetGroupNotFound"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Target group '{arn}' not found")


class TargetGroupAssociationLimit(AwsError):
    code = "TargetGroupAssociationLimit"

    def __init__(self, arn: str) -> None:
        super().__init__(
            "The following target groups cannot be associated with more than one load balancer: "
            f"{arn}"
        )


class ListenerNotFound(AwsError):
    code = "ListenerNotFound"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Listener '{arn}' not found")


class RuleNotFound(AwsError):
    code = "RuleNotFound"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Rule '{arn}' not found")


class PriorityInUse(AwsError):
    code = "PriorityInUse"

    def __init__(self, priority: int) -> None:
        super().__init__(f"Priority '{priority}' is currently in use")


class ResourceInUse(AwsError):
    code = "ResourceInUse"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Target group '{arn}' is currently in use by a listener or a rule")


class OperationNotPermitted(AwsError):
    code = "OperationNotPermitted"


class InvalidTarget(AwsError):
    code = "InvalidTarget"


class InvalidConfigurationRequest(AwsError):
    code = "InvalidConfigurationRequest"


__all__ = [
    "DuplicateListener",
    "DuplicateLoadBalancerName",
    "DuplicateTargetGroupName",
    "InvalidConfigurationRequest",
    "InvalidTarget",
    "ListenerNotFound",
    "NotEmulated",
    "OperationNotPermitted",
    "PriorityInUse",
    "ResourceInUse",
    "RuleNotFound",
    "TargetGroupAssociationLimit",
    "TargetGroupNotFound",
    "ValidationError",
]
