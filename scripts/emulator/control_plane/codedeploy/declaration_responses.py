"""The operations on what is declared: applications, revisions, groups, configurations, tags."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.codedeploy.responses import CodeDeployResponse as MotoCodeDeployResponse
from moto.core.responses import ActionResult, EmptyResult

from emulator.control_plane.answers import Item, page, present
from emulator.control_plane.base import EmulatedResponse
from emulator.control_plane.codedeploy import names, revisions, views
from emulator.control_plane.codedeploy.declarations import Application
from emulator.control_plane.codedeploy.exceptions import (
    BatchLimitExceededException,
    BucketNameFilterRequiredException,
    InvalidDeployedStateFilterException,
    InvalidNextTokenException,
    InvalidSortByException,
    InvalidSortOrderException,
    RevisionDoesNotExistException,
    TagRequiredException,
)
from emulator.control_plane.codedeploy.groups import DeploymentGroup
from emulator.control_plane.codedeploy.models import CodeDeployBackend
from emulator.control_plane.codedeploy.revisions import KnownRevision
from emulator.control_plane.codedeploy.views import Json

PAGE_SIZE = 100

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_SORT_KEYS: dict[str, Callable[[KnownRevision], datetime]] = {
    "registerTime": lambda known: known.registered_at,
    "firstUsedTime": lambda known: known.first_used_at or _NEVER,
    "lastUsedTime": lambda known: known.last_used_at or _NEVER,
}


class DeclarationResponses(EmulatedResponse, MotoCodeDeployResponse):
    """Answers what does not run."""

    validation_error_code = "InvalidInputException"

    @property
    def backend(self) -> CodeDeployBackend:
        return self.codedeploy_backend  # type: ignore[no-any-return]

    # Applications.

    def create_application(self) -> ActionResult:
        made = self.backend.add_application(
            self.params["applicationName"],
            self.params.get("computePlatform"),
            self.params.get("tags"),
        )
        return ActionResult({"applicationId": made.id})

    def get_application(self) -> ActionResult:
        return ActionResult({"application": views.application_info(self._application())})

    def batch_get_applications(self) -> ActionResult:
        wanted = self._batch("applicationNames", 100)
        found = [views.application_info(self.backend.application(name)) for name in wanted]
        return ActionResult({"applicationsInfo": found})

    def update_application(self) -> ActionResult:
        self.backend.rename_application(
            self.params.get("applicationName"), self.params.get("newApplicationName")
        )
        return EmptyResult()

    def delete_application(self) -> ActionResult:
        self.backend.remove_application(self.params["applicationName"])
        return EmptyResult()

    def list_applications(self) -> ActionResult:
        return self._page("applications", sorted(self.backend.applications), str)

    # Revisions.

    def register_application_revision(self) -> ActionResult:
        application = self._application()
        location = revisions.checked(self.params["revision"])
        self.backend.register_revision(application, location, self.params.get("description"))
        return EmptyResult()

    def get_application_revision(self) -> ActionResult:
        application = self._application()
        known = self.backend.revision(application, self.params["revision"])
        return ActionResult(
            {
                "applicationName": application.application_name,
                "revision": known.location,
                "revisionInfo": known.describe(self.backend.groups_with(application, known)),
            }
        )

    def batch_get_application_revisions(self) -> ActionResult:
        application = self._application()
        found, missing = [], []
        for location in self._batch("revisions", 25):
            try:
                known = self.backend.revision(application, location)
            except RevisionDoesNotExistException as error:
                missing.append(error.message)
                continue
            info = known.describe(self.backend.groups_with(application, known))
            found.append({"revisionLocation": known.location, "genericRevisionInfo": info})
        answer = present(
            applicationName=application.application_name,
            errorMessage=missing[0] if missing else None,
            revisions=found,
        )
        return ActionResult(answer)

    def list_application_revisions(self) -> ActionResult:
        application = self._application()
        found = self._filtered(application)
        sort_by = self._one_of("sortBy", [*_SORT_KEYS], InvalidSortByException)
        order = self._one_of("sortOrder", ["ascending", "descending"], InvalidSortOrderException)
        if sort_by:
            found.sort(key=_SORT_KEYS[sort_by], reverse=order == "descending")
        locations = [known.location for known in found]
        return self._page("revisions", locations, lambda each: "|".join(revisions.key(each)))

    def _filtered(self, application: Application) -> list[KnownRevision]:
        bucket, prefix = self.params.get("s3Bucket"), self.params.get("s3KeyPrefix")
        if prefix and not bucket:
            raise BucketNameFilterRequiredException("s3KeyPrefix needs s3Bucket beside it.")
        states = ["include", "exclude", "ignore"]
        deployed = self._one_of("deployed", states, InvalidDeployedStateFilterException)
        return [
            known
            for known in application.revisions.values()
            if _lies_in(known, bucket, prefix)
            and (deployed != "include" or self.backend.groups_with(application, known))
            and (deployed != "exclude" or not self.backend.groups_with(application, known))
        ]

    # Groups.

    def create_deployment_group(self) -> ActionResult:
        return ActionResult({"deploymentGroupId": self.backend.add_group(self.params).id})

    def get_deployment_group(self) -> ActionResult:
        return ActionResult({"deploymentGroupInfo": self._group_info(self._group())})

    def batch_get_deployment_groups(self) -> ActionResult:
        application = self._application()
        wanted = self._batch("deploymentGroupNames", 100)
        known = self.backend.groups_of(application)
        missing = [name for name in map(names.group_name, wanted) if name not in known]
        answer = present(
            deploymentGroupsInfo=[self._group_info(known[n]) for n in wanted if n in known],
            errorMessage=f"No Deployment Group found for name: {missing[0]}" if missing else None,
        )
        return ActionResult(answer)

    def update_deployment_group(self) -> ActionResult:
        self.backend.change_group(self.params)
        return ActionResult({"hooksNotCleanedUp": []})

    def delete_deployment_group(self) -> ActionResult:
        self.backend.remove_group(
            self.params["applicationName"], self.params["deploymentGroupName"]
        )
        return ActionResult({"hooksNotCleanedUp": []})

    def list_deployment_groups(self) -> ActionResult:
        application = self._application()
        found = sorted(self.backend.groups_of(application))
        answer = self._page("deploymentGroups", found, str)
        answer.result["applicationName"] = application.application_name
        return answer

    def _group_info(self, group: DeploymentGroup) -> Json:
        newest = self.backend.deployments_of(group)
        last = newest[0] if newest else None
        return views.group_info(group, last, self.backend.last_successful(group))

    # Configurations.

    def create_deployment_config(self) -> ActionResult:
        return ActionResult({"deploymentConfigId": self.backend.add_config(self.params).id})

    def get_deployment_config(self) -> ActionResult:
        found = self.backend.config(self.params["deploymentConfigName"])
        return ActionResult({"deploymentConfigInfo": found.describe()})

    def list_deployment_configs(self) -> ActionResult:
        return self._page("deploymentConfigsList", sorted(self.backend.configs), str)

    def delete_deployment_config(self) -> ActionResult:
        self.backend.remove_config(self.params["deploymentConfigName"])
        return EmptyResult()

    # Tags.

    def list_tags_for_resource(self) -> ActionResult:
        arn = self.backend.taggable(self.params["ResourceArn"])
        return ActionResult({"Tags": self.backend.tagger.list_tags_for_resource(arn)["Tags"]})

    def tag_resource(self) -> ActionResult:
        arn = self.backend.taggable(self.params["ResourceArn"])
        if not self.params["Tags"]:
            raise TagRequiredException("At least one tag is required.")
        self.backend.refuse_tags(self.params["Tags"])
        self.backend.tagger.tag_resource(arn, self.params["Tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        arn = self.backend.taggable(self.params["ResourceArn"])
        self.backend.untag_resource(arn, self.params["TagKeys"])
        return EmptyResult()

    # What these share.

    def _application(self) -> Application:
        return self.backend.application(self.params["applicationName"])

    def _group(self) -> DeploymentGroup:
        return self.backend.group(
            self.params["applicationName"], self.params["deploymentGroupName"]
        )

    def _batch(self, member: str, limit: int) -> list[Any]:
        wanted: list[Any] = self.params[member]
        if len(wanted) > limit:
            raise BatchLimitExceededException(
                f"{member} may have at most {limit} entries; got {len(wanted)}."
            )
        return wanted

    def _one_of(
        self, member: str, allowed: Sequence[str], error: Callable[[str], Exception]
    ) -> str | None:
        value: str | None = self.params.get(member)
        if value is not None and value not in allowed:
            raise error(f"{member} is one of {', '.join(allowed)}; got `{value}`.")
        return value

    def _page(self, member: str, items: Sequence[Item], key: Callable[[Item], str]) -> ActionResult:
        found, token = page(
            items, key, self.params.get("nextToken"), PAGE_SIZE, InvalidNextTokenException
        )
        return ActionResult({member: found, **present(nextToken=token)})


def _lies_in(known: KnownRevision, bucket: str | None, prefix: str | None) -> bool:
    if not bucket:
        return True
    location = known.location.get("s3Location") or {}
    return location.get("bucket") == bucket and str(location.get("key")).startswith(prefix or "")
