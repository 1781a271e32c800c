"""Watch a deployment: look again and again, until a person or the deployment's end says stop."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Self

from workshop.aws import BotoCoreError, ClientError
from workshop.checks.view import PRODUCTION, View
from workshop.config import TargetName
from workshop.deployments import Deployment
from workshop.errors import CheckNotPassed, InfrastructureError, NotPrepared, WorkshopError
from workshop.shift.recorder import Recorder
from workshop.watch.scene import Scene, read_scene

RATES: Mapping[TargetName, float] = {"local": 10, "aws": 5}
"""Requests per second that disturb nobody."""

_RECENT_REQUESTS = 100
_RECENT_S = 10.0
_FAILED_LOOKS = 3


class Watcher:
    """Asks production `rate` times a second, and AWS every `poll_s` seconds.

    `loss` returns what to say if the target is gone with all that it held.
    """

    def __init__(
        self, view: View, rate: float, poll_s: float, loss: Callable[[], WorkshopError | None]
    ) -> None:
        if view.environment.codedeploy is None or PRODUCTION not in view.urls:
            raise NotPrepared(
                f"The environment stands at step {view.environment.step}; CodeDeploy shifts "
                "production's traffic from step 2.2 on.",
                "Run `make lab2`.",
            )
        self.recorder = Recorder(view, rate)
        self._recent_s = max(_RECENT_S, _RECENT_REQUESTS / rate)
        self._poll_s = poll_s
        self._loss = loss
        self._newest: Deployment | None = None
        self._failed_looks = 0

    def __enter__(self) -> Self:
        self.recorder.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.recorder.stop()

    def scenes(self) -> Iterator[Scene]:
        """Yield what there is to see, again and again, without an end.

        Raises: InfrastructureError where AWS cannot be asked any more.
        """
        wait = threading.Event().wait
        while True:
            scene = self._look()
            if scene is not None:
                yield scene
            wait(self._poll_s)

    def _look(self) -> Scene | None:
        """Look once; None where AWS could not be asked, as may happen now and then."""
        try:
            if self.recorder.look() is None and self._newest is None:
                self._newest = next(iter(self.recorder.view.deployments(1)), None)
            scene = read_scene(self.recorder, datetime.now(UTC), self._newest, self._recent_s)
        except (BotoCoreError, ClientError, OSError) as error:
            self._failed_looks += 1
            loss = self._loss()
            if loss is not None:
                raise loss from error
            if self._failed_looks == _FAILED_LOOKS:
                raise InfrastructureError(
                    f"AWS could not be asked {_FAILED_LOOKS} times in a row: {error}",
                    "Run `workshop status`, then this command again.",
                ) from error
            return None
        self._failed_looks = 0
        return scene


def until_end(
    scenes: Iterator[Scene], timeout_s: float, now_s: Callable[[], float] = time.monotonic
) -> Iterator[Scene]:
    """Yield scenes until the deployment that runs, or comes, has ended, and its rollback with it.

    Raises: CheckNotPassed when none has begun after `timeout_s` seconds.
    """
    deadline_s = now_s() + timeout_s
    has_run, at_rest = False, 0
    for scene in scenes:
        yield scene
        has_run = has_run or scene.is_deploying
        # a rollback begins a moment after the end of what it undoes
        at_rest = 0 if scene.is_deploying else at_rest + 1
        if has_run and at_rest > 1:
            return
        if not has_run and now_s() > deadline_s:
            raise CheckNotPassed(
                f"No deployment has begun within {timeout_s:.0f} s.",
                "Start one: push a change and `workshop approve` it.",
            )
