"""Builds, as BatchGetBuilds shows them.

Source: botocore's Build shape; CodeBuild User Guide, "View build details".
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from emulator.control_plane.codebuild.artifacts import InputArtifact, OutputArtifact
from emulator.engines.build import PhaseRecord, Progress


@dataclass(eq=False)
class Build:
    """One build: its settings as they were when it started, and how far it is.

    Shape: `settings` are a Project's, overrides applied. The runner reads all of it, and changes
    what it learns: `progress` (through the backend), `resolved_version`, `artifacts`, `exported`,
    `logs_are_on`.
    """

    id: str
    account_id: str
    region: str
    project_name: str
    number: int
    started_at: datetime
    initiator: str
    settings: dict[str, Any]
    progress: Progress
    source_version: str | None = None
    resolved_version: str | None = None
    input_artifacts: list[InputArtifact] = field(default_factory=list)
    output_artifacts: list[OutputArtifact] = field(default_factory=list)
    primary_source: str | None = None
    artifacts: dict[str, Any] = field(default_factory=dict)
    secondary_artifacts: list[dict[str, Any]] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)
    logs_are_on: bool = False

    @property
    def arn(self) -> str:
        return f"arn:aws:codebuild:{self.region}:{self.account_id}:build/{self.id}"

    @property
    def uuid(self) -> str:
        return self.id.rpartition(":")[2]

    @property
    def log_group(self) -> str:
        return str(self._cloudwatch.get("groupName") or f"/aws/codebuild/{self.project_name}")

    @property
    def log_stream(self) -> str:
        prefix = self._cloudwatch.get("streamName")
        return f"{prefix}/{self.uuid}" if prefix else self.uuid

    @property
    def writes_logs(self) -> bool:
        return bool(self._cloudwatch.get("status", "ENABLED") == "ENABLED")

    @property
    def _cloudwatch(self) -> dict[str, Any]:
        return (self.settings.get("logsConfig") or {}).get("cloudWatchLogs") or {}

    def to_dict(self) -> dict[str, Any]:
        """Return botocore's Build shape."""
        shown: dict[str, Any] = {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": self.started_at,
            "currentPhase": self.progress.current,
            "buildStatus": self.progress.status,
            "projectName": self.project_name,
            "phases": [_phase(record) for record in self.progress.phases],
            "artifacts": self.artifacts,
            "secondaryArtifacts": self.secondary_artifacts,
            "logs": self._logs(),
            "buildComplete": self.progress.is_complete,
            "initiator": self.initiator,
            "exportedEnvironmentVariables": [
                {"name": name, "value": value} for name, value in self.exported.items()
            ],
            **{name: self.settings[name] for name in _SHOWN_SETTINGS if name in self.settings},
        }
        optional = {
            "endTime": self.progress.phases[-1].started_at if self.progress.is_complete else None,
            "sourceVersion": self.source_version,
            "resolvedSourceVersion": self.resolved_version,
        }
        shown.update({name: value for name, value in optional.items() if value})
        return deepcopy(shown)

    def _logs(self) -> dict[str, Any]:
        group, stream = (self.log_group, self.log_stream) if self.logs_are_on else ("null", "null")
        link = f"{_in_fragment(group)}/log-events/{_in_fragment(stream)}"
        logs: dict[str, Any] = {
            "deepLink": f"https://console.aws.amazon.com/cloudwatch/home?region={self.region}"
            f"#logsV2:log-groups/log-group/{link}",
            "cloudWatchLogsArn": f"arn:aws:logs:{self.region}:{self.account_id}"
            f":log-group:{group}:log-stream:{stream}",
            "cloudWatchLogs": {"status": "ENABLED", **self._cloudwatch},
            "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
        }
        if self.logs_are_on:
            logs.update(groupName=group, streamName=stream)
        return logs


_SHOWN_SETTINGS = (
    "source",
    "secondarySources",
    "secondarySourceVersions",
    "cache",
    "environment",
    "serviceRole",
    "timeoutInMinutes",
    "queuedTimeoutInMinutes",
    "encryptionKey",
    "vpcConfig",
    "fileSystemLocations",
)


def _phase(record: PhaseRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {"phaseType": record.phase, "startTime": record.started_at}
    if record.status and record.ended_at:
        shown["phaseStatus"] = record.status
        shown["endTime"] = record.ended_at
        shown["durationInSeconds"] = int((record.ended_at - record.started_at).total_seconds())
        context = record.context
        code, message = (context.status_code, context.message) if context else ("", "")
        shown["contexts"] = [{"statusCode": code, "message": message}]
    return shown


def _in_fragment(name: str) -> str:
    """Return a name as the console's links carry it: `/` becomes `$252F`."""
    return quote(quote(name, safe=""), safe="").replace("%", "$")
