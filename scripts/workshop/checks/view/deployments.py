"""CodeDeploy's record of the production group and its deployments."""

from collections.abc import Iterator
from typing import Any

from workshop.aws import ClientError, error_code
from workshop.checks.view.standing import Standing
from workshop.deployments import (
    Deployment,
    deployments,
    each_deployment,
    read_deployment,
    running_deployment,
)

_NO_GROUP = {"ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException"}


class DeploymentsView(Standing):
    """What was, and is being, deployed to production."""

    def deployment_group(self) -> dict[str, Any] | None:
        """Return the deployment group's record, or None where it is gone."""
        try:
            found = self.aws.client("codedeploy").get_deployment_group(
                applicationName=self.codedeploy.application,
                deploymentGroupName=self.codedeploy.deployment_group,
            )
        except ClientError as error:
            if error_code(error) not in _NO_GROUP:
                raise
            return None
        return dict(found["deploymentGroupInfo"])

    def deployments(self, limit: int = 20) -> list[Deployment]:
        """Return the group's deployments, newest first."""
        return deployments(self.aws, self.codedeploy, limit)

    def each_deployment(self) -> Iterator[Deployment]:
        """Yield the group's deployments, newest first, each read when asked for."""
        return each_deployment(self.aws, self.codedeploy)

    def running_deployment(self) -> Deployment | None:
        """Return the deployment that has not ended, or None; None below the group's step too."""
        group = self.environment.codedeploy
        return running_deployment(self.aws, group) if group else None

    def deployment_by_id(self, deployment_id: str) -> Deployment:
        return read_deployment(self.aws, deployment_id)
