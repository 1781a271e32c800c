"""What an executor is given, and what it gives back."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.engines.pipeline.events import StartAction
from emulator.engines.pipeline.model import External, Revision
from emulator.runtime import Runtime


class Abandoned(Exception):
    """Nobody waits for this action any more, or the emulator stops."""


class ActionFailure(Exception):
    """The action failed: AWS's `errorDetails`, and what is known of the thing that ran it.

    Codes: `ConfigurationError` where the action cannot work as it is configured, `JobFailed` where
    what it started failed, `PermissionError` and `InternalError`.
    """

    def __init__(self, code: str, message: str, external: External | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.external = external or External()


@dataclass(frozen=True)
class Outcome:
    """What an action brought; source actions bring a revision."""

    external: External = field(default_factory=External)
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None


@dataclass(frozen=True)
class ActionContext:
    """One action execution: what to do, and the emulator to do it in."""

    runtime: Runtime
    account_id: str
    region: str
    start: StartAction
    abandoned: threading.Event
    report_progress: Callable[[External], None]

    @property
    def configuration(self) -> Mapping[str, str]:
        return self.start.configuration

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulator, in the pipeline's account and region."""
        return self.runtime.client(service, self.account_id, self.region)

    def wait(self, seconds: float) -> None:
        """Wait in real time. Raises Abandoned as soon as the action is."""
        if self.abandoned.wait(seconds):
            raise Abandoned


Executor = Callable[[ActionContext], Outcome]
