"""The modelled errors of CodeBuild that are raised here."""

from emulator.control_plane.base import AwsError


class InvalidInputException(AwsError):
    """The input value that was provided is not valid."""

    code = "InvalidInputException"


class ResourceAlreadyExistsException(AwsError):
    """The project cannot be created, because one of the same name exists."""

    code = "ResourceAlreadyExistsException"


class ResourceNotFoundException(AwsError):
    """The project or build does not exist."""

    code = "ResourceNotFoundException"
