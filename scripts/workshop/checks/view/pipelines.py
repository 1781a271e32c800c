"""CodePipeline's record of executions and their actions."""

from typing import Any

from workshop.approvals import WaitingApproval, waiting_approval
from workshop.checks.view.standing import Standing


class PipelinesView(Standing):
    """How far commits have come."""

    def execution_of(self, commit: str) -> dict[str, Any] | None:
        """Return the newest execution that runs `commit`, or None."""
        pages = self.aws.client("codepipeline").get_paginator("list_pipeline_executions")
        for page in pages.paginate(pipelineName=self.pipeline.name):
            for execution in page["pipelineExecutionSummaries"]:
                if commit in {
                    one.get("revisionId") for one in execution.get("sourceRevisions", [])
                }:
                    return dict(execution)
        return None

    def action_executions(self, execution_id: str) -> list[dict[str, Any]]:
        """Return every action of an execution, oldest first; a retried one stands there twice."""
        pages = self.aws.client("codepipeline").get_paginator("list_action_executions")
        found = [
            action
            for page in pages.paginate(
                pipelineName=self.pipeline.name, filter={"pipelineExecutionId": execution_id}
            )
            for action in page["actionExecutionDetails"]
        ]
        return sorted(found, key=lambda action: action["startTime"])

    def latest_actions(self) -> list[dict[str, Any]]:
        """Return the actions that ran last, of any execution: one page, newest first."""
        found = self.aws.client("codepipeline").list_action_executions(
            pipelineName=self.pipeline.name
        )
        return list(found["actionExecutionDetails"])

    def pipeline_definition(self) -> dict[str, Any]:
        """Return the pipeline's structure: stages, actions, `executionMode`."""
        found = self.aws.client("codepipeline").get_pipeline(name=self.pipeline.name)
        return dict(found["pipeline"])

    def pipeline_state(self) -> list[dict[str, Any]]:
        """Return the state of each stage, in the pipeline's order."""
        found = self.aws.client("codepipeline").get_pipeline_state(name=self.pipeline.name)
        return list(found["stageStates"])

    def newest_execution(self) -> dict[str, Any] | None:
        """Return the execution that began last, or None where none has."""
        found = self.aws.client("codepipeline").list_pipeline_executions(
            pipelineName=self.pipeline.name, maxResults=1
        )["pipelineExecutionSummaries"]
        return dict(found[0]) if found else None

    def running_executions(self) -> list[dict[str, Any]]:
        """Return the executions that have not ended, newest first."""
        pages = self.aws.client("codepipeline").get_paginator("list_pipeline_executions")
        return [
            execution
            for page in pages.paginate(pipelineName=self.pipeline.name)
            for execution in page["pipelineExecutionSummaries"]
            if execution["status"] in {"InProgress", "Stopping"}
        ]

    def waiting_approval(self) -> WaitingApproval | None:
        """Return the approval that waits for a person, or None."""
        return waiting_approval(self.aws, self.pipeline.name)
