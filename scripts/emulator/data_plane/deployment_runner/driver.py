"""Looks at every deployment under way, lets time pass for it, and carries out its effects."""

import logging
import threading

from emulator.awake import AwakeClock
from emulator.control_plane import registration
from emulator.control_plane.codedeploy.deployments import DeploymentRecord
from emulator.control_plane.codedeploy.models import CodeDeployBackend
from emulator.data_plane.deployment_runner import notices
from emulator.data_plane.deployment_runner.effects import Awaited, Effects
from emulator.data_plane.deployment_runner.observing import observe
from emulator.engines.deployment.events import (
    Announce,
    Effect,
    EffectCarriedOut,
    EffectFailed,
    TimePassed,
)
from emulator.engines.deployment.model import ErrorCode
from emulator.hints import Hint
from emulator.runtime import Runtime
from emulator.worker import Worker

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""A shift, or the end of a wait, is at most this late."""

MAX_ROUNDS = 20
"""Effects that lead to further ones at once: no deployment has as many phases."""


class DeploymentDriver:
    """CodeDeploy at work. All of it is quick, and happens with the runtime's lock held."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._awake = AwakeClock()
        self._worker = Worker("deployments", self._tick, LOOK_EVERY_S)
        self._ticking: threading.Thread | None = None
        runtime.hints.subscribe("codedeploy.deployment", self._wake)
        runtime.hints.subscribe("ecs.task_set", self._wake)

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()

    def _wake(self, _hint: Hint) -> None:
        if self._ticking is not threading.current_thread():  # what it does itself is no news to it
            self._worker.wake()

    def _tick(self) -> None:
        with self._runtime.lock:
            self._ticking = threading.current_thread()
            real_s = self._awake.advance()
            passed = TimePassed(real_s, real_s * self._runtime.clock.scale)
            for backend in registration.backends("codedeploy"):
                self._advance(backend, passed)

    def _advance(self, backend: CodeDeployBackend, passed: TimePassed) -> None:
        for record in _under_way(backend):
            backend.apply(record.id, passed)
        for _ in range(MAX_ROUNDS):
            for record in _under_way(backend):
                self._look(backend, record)
            taken = backend.take_effects()
            if not taken:
                return
            for record, effect in taken:
                self._carry_out(backend, record, effect)

    def _look(self, backend: CodeDeployBackend, record: DeploymentRecord) -> None:
        try:
            seen = observe(record.course.plan, backend.account_id, backend.region_name)
        except Exception:  # one deployment must not hold up the others
            logger.exception("The deployment `%s` could not be looked at", record.id)
            return
        backend.apply(record.id, seen)

    def _carry_out(
        self, backend: CodeDeployBackend, record: DeploymentRecord, effect: Effect
    ) -> None:
        if isinstance(effect, Announce):
            notices.deployment_changed(self._runtime, backend, record, effect)
        elif isinstance(effect, Awaited) and record.course.is_waiting_for_effect:
            # else it has ended meanwhile, by a request
            backend.apply(record.id, self._outcome(backend, record, effect))

    def _outcome(
        self, backend: CodeDeployBackend, record: DeploymentRecord, effect: Awaited
    ) -> EffectCarriedOut | EffectFailed:
        effects = Effects(backend.account_id, backend.region_name)
        logger.info("Deployment `%s`: %s", record.id, effect)
        try:
            return effects.carry_out(record.course, effect)
        except Exception as error:  # a mistake of ours must not leave the deployment waiting
            logger.exception("An effect of the deployment `%s` failed", record.id)
            message = f"{type(error).__name__}: {error}"
            return EffectFailed(ErrorCode.INTERNAL_ERROR, message)


def _under_way(backend: CodeDeployBackend) -> list[DeploymentRecord]:
    return [record for record in backend.deployments.values() if not record.is_over]
