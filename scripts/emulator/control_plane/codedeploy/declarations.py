"""What is declared of deployments: applications, deployment groups and configurations."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.codedeploy.models import CodeDeployBackend as MotoCodeDeployBackend

from emulator import ids
from emulator.control_plane.base import Emulated, NotEmulated
from emulator.control_plane.codedeploy import configs, groups, names
from emulator.control_plane.codedeploy.configs import DeploymentConfig
from emulator.control_plane.codedeploy.exceptions import (
    ApplicationAlreadyExistsException,
    ApplicationDoesNotExistException,
    ArnNotSupportedException,
    DeploymentConfigAlreadyExistsException,
    DeploymentConfigDoesNotExistException,
    DeploymentConfigInUseException,
    DeploymentConfigLimitExceededException,
    DeploymentGroupAlreadyExistsException,
    DeploymentGroupDoesNotExistException,
    ECSServiceMappingLimitExceededException,
    InvalidArnException,
    InvalidComputePlatformException,
    InvalidDeploymentConfigNameException,
    InvalidOperationException,
    InvalidTagsToAddException,
)
from emulator.control_plane.codedeploy.groups import DeploymentGroup
from emulator.control_plane.codedeploy.neighbours import Neighbours
from emulator.control_plane.codedeploy.revisions import KnownRevision

Json = dict[str, Any]
Tags = list[dict[str, str]]


@dataclass
class Application:
    application_name: str
    create_time: datetime
    compute_platform: str = "ECS"
    id: str = field(default_factory=ids.new_uuid)
    revisions: dict[tuple[str, ...], KnownRevision] = field(default_factory=dict)


class Declarations(Emulated, MotoCodeDeployBackend):
    """The part of the backend that Terraform talks to.

    `applications`, `deployment_groups` and `tagger` are where moto's tagging API looks for them.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.applications: dict[str, Application] = {}
        self.deployment_groups: dict[str, dict[str, DeploymentGroup]] = {}
        self.configs: dict[str, DeploymentConfig] = configs.predefined()
        self.neighbours = Neighbours(account_id, region_name)

    # Applications.

    def add_application(self, name: str, platform: str | None, tags: Tags | None) -> Application:
        names.application_name(name)
        if platform not in {*configs.PLATFORMS, None}:
            raise InvalidComputePlatformException(
                f"The compute platform `{platform}` is none of {', '.join(configs.PLATFORMS)}."
            )
        if platform != "ECS":
            raise NotEmulated(
                f"Applications for {platform or 'Server'} are not emulated: ECS only."
            )
        self._refuse_taken_application(name)
        self.refuse_tags(tags)
        made = self.applications[name] = Application(name, self.runtime.clock.now())
        self.deployment_groups[name] = {}
        self._tag(self._application_arn(name), tags)
        return made

    def application(self, name: str | None) -> Application:
        found = self.applications.get(names.application_name(name))
        if found is None:
            raise ApplicationDoesNotExistException(f"No application found for name: {name}")
        return found

    def rename_application(self, name: str | None, new_name: str | None) -> None:
        application = self.application(name)
        if new_name is None or new_name == application.application_name:
            return
        names.application_name(new_name)
        self._refuse_taken_application(new_name)
        moved = self.deployment_groups.pop(application.application_name)
        for group in moved.values():
            self._move_tags(self._group_arn(group), f"{new_name}/{group.name}")
            group.application_name = new_name
        self.deployment_groups[new_name] = moved
        self._move_tags(self._application_arn(application.application_name), new_name)
        del self.applications[application.application_name]
        application.application_name = new_name
        self.applications[new_name] = application

    def remove_application(self, name: str) -> None:
        """Remove an application with its groups; one that is not there is no error on AWS."""
        names.application_name(name)
        if self.applications.pop(name, None) is not None:
            for group_name in list(self.deployment_groups[name]):
                self.remove_group(name, group_name)
            del self.deployment_groups[name]
            self.tagger.delete_all_tags_for_resource(self._application_arn(name))

    def _refuse_taken_application(self, name: str) -> None:
        if name in self.applications:
            raise ApplicationAlreadyExistsException(f"Application already exists: {name}")

    # Groups.

    def add_group(self, request: Json) -> DeploymentGroup:
        application = self.application(request.get("applicationName"))
        name = names.group_name(request.get("deploymentGroupName"))
        self._refuse_taken_group(application, name)
        self.refuse_tags(request.get("tags"))
        kept = {"deploymentConfigName": configs.DEFAULT}
        settings = self._checked(groups.settings_of(request, kept))
        made = DeploymentGroup(application.application_name, name, settings)
        self._refuse_taken_service(made)
        self.deployment_groups[application.application_name][name] = made
        self._tag(self._group_arn(made), request.get("tags"))
        return made

    def group(self, application_name: str | None, name: str | None) -> DeploymentGroup:
        application = self.application(application_name)
        found = self.groups_of(application).get(names.group_name(name))
        if found is None:
            raise DeploymentGroupDoesNotExistException(
                f"No Deployment Group found for name: {name}"
            )
        return found

    def groups_of(self, application: Application) -> dict[str, DeploymentGroup]:
        return self.deployment_groups[application.application_name]

    def change_group(self, request: Json) -> DeploymentGroup:
        group = self.group(request["applicationName"], request.get("currentDeploymentGroupName"))
        application = self.application(request["applicationName"])
        new_name = names.group_name(request.get("newDeploymentGroupName") or group.name)
        if new_name != group.name:
            self._refuse_taken_group(application, new_name)
        settings = self._checked(groups.settings_of(request, group.settings))
        self._refuse_taken_service(
            DeploymentGroup(group.application_name, new_name, settings, group.id)
        )
        group.settings = settings
        if new_name != group.name:
            self._move_tags(self._group_arn(group), f"{group.application_name}/{new_name}")
            del self.groups_of(application)[group.name]
            group.name = new_name
            self.groups_of(application)[new_name] = group
        return group

    def remove_group(self, application_name: str, name: str) -> None:
        """Remove a group; a deployment of it that runs goes on. None there is no error on AWS."""
        names.application_name(application_name)
        group = self.deployment_groups.get(application_name, {}).pop(names.group_name(name), None)
        if group is not None:
            self.tagger.delete_all_tags_for_resource(self._group_arn(group))

    def _checked(self, settings: Json) -> Json:
        """Return the settings as they came. Raises AWS's error for those that ECS forbids."""
        self.config(settings["deploymentConfigName"])
        groups.refuse_invalid(settings, self.neighbours)
        return settings

    def _refuse_taken_group(self, application: Application, name: str) -> None:
        if name in self.groups_of(application):
            raise DeploymentGroupAlreadyExistsException(f"Deployment group already exists: {name}")

    def _refuse_taken_service(self, group: DeploymentGroup) -> None:
        for other in self.all_groups():
            if other.id != group.id and other.service == group.service:
                raise ECSServiceMappingLimitExceededException(
                    f"The ECS service {group.service[1]} in the cluster {group.service[0]} is "
                    f"already associated with the deployment group {other.name} of the "
                    f"application {other.application_name}."
                )

    def all_groups(self) -> Iterable[DeploymentGroup]:
        return [group for named in self.deployment_groups.values() for group in named.values()]

    # Configurations.

    def add_config(self, request: Json) -> DeploymentConfig:
        name = names.config_name(request.get("deploymentConfigName"))
        if name in self.configs:
            raise DeploymentConfigAlreadyExistsException(
                f"Deployment Configuration already exists: {name}"
            )
        if name.startswith("CodeDeployDefault."):
            raise InvalidDeploymentConfigNameException(
                f"The name `{name}` begins with CodeDeployDefault., which is AWS's own."
            )
        made = configs.new_config(name, request, self.runtime.clock.now())
        if (
            sum(not config.is_predefined for config in self.configs.values())
            >= configs.CUSTOM_LIMIT
        ):
            raise DeploymentConfigLimitExceededException(
                f"An account may have {configs.CUSTOM_LIMIT} deployment configurations of its own."
            )
        self.configs[name] = made
        return made

    def config(self, name: str | None) -> DeploymentConfig:
        found = self.configs.get(names.config_name(name))
        if found is None:
            configs.refuse_other_platforms(str(name))
            raise DeploymentConfigDoesNotExistException(
                f"No Deployment Configuration found for name: {name}"
            )
        return found

    def remove_config(self, name: str) -> None:
        """Remove a configuration; one that is not there is no error on AWS."""
        found = self.configs.get(names.config_name(name))
        if found is None:
            return
        if found.is_predefined:
            raise InvalidOperationException(
                f"The predefined deployment configuration {name} can not be deleted."
            )
        users = [group.name for group in self.all_groups() if group.config_name == name]
        if users:
            raise DeploymentConfigInUseException(
                f"Deployment Configuration {name} is in use by the deployment group {users[0]}."
            )
        del self.configs[name]

    # Tags.

    def taggable(self, arn: str) -> str:
        """Return the ARN of an application or a group that there is. Raises AWS's errors."""
        prefix = self._arn("")
        if not arn.startswith(prefix):
            raise InvalidArnException(
                f"`{arn}` is not the ARN of a CodeDeploy resource of this account and region."
            )
        kind, _, name = arn.removeprefix(prefix).partition(":")
        if kind == "application":
            self.application(name)
        elif kind == "deploymentgroup":
            self.group(*name.split("/", 1)) if "/" in name else self.group(name, None)
        else:
            raise ArnNotSupportedException(f"Resources of type `{kind}` have no tags: {arn}")
        return arn

    def refuse_tags(self, tags: Tags | None) -> None:
        keys = [tag.get("Key") for tag in tags or []]
        if not all(keys) or len(set(keys)) != len(keys):
            raise InvalidTagsToAddException("Each tag needs a key of its own.")
        message = self.tagger.validate_tags(tags or [])
        if message:
            raise InvalidTagsToAddException(message)

    def _tag(self, arn: str, tags: Tags | None) -> None:
        if tags:
            self.tagger.tag_resource(arn, tags)

    def _move_tags(self, arn: str, name: str) -> None:
        """Keep the tags of a resource under its new name."""
        kind = arn.split(":")[5]
        self.tagger.copy_tags(arn, self._arn(f"{kind}:{name}"))
        self.tagger.delete_all_tags_for_resource(arn)

    def _group_arn(self, group: DeploymentGroup) -> str:
        return str(self._deployment_group_arn(group.application_name, group.name))
