"""The action types that are emulated: what each may be configured with, and its artifacts.

Source: "Integrations with CodePipeline action types" and each provider's action reference in the
CodePipeline user guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.engines.pipeline.declaration import APPROVAL


@dataclass(frozen=True)
class ActionTypeSpec:
    """Shape: counts are (minimum, maximum); `entity_url` is filled from the configuration."""

    category: str
    provider: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    entity_url: str

    def url(self, region: str, configuration: Mapping[str, str]) -> str | None:
        """Return the page of what the action works on; None where the configuration has none."""
        try:
            return self.entity_url.format(region=region, **configuration)
        except KeyError:
            return None

    def describe(self) -> dict[str, Any]:
        """Return the botocore shape ActionType."""
        return {
            "id": {
                "category": self.category,
                "owner": "AWS",
                "provider": self.provider,
                "version": "1",
            },
            "settings": {},
            "actionConfigurationProperties": [
                {
                    "name": name,
                    "required": name in self.required,
                    "key": True,
                    "secret": False,
                    "queryable": False,
                }
                for name in (*self.required, *self.optional)
            ],
            "inputArtifactDetails": _counts(self.inputs),
            "outputArtifactDetails": _counts(self.outputs),
        }


def _counts(counts: tuple[int, int]) -> dict[str, int]:
    return {"minimumCount": counts[0], "maximumCount": counts[1]}


_CONSOLE = "https://{region}.console.aws.amazon.com"

EMULATED = {
    (spec.category, spec.provider): spec
    for spec in (
        ActionTypeSpec(
            category="Source",
            provider="CodeCommit",
            required=("RepositoryName", "BranchName"),
            optional=("PollForSourceChanges", "OutputArtifactFormat"),
            inputs=(0, 0),
            outputs=(1, 1),
            entity_url=_CONSOLE
            + "/codecommit/home?region={region}"
            + "#/repository/{RepositoryName}/browse/{BranchName}/--/",
        ),
        ActionTypeSpec(
            category="Source",
            provider="S3",
            required=("S3Bucket", "S3ObjectKey"),
            optional=("PollForSourceChanges", "AllowOverrideForS3ObjectKey"),
            inputs=(0, 0),
            outputs=(1, 1),
            entity_url="https://console.aws.amazon.com/s3/home?region={region}#",
        ),
        *(
            ActionTypeSpec(
                category=category,
                provider="CodeBuild",
                required=("ProjectName",),
                optional=("PrimarySource", "EnvironmentVariables"),
                inputs=(1, 5),
                outputs=(0, 5),
                entity_url=_CONSOLE
                + "/codebuild/home?region={region}#/projects/{ProjectName}/view",
            )
            for category in ("Build", "Test")
        ),
        ActionTypeSpec(
            category="Deploy",
            provider="ECS",
            required=("ClusterName", "ServiceName"),
            optional=("FileName", "DeploymentTimeout"),
            inputs=(1, 1),
            outputs=(0, 0),
            entity_url=_CONSOLE
            + "/ecs/home?region={region}#/clusters/{ClusterName}/services/{ServiceName}",
        ),
        ActionTypeSpec(
            category="Deploy",
            provider="CodeDeployToECS",
            required=(
                "ApplicationName",
                "DeploymentGroupName",
                "TaskDefinitionTemplateArtifact",
                "AppSpecTemplateArtifact",
            ),
            optional=(
                "TaskDefinitionTemplatePath",
                "AppSpecTemplatePath",
                *(f"Image{n}{what}Name" for n in range(1, 5) for what in ("Artifact", "Container")),
            ),
            inputs=(1, 5),
            outputs=(0, 0),
            entity_url=_CONSOLE
            + "/codedeploy/home?region={region}"
            + "#/applications/{ApplicationName}/deployment-groups/{DeploymentGroupName}",
        ),
        ActionTypeSpec(
            category=APPROVAL,
            provider="Manual",
            required=(),
            optional=("NotificationArn", "CustomData", "ExternalEntityLink"),
            inputs=(0, 0),
            outputs=(0, 0),
            entity_url="{ExternalEntityLink}",
        ),
    )
}
"""By category and provider; the owner is AWS and the version 1."""
