"""CloudWatch's errors. Source: botocore's service model of cloudwatch; `ValidationError` is common
to AWS's query APIs."""

from emulator.control_plane.base import AwsError, NotEmulated

__all__ = [
    "InvalidFormat",
    "InvalidNextToken",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "MissingParameter",
    "NotEmulated",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "ValidationError",
]


class InvalidFormat(AwsError):
    code = "InvalidFormat"


class InvalidNextToken(AwsError):
    code = "InvalidNextToken"


class InvalidParameterCombination(AwsError):
    code = "InvalidParameterCombination"


class InvalidParameterValue(AwsError):
    code = "InvalidParameterValue"


class MissingParameter(AwsError):
    code = "MissingParameter"


class ResourceNotFound(AwsError):
    code = "ResourceNotFound"


class ResourceNotFoundException(AwsError):
    code = "ResourceNotFoundException"


class ValidationError(AwsError):
    code = "ValidationError"
