"""CodePipeline's operations: parameters in, botocore's shapes out."""

from collections.abc import Callable, Sequence

from moto.codepipeline.responses import CodePipelineResponse as MotoCodePipelineResponse
from moto.core.responses import ActionResult, EmptyResult

from emulator.control_plane.answers import Item, page, present
from emulator.control_plane.base import EmulatedResponse
from emulator.control_plane.codepipeline import views
from emulator.control_plane.codepipeline.action_types import EMULATED
from emulator.control_plane.codepipeline.exceptions import InvalidNextTokenException
from emulator.control_plane.codepipeline.models import CodePipelineBackend
from emulator.control_plane.codepipeline.views import Json
from emulator.engines.pipeline.model import ActionRun, Execution, StageStatus


class CodePipelineResponse(EmulatedResponse, MotoCodePipelineResponse):
    """Answers the API version 2015-07-09."""

    @property
    def backend(self) -> CodePipelineBackend:
        return self.codepipeline_backend  # type: ignore[no-any-return]

    # Declarations.

    def create_pipeline(self) -> ActionResult:
        pipeline, tags = self.backend.create_pipeline(
            self.params["pipeline"], self.params.get("tags")
        )
        return ActionResult({"pipeline": pipeline, "tags": tags})

    def get_pipeline(self) -> ActionResult:
        name = self.params["name"]
        pipeline = self.backend.declaration(name, self.params.get("version"))
        declared = self.backend.declared(name)
        metadata = {
            "pipelineArn": declared.arn,
            "created": declared.created,
            "updated": declared.updated,
        }
        return ActionResult({"pipeline": pipeline, "metadata": metadata})

    def update_pipeline(self) -> ActionResult:
        return ActionResult({"pipeline": self.backend.update_pipeline(self.params["pipeline"])})

    def delete_pipeline(self) -> ActionResult:
        self.backend.delete_pipeline(self.params["name"])
        return EmptyResult()

    def list_pipelines(self) -> ActionResult:
        summaries = [
            {
                "name": name,
                "version": declared.pipeline["version"],
                "pipelineType": declared.pipeline["pipelineType"],
                "executionMode": declared.pipeline["executionMode"],
                "created": declared.created,
                "updated": declared.updated,
            }
            for name, declared in sorted(self.backend.pipelines.items())
        ]
        return self._page("pipelines", summaries, lambda summary: str(summary["name"]), 1000)

    def list_action_types(self) -> ActionResult:
        owner = self.params.get("actionOwnerFilter", "AWS")
        found = [spec.describe() for spec in EMULATED.values()] if owner == "AWS" else []
        return ActionResult({"actionTypes": found})

    def list_tags_for_resource(self) -> ActionResult:
        tags = self.backend.list_tags_for_resource(self.params["resourceArn"])
        return ActionResult({"tags": tags})

    def tag_resource(self) -> ActionResult:
        self.backend.tag_resource(self.params["resourceArn"], self.params["tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        self.backend.untag_resource(self.params["resourceArn"], self.params["tagKeys"])
        return EmptyResult()

    # Executions.

    def start_pipeline_execution(self) -> ActionResult:
        execution_id = self.backend.start_pipeline_execution(
            self.params["name"],
            self.params.get("variables"),
            self.params.get("sourceRevisions"),
            self.params.get("clientRequestToken"),
        )
        return ActionResult({"pipelineExecutionId": execution_id})

    def stop_pipeline_execution(self) -> ActionResult:
        execution_id = self.params["pipelineExecutionId"]
        self.backend.stop_execution(
            self.params["pipelineName"],
            execution_id,
            bool(self.params.get("abandon")),
            self.params.get("reason"),
        )
        return ActionResult({"pipelineExecutionId": execution_id})

    def retry_stage_execution(self) -> ActionResult:
        execution_id = self.params["pipelineExecutionId"]
        self.backend.retry_stage(
            self.params["pipelineName"],
            self.params["stageName"],
            execution_id,
            self.params["retryMode"],
        )
        return ActionResult({"pipelineExecutionId": execution_id})

    def put_approval_result(self) -> ActionResult:
        approved_at = self.backend.put_approval_result(
            self.params["pipelineName"],
            self.params["stageName"],
            self.params["actionName"],
            self.params["token"],
            self.params["result"],
        )
        return ActionResult({"approvedAt": approved_at})

    def disable_stage_transition(self) -> ActionResult:
        self.backend.disable_transition(
            self.params["pipelineName"],
            self.params["stageName"],
            self.params["transitionType"],
            self.params["reason"],
        )
        return EmptyResult()

    def enable_stage_transition(self) -> ActionResult:
        self.backend.enable_transition(
            self.params["pipelineName"], self.params["stageName"], self.params["transitionType"]
        )
        return EmptyResult()

    # What is shown of them.

    def get_pipeline_state(self) -> ActionResult:
        declared = self.backend.declared(self.params["name"])
        return ActionResult(
            {
                "pipelineName": declared.pipeline["name"],
                "pipelineVersion": declared.pipeline["version"],
                "stageStates": views.stage_states(declared.course, self.region),
                "created": declared.created,
                "updated": declared.updated,
            }
        )

    def get_pipeline_execution(self) -> ActionResult:
        name = self.params["pipelineName"]
        execution = self.backend.execution(name, self.params["pipelineExecutionId"])
        course = self.backend.declared(name).course
        return ActionResult({"pipelineExecution": views.execution_detail(course, execution)})

    def list_pipeline_executions(self) -> ActionResult:
        wanted = self.params.get("filter", {}).get("succeededInStage", {}).get("stageName")
        summaries = [
            views.execution_summary(execution)
            for execution in self._newest_first()
            if wanted is None or _has_succeeded_in(execution, wanted)
        ]
        return self._page(
            "pipelineExecutionSummaries", summaries, lambda s: str(s["pipelineExecutionId"]), 100
        )

    def list_action_executions(self) -> ActionResult:
        wanted: Json = self.params.get("filter", {})
        latest_in: Json = wanted.get("latestInPipelineExecution", {})
        only = wanted.get("pipelineExecutionId") or latest_in.get("pipelineExecutionId")
        executions = (
            [self.backend.execution(self.params["pipelineName"], only)]
            if only
            else self._newest_first()
        )
        details = [
            views.action_execution_detail(execution, run, self.region)
            for execution in executions
            for run in reversed(list(execution.action_runs.values()))
            if latest_in.get("startTimeRange") != "Latest" or _is_current(execution, run)
        ]
        return self._page(
            "actionExecutionDetails", details, lambda d: str(d["actionExecutionId"]), 100
        )

    def _newest_first(self) -> list[Execution]:
        course = self.backend.declared(self.params["pipelineName"]).course
        return list(course.executions.values())[::-1]

    def _page(
        self, member: str, items: Sequence[Item], key: Callable[[Item], str], limit: int
    ) -> ActionResult:
        wanted = self.params.get("maxResults") or limit
        found, token = page(
            items, key, self.params.get("nextToken"), wanted, InvalidNextTokenException
        )
        return ActionResult({member: found, **present(nextToken=token)})


def _has_succeeded_in(execution: Execution, stage_name: str) -> bool:
    run = execution.stage_runs.get(stage_name)
    return run is not None and run.status is StageStatus.SUCCEEDED


def _is_current(execution: Execution, run: ActionRun) -> bool:
    """Tell whether a retry has not made the action execution a thing of the past."""
    return run.id in execution.stage_runs[run.stage_name].current.values()
