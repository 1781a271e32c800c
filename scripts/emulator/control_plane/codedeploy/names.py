"""Names and ids as CodeDeploy takes them: what is missing, too long or malformed is refused.

Source: "CodeDeploy quotas" in the user guide: names have at most 100 characters.
"""

import re

from emulator.control_plane.codedeploy.exceptions import (
    ApplicationNameRequiredException,
    CodeDeployError,
    DeploymentConfigNameRequiredException,
    DeploymentGroupNameRequiredException,
    DeploymentIdRequiredException,
    DescriptionTooLongException,
    InvalidApplicationNameException,
    InvalidDeploymentConfigNameException,
    InvalidDeploymentGroupNameException,
    InvalidDeploymentIdException,
)

NAME_LENGTH = 100
DESCRIPTION_LENGTH = 256
_DEPLOYMENT_ID = re.compile(r"d-[A-Z0-9]{9}")


def application_name(name: str | None) -> str:
    if not name:
        raise ApplicationNameRequiredException("Application name is required.")
    _refuse_long("Application name", name, InvalidApplicationNameException)
    return name


def group_name(name: str | None) -> str:
    if not name:
        raise DeploymentGroupNameRequiredException("Deployment group name is required.")
    _refuse_long("Deployment group name", name, InvalidDeploymentGroupNameException)
    return name


def config_name(name: str | None) -> str:
    if not name:
        raise DeploymentConfigNameRequiredException("Deployment configuration name is required.")
    _refuse_long("Deployment configuration name", name, InvalidDeploymentConfigNameException)
    return name


def deployment_id(given: str | None) -> str:
    if not given:
        raise DeploymentIdRequiredException("Deployment ID is required.")
    if not _DEPLOYMENT_ID.fullmatch(given):
        raise InvalidDeploymentIdException(
            f"The deployment ID `{given}` is not in the form d- and nine capitals or digits."
        )
    return given


def description(given: str | None) -> str | None:
    if given is not None and len(given) > DESCRIPTION_LENGTH:
        raise DescriptionTooLongException(
            f"The description has {len(given)} characters; {DESCRIPTION_LENGTH} are allowed."
        )
    return given


def _refuse_long(what: str, name: str, error: type[CodeDeployError]) -> None:
    if len(name) > NAME_LENGTH or "/" in name:
        raise error(f"{what} `{name}` must have at most 100 characters, and no slash.")
