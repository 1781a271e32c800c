"""The CodePipeline backend: declarations in moto's dictionaries, their course in the engine."""

import logging
from datetime import datetime

from moto.codepipeline.models import CodePipeline
from moto.codepipeline.models import CodePipelineBackend as MotoCodePipelineBackend

from emulator import ids
from emulator.control_plane.base import AwsError, Emulated
from emulator.control_plane.codepipeline import announcements, approvals
from emulator.control_plane.codepipeline.declared_actions import Declaration
from emulator.control_plane.codepipeline.exceptions import (
    InvalidStructureException,
    PipelineExecutionNotFoundException,
    PipelineNameInUseException,
    PipelineNotFoundException,
    PipelineVersionNotFoundException,
    ValidationException,
)
from emulator.control_plane.codepipeline.starts import (
    StartRequest,
    overrides_of,
    resolved_variables,
)
from emulator.control_plane.codepipeline.structure import (
    polling_actions,
    read_structure,
    refuse_invalid,
    refuse_unknown_value,
    with_defaults,
)
from emulator.control_plane.trust import may_assume
from emulator.engines.pipeline import Refused, advance
from emulator.engines.pipeline.events import (
    AbandonAction,
    Announce,
    ApprovalAnswered,
    Event,
    ExecutionRequested,
    PipelineDeleted,
    PipelineUpdated,
    RequestApproval,
    RetryMode,
    RetryRequested,
    StartAction,
    StopRequested,
    TimePassed,
    TransitionDisabled,
    TransitionEnabled,
)
from emulator.engines.pipeline.model import Execution, Pipeline, Trigger

logger = logging.getLogger(__name__)

SERVICE = "codepipeline.amazonaws.com"


ToCarryOut = StartAction | RequestApproval | AbandonAction
"""The engine's effects that the driver carries out."""


class DeclaredPipeline(CodePipeline):
    """A pipeline as declared, with its earlier versions, and its course."""

    def __init__(self, backend: "CodePipelineBackend", declaration: Declaration) -> None:
        super().__init__(backend.account_id, backend.region_name, declaration)
        self.created = self.updated = backend.runtime.clock.now()
        self.versions: dict[int, Declaration] = {1: self.pipeline}
        self.course = Pipeline.new(read_structure(self.pipeline, backend.region_name))
        self.execution_ids_by_token: dict[str, str] = {}

    @property
    def arn(self) -> str:
        return str(self._arn)


class CodePipelineBackend(Emulated, MotoCodePipelineBackend):
    """One account's pipelines in one region.

    The engine decides; `apply` keeps what it decided and tells EventBridge. What is to be carried
    out waits in a list until the driver takes it, called by the hint `codepipeline.action`.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.pipelines: dict[str, DeclaredPipeline] = {}
        self._to_carry_out: list[ToCarryOut] = []

    # Declarations.

    def create_pipeline(
        self, pipeline: Declaration, tags: list[dict[str, str]] | None
    ) -> tuple[Declaration, list[dict[str, str]]]:
        """Create a pipeline and start its first execution, as AWS does."""
        name = pipeline["name"]
        if name in self.pipelines:
            raise PipelineNameInUseException(
                f"A pipeline with the name '{name}' already exists in account '{self.account_id}'"
            )
        declared = DeclaredPipeline(self, self._checked({**pipeline, "version": 1}))
        declared.validate_tags(tags or [])
        declared.tags.update({tag["key"]: tag["value"] for tag in tags or []})
        self.pipelines[name] = declared
        self._start_first(name)
        return declared.pipeline, sorted(tags or [], key=lambda tag: tag["key"])

    def _start_first(self, name: str) -> None:
        try:
            self.start(name, StartRequest(Trigger("CreatePipeline", self._caller)))
        except ValidationException as error:
            logger.info("Pipeline `%s` is created but not started: %s", name, error.message)

    def update_pipeline(self, pipeline: Declaration) -> Declaration:
        declared = self.declared(pipeline["name"])
        version = max(declared.versions) + 1
        checked = self._checked({**pipeline, "version": version})
        declared.pipeline = declared.versions[version] = checked
        declared.updated = self.runtime.clock.now()
        self.apply(declared, PipelineUpdated(read_structure(checked, self.region_name)))
        return checked

    def delete_pipeline(self, name: str) -> None:
        declared = self.pipelines.get(name)
        if declared is not None:
            self.apply(declared, PipelineDeleted())
            del self.pipelines[name]

    def declared(self, name: str) -> DeclaredPipeline:
        if name not in self.pipelines:
            raise PipelineNotFoundException(
                f"Account '{self.account_id}' does not have a pipeline with name '{name}'"
            )
        return self.pipelines[name]

    def declaration(self, name: str, version: int | None) -> Declaration:
        declared = self.declared(name)
        if version is None:
            version = max(declared.versions)
        if version not in declared.versions:
            raise PipelineVersionNotFoundException(
                f"The pipeline '{name}' has no version {version}"
            )
        return declared.versions[version]

    def _checked(self, declaration: Declaration) -> Declaration:
        """Return the declaration with defaults filled in. Raises AWS's error if it is invalid."""
        complete = with_defaults(declaration)
        refuse_invalid(complete, self.region_name)
        if not may_assume(SERVICE, complete["roleArn"], self.account_id):
            raise InvalidStructureException(
                "CodePipeline is not authorized to perform AssumeRole on role "
                f"{complete['roleArn']}"
            )
        for action_name in polling_actions(complete):
            logger.warning(
                "The source action `%s` of the pipeline `%s` asks for polling, which the emulator "
                "does not do: set PollForSourceChanges to false, and start it by an EventBridge "
                "rule.",
                action_name,
                complete["name"],
            )
        return complete

    # Executions.

    def start_pipeline_execution_from_event(
        self,
        name: str,
        source_revisions: list[dict[str, str]],
        variables: list[dict[str, str]],
        trigger_detail: str,
    ) -> str:
        """Start an execution for an EventBridge rule; `trigger_detail` is the rule's ARN."""
        trigger = Trigger("CloudWatchEvent", trigger_detail)
        return self.start(name, StartRequest(trigger, variables, source_revisions))

    def start_pipeline_execution(
        self,
        name: str,
        variables: list[dict[str, str]] | None = None,
        source_revisions: list[dict[str, str]] | None = None,
        client_request_token: str | None = None,
    ) -> str:
        trigger = Trigger("StartPipelineExecution", self._caller)
        return self.start(
            name, StartRequest(trigger, variables, source_revisions, client_request_token)
        )

    def start(self, name: str, request: StartRequest) -> str:
        """Start an execution and return its id; the same token gives the same execution."""
        declared = self.declared(name)
        token = request.client_request_token
        if token and token in declared.execution_ids_by_token:
            return declared.execution_ids_by_token[token]
        execution_id = ids.new_uuid()
        event = ExecutionRequested(
            execution_id,
            request.trigger,
            resolved_variables(declared.pipeline, request.variables or []),
            overrides_of(declared.pipeline, request.source_revisions or []),
        )
        self.apply(declared, event)
        if token:
            declared.execution_ids_by_token[token] = execution_id
        return execution_id

    def execution(self, name: str, execution_id: str) -> Execution:
        found = self.declared(name).course.executions.get(execution_id)
        if found is None:
            raise PipelineExecutionNotFoundException(
                f"Account '{self.account_id}' does not have an execution with id "
                f"'{execution_id}' for pipeline '{name}'"
            )
        return found

    def stop_execution(
        self, name: str, execution_id: str, abandon: bool, reason: str | None
    ) -> None:
        self.apply(self.declared(name), StopRequested(execution_id, abandon, reason))

    def retry_stage(self, name: str, stage_name: str, execution_id: str, mode: str) -> None:
        refuse_unknown_value("retryMode", mode, RetryMode)
        event = RetryRequested(execution_id, stage_name, RetryMode(mode))
        self.apply(self.declared(name), event)

    def put_approval_result(
        self, name: str, stage_name: str, action_name: str, token: str, result: dict[str, str]
    ) -> datetime:
        """Answer an approval, and return when; `result` is botocore's shape ApprovalResult."""
        approvals.refuse_invalid_answer(token, result)
        event = ApprovalAnswered(
            stage_name,
            action_name,
            token,
            approved=result["status"] == approvals.APPROVED,
            summary=result["summary"],
            by=self._caller,
        )
        self.apply(self.declared(name), event)
        return self.runtime.clock.now()

    def let_time_pass(self, real_s: float) -> None:
        """Count the wait of every approval that is open."""
        for declared in list(self.pipelines.values()):
            if declared.course.has_open_approval:
                self.apply(declared, TimePassed(real_s))

    def disable_transition(self, name: str, stage_name: str, direction: str, reason: str) -> None:
        declared = self.declared(name)
        into = _stage_entered(declared.course, stage_name, direction)
        self.apply(declared, TransitionDisabled(into, reason, self._caller))

    def enable_transition(self, name: str, stage_name: str, direction: str) -> None:
        declared = self.declared(name)
        into = _stage_entered(declared.course, stage_name, direction)
        self.apply(declared, TransitionEnabled(into, self._caller))

    # The engine and what it wants done.

    def report(self, name: str, event: Event) -> None:
        """Take what the driver has to say about an action; its pipeline may be gone by now."""
        if name in self.pipelines:
            self.apply(self.pipelines[name], event)

    def apply(self, declared: DeclaredPipeline, event: Event) -> None:
        """Let the engine decide on an event, keep the outcome, pass the effects on."""
        try:
            declared.course, effects = advance(declared.course, event, self.runtime.clock.now())
        except Refused as refusal:
            raise AwsError(refusal.code, refusal.message) from refusal
        course = declared.course
        for effect in effects:
            if isinstance(effect, Announce):
                self._publish(declared, course, effect)
            else:
                self._to_carry_out.append(effect)
        if effects:
            name = course.structure.name
            self.runtime.hints.emit("codepipeline.action", self.account_id, self.region_name, name)

    def take_effects(self) -> list[ToCarryOut]:
        """Return what is to be carried out since the last call; the caller must do it."""
        taken, self._to_carry_out = self._to_carry_out, []
        return taken

    def _publish(
        self, declared: DeclaredPipeline, course: Pipeline, announcement: Announce
    ) -> None:
        from emulator.control_plane.events.delivery import publish_event  # it imports this package

        publish_event(
            self.runtime,
            self.account_id,
            self.region_name,
            announcements.SOURCE,
            announcements.detail_type(announcement),
            [declared.arn],
            announcements.detail(course, announcement, self.region_name),
        )

    @property
    def _caller(self) -> str:
        """The ARN of whoever calls: the emulator checks no identities, so the account's root."""
        return f"arn:aws:iam::{self.account_id}:root"


def _stage_entered(course: Pipeline, stage_name: str, direction: str) -> str:
    """Return the stage whose inbound transition is meant: a stage's outbound one is the next's."""
    refuse_unknown_value("transitionType", direction, ["Inbound", "Outbound"])
    stage = course.structure.stage(stage_name)
    if stage is None or direction == "Inbound":
        return stage_name
    following = course.structure.stage_after(stage_name)
    if following is None:
        raise ValidationException(
            f"Stage {stage_name} is the last one and has no outbound transition"
        )
    return following.name
