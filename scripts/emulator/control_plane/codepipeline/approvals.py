"""The approvals' wire: what an answer may be, and the message that approvers get.

Source: botocore shapes ApprovalResult and ApprovalToken; "JSON data format for manual approval
notifications in CodePipeline" in the user guide. The pages that the message links to and its
subject are spelt as in messages of AWS's own that are quoted in public.
"""

import json
import re

from emulator.control_plane.codepipeline.exceptions import ValidationException
from emulator.control_plane.codepipeline.structure import refuse_unknown_value
from emulator.engines.pipeline.events import RequestApproval

APPROVED = "Approved"
REJECTED = "Rejected"
SUMMARY_LENGTH = 512

_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME_LENGTH = 24


def refuse_invalid_answer(token: str, result: dict[str, str]) -> None:
    """Raise AWS's error for what botocore's model forbids, and botocore itself lets through."""
    refuse_unknown_value("result.status", result["status"], [APPROVED, REJECTED])
    if len(result["summary"]) > SUMMARY_LENGTH:
        raise ValidationException(
            f"1 validation error detected: Value '{result['summary']}' at 'result.summary' failed "
            "to satisfy constraint: Member must have length less than or equal to "
            f"{SUMMARY_LENGTH}"
        )
    if not _TOKEN.fullmatch(token):
        raise ValidationException(
            f"1 validation error detected: Value '{token}' at 'token' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {_TOKEN.pattern}"
        )


def subject(request: RequestApproval) -> str:
    """Return the message's subject, of at most 100 characters, as SNS asks: names are cut short."""
    pipeline, action = _short(request.pipeline_name), _short(request.action_name)
    return f"APPROVAL NEEDED: AWS CodePipeline {pipeline} for action {action}"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[:_NAME_LENGTH]}..."


def message(request: RequestApproval, region: str) -> str:
    """Return the message: JSON, whose `expires` is in UTC, to the minute."""
    page = (
        "https://console.aws.amazon.com/codesuite/codepipeline/pipelines/"
        f"{request.pipeline_name}/view?region={region}"
    )
    approval = {
        "pipelineName": request.pipeline_name,
        "stageName": request.stage_name,
        "actionName": request.action_name,
        "token": request.token,
        "expires": f"{request.expires:%Y-%m-%dT%H:%MZ}",
        "externalEntityLink": request.configuration.get("ExternalEntityLink"),
        "approvalReviewLink": f"{page}#/{request.stage_name}/{request.action_name}/approve/"
        f"{request.token}",
        "customData": request.configuration.get("CustomData"),
    }
    return json.dumps({"region": region, "consoleLink": page, "approval": approval})
