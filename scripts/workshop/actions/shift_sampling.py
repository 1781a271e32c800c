"""What is gone after a shift: who answered while production moved from slot to slot."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from workshop.actions.sampling import keep
from workshop.aws import BotoCoreError, ClientError
from workshop.config import TargetName
from workshop.context import Context
from workshop.deployments import Deployment
from workshop.shift.evidence import merge, shift_evidence
from workshop.shift.recorder import Recorder

_RATES: Mapping[TargetName, float] = {"local": 25, "aws": 5}
"""Requests per second: the more, the narrower the tolerance; to an account each costs a little."""


def sample_shifts(name: str) -> Callable[[Context], AbstractContextManager[None]]:
    """Return the observation of a step that shifts traffic, kept as `<name>.json`.

    Production is asked, and the test port where there is one, and every deployment is looked at
    that runs meanwhile. `shift_evidence` tells the shape. Deployments that an earlier run of the
    step saw stay in the file; without any deployment it is not touched.
    """

    @contextmanager
    def observe(context: Context) -> Iterator[None]:
        recorder = Recorder(context.view, _RATES[context.target.name])
        stop = threading.Event()
        looker = threading.Thread(
            target=_look_until, args=(stop, recorder, context.target.poll_s), name="looker"
        )
        recorder.start()
        looker.start()
        try:
            yield
        finally:
            stop.set()
            looker.join()
            recorder.stop()
            with suppress(BotoCoreError, ClientError, OSError):  # the target may be gone
                _keep(context.config.evidence_dir / f"{name}.json", recorder)

    return observe


def _look_until(stop: threading.Event, recorder: Recorder, poll_s: float) -> None:
    """Look at once and every `poll_s` seconds; a look that fails is no look."""
    while True:
        with suppress(BotoCoreError, ClientError, OSError):
            recorder.look()
        if stop.wait(poll_s):
            return


def _keep(path: Path, recorder: Recorder) -> None:
    recorder.look()
    found = _deployments(recorder)
    if found:
        keep(path, merge(_kept(path), shift_evidence(recorder, found)))


def _deployments(recorder: Recorder) -> list[Deployment]:
    """Return those that ran meanwhile as they are now, also what came and went between looks."""
    seen = {look.deployment.id for look in recorder.looks}
    found = recorder.view.deployments()
    return [one for one in found if one.id in seen or one.created_at >= recorder.begun]


def _kept(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
