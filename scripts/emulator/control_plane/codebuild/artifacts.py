"""What a pipeline hands a build, and where it wants the build's artifacts: zips in S3.

The pipeline calls the backend in process, with the runtime's lock held:

    registration.backend("codebuild", account_id, region).start_pipeline_build(
        *, project_name: str, input_artifacts: list[InputArtifact],
        output_artifacts: list[OutputArtifact], primary_source: str | None,
        environment_overrides: list[dict[str, str]], initiator: str, source_version: str,
    ) -> str  # the build's id

Shape: an override is `{"name": …, "value": …, "type": "PLAINTEXT"}`; `primary_source` names one of
the input artifacts, and may be None where there is only one; `initiator` is
`codepipeline/<pipeline>`. A build that ends emits the hint `codebuild.build`, keyed by its ARN.
Source: CodePipeline User Guide, "AWS CodeBuild build and test action reference".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class InputArtifact:
    """An artifact that a build reads: the primary one is its source, others lie beside it."""

    name: str
    bucket: str
    key: str


@dataclass(frozen=True)
class OutputArtifact:
    """An artifact that a build writes, named as the action's output artifact."""

    name: str
    bucket: str
    key: str
