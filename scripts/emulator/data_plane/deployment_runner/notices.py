"""What CodeDeploy tells EventBridge.

Source: "Monitoring deployments with Amazon CloudWatch Events" in the CodeDeploy user guide; "Events
from CodeDeploy" in the EventBridge reference, for the members of an event.
"""

from emulator.control_plane.codedeploy.deployments import DeploymentRecord
from emulator.control_plane.codedeploy.models import CodeDeployBackend
from emulator.control_plane.events.delivery import publish_event
from emulator.engines.deployment.events import Announce
from emulator.runtime import Runtime

SOURCE = "aws.codedeploy"
DETAIL_TYPE = "CodeDeploy Deployment State-change Notification"


def deployment_changed(
    runtime: Runtime, backend: CodeDeployBackend, record: DeploymentRecord, announcement: Announce
) -> None:
    """Publish that a deployment has started, waits, or has ended."""
    account, region = backend.account_id, backend.region_name
    arn = f"arn:aws:codedeploy:{region}:{account}"
    application, group = record.application_name, record.group_name
    detail = {
        "region": region,
        "deploymentId": record.id,
        "instanceGroupId": record.group_id,
        "deploymentGroup": group,
        "state": str(announcement.state),
        "application": application,
    }
    resources = [f"{arn}:deploymentgroup:{application}/{group}", f"{arn}:application:{application}"]
    publish_event(runtime, account, region, SOURCE, DETAIL_TYPE, resources, detail)
