"""Takes the pipeline engine's effects, carries each out in a thread, and reports what became."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from emulator.awake import AwakeClock
from emulator.control_plane import registration
from emulator.data_plane.pipeline_actions import (
    approval_request,
    codebuild,
    codecommit_source,
    codedeploy_to_ecs,
    ecs_deploy,
    s3_source,
)
from emulator.data_plane.pipeline_actions.context import (
    Abandoned,
    ActionContext,
    ActionFailure,
    Executor,
)
from emulator.engines.pipeline.events import (
    ActionFailed,
    ActionProgressed,
    ActionSucceeded,
    Event,
    RequestApproval,
    StartAction,
)
from emulator.engines.pipeline.model import ActionError, External
from emulator.hints import Hint
from emulator.runtime import Runtime
from emulator.worker import Worker

if TYPE_CHECKING:
    from emulator.control_plane.codepipeline.models import CodePipelineBackend, ToCarryOut

logger = logging.getLogger(__name__)

EXECUTORS: dict[tuple[str, str], Executor] = {
    ("Source", "CodeCommit"): codecommit_source.execute,
    ("Source", "S3"): s3_source.execute,
    ("Build", "CodeBuild"): codebuild.execute,
    ("Test", "CodeBuild"): codebuild.execute,
    ("Deploy", "CodeDeployToECS"): codedeploy_to_ecs.execute,
    ("Deploy", "ECS"): ecs_deploy.execute,
}
"""By category and provider, as `control_plane.codepipeline.action_types` lists them. Approvals have
no executor: the engine waits for the answer itself, and is told of the time that passes."""

MAX_ACTIONS = 64
"""Actions that may be under way at once; further ones wait for a thread."""

LOOK_EVERY_S = 1.0
"""How often open approvals age. Effects are taken at once, at a hint; this is for a lost one too.
Less than the longest step that `AwakeClock` counts, so that it counts each in full."""


class PipelineDriver:
    """Runs actions. `stop` abandons whatever is under way, and returns when it is over."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._worker = Worker("pipelines", self._tick, LOOK_EVERY_S)
        self._awake = AwakeClock()
        self._pool = ThreadPoolExecutor(MAX_ACTIONS, thread_name_prefix="pipeline-action")
        self._under_way: dict[str, threading.Event] = {}
        runtime.hints.subscribe("codepipeline.action", self._wake)

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()
        with self._runtime.lock:
            for abandoned in self._under_way.values():
                abandoned.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _wake(self, _hint: Hint) -> None:
        self._worker.wake()

    def _tick(self) -> None:
        awake_s = self._awake.advance()
        with self._runtime.lock:
            for backend in registration.backends("codepipeline"):
                backend.let_time_pass(awake_s)
                for effect in backend.take_effects():
                    self._carry_out(backend, effect)

    def _carry_out(self, backend: "CodePipelineBackend", effect: "ToCarryOut") -> None:
        if isinstance(effect, StartAction):
            self._begin(backend.account_id, backend.region_name, effect)
        elif isinstance(effect, RequestApproval):
            failure = approval_request.send(effect, backend.region_name)
            if failure is not None:
                backend.report(effect.pipeline_name, failure)
        else:
            self._abandon(effect.action_execution_id)

    def _begin(self, account_id: str, region: str, start: StartAction) -> None:
        abandoned = threading.Event()
        self._under_way[start.action_execution_id] = abandoned
        action = _RunningAction(self._runtime, account_id, region, start, abandoned)
        self._pool.submit(self._run, action)

    def _abandon(self, action_execution_id: str) -> None:
        abandoned = self._under_way.get(action_execution_id)
        if abandoned is not None:
            abandoned.set()

    def _run(self, action: "_RunningAction") -> None:
        try:
            action.run()
        except Exception:
            logger.exception("An action of the pipeline `%s` was lost", action.pipeline_name)
        finally:
            with self._runtime.lock:
                self._under_way.pop(action.id, None)


class _RunningAction:
    """One action under way, in a thread of its own."""

    def __init__(
        self,
        runtime: Runtime,
        account_id: str,
        region: str,
        start: StartAction,
        abandoned: threading.Event,
    ) -> None:
        self._runtime = runtime
        self._account_id = account_id
        self._region = region
        self._start = start
        self._abandoned = abandoned
        self.id = start.action_execution_id
        self.pipeline_name = start.pipeline_name

    def run(self) -> None:
        """Execute the action and report its end, unless it was abandoned."""
        try:
            event = self._execute()
        except Abandoned:
            return
        if not self._abandoned.is_set():
            self._report(event)

    def _execute(self) -> Event:
        start = self._start
        kind = start.action.type
        context = ActionContext(
            self._runtime,
            self._account_id,
            self._region,
            start,
            self._abandoned,
            self._report_progress,
        )
        try:
            outcome = EXECUTORS[kind.category, kind.provider](context)
        except ActionFailure as failure:
            return self._failed(failure.code, failure.message, failure.external)
        except ClientError as error:
            return self._failed("JobFailed", str(error))
        except Abandoned:
            raise
        except Exception as error:
            logger.exception("The action `%s` of `%s` failed", start.action.name, self.id)
            return self._failed("InternalError", f"{type(error).__name__}: {error}")
        return ActionSucceeded(
            start.execution_id,
            self.id,
            outcome.external,
            outcome.output_variables,
            outcome.revision,
        )

    def _failed(self, code: str, message: str, external: External | None = None) -> ActionFailed:
        logger.info("Pipeline `%s`: action failed: %s", self.pipeline_name, message)
        error = ActionError(code, message)
        return ActionFailed(self._start.execution_id, self.id, error, external or External())

    def _report_progress(self, external: External) -> None:
        self._report(ActionProgressed(self._start.execution_id, self.id, external))

    def _report(self, event: Event) -> None:
        with self._runtime.lock:
            backend = registration.backend("codepipeline", self._account_id, self._region)
            backend.report(self.pipeline_name, event)
