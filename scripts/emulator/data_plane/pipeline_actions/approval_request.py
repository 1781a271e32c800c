"""Tells the approvers that an approval waits: a message to the SNS topic that its action names.

Source: "Manage manual approval actions in pipelines" in the CodePipeline user guide; the wording
about a topic that is missing or misspelt is AWS's as reported publicly.
"""

import logging
import re

from moto.sns.exceptions import SNSException

from emulator.control_plane import registration
from emulator.control_plane.codepipeline import approvals
from emulator.engines.pipeline.events import ActionFailed, RequestApproval
from emulator.engines.pipeline.model import ActionError

logger = logging.getLogger(__name__)

_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):[A-Za-z0-9_.-]+")


def send(request: RequestApproval, region: str) -> ActionFailed | None:
    """Publish the request, with the runtime's lock held. Returns the failure where it cannot be.

    A subscriber that does not answer is no failure: SNS has the message, and the approval waits.
    """
    topic_arn = request.configuration.get("NotificationArn")
    if topic_arn is None:
        return None
    found = _TOPIC_ARN.fullmatch(topic_arn)
    if found is None:
        return _failed(
            request,
            f"An invalid topic ARN ({topic_arn}) was provided. Update your pipeline to use a valid "
            "topic, or create a new one to use in your pipeline.",
        )
    topic_region, account_id = found.groups()
    sns = registration.backend("sns", account_id, topic_region)
    if topic_arn not in sns.topics:
        return _failed(
            request,
            f"No Amazon SNS topic with the ARN {topic_arn} was found. Update your pipeline to use "
            "an existing topic, or create a new one to use in your pipeline.",
        )
    try:
        sns.publish(
            approvals.message(request, region), topic_arn, subject=approvals.subject(request)
        )
    except SNSException as error:
        return _failed(request, f"{error.message} (Service: AmazonSNS; Error Code: {error.code})")
    except Exception:  # of a subscriber: a queue or a function that is gone
        logger.exception("A subscriber of `%s` did not take the message", topic_arn)
    return None


def _failed(request: RequestApproval, message: str) -> ActionFailed:
    error = ActionError("ConfigurationError", message)
    return ActionFailed(request.execution_id, request.action_execution_id, error)
