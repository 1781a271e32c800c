"""What there is to see at one moment: pipeline, deployment, and who answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workshop.checks.view import PRODUCTION, TEST, View
from workshop.deployments import Deployment
from workshop.shift.recorder import Recorder
from workshop.shift.stretches import Answers, Stretch, count_answers, find_stretches


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline; `status` is `NotExecuted` before its first execution."""

    name: str
    status: str
    is_approval: bool = False


@dataclass(frozen=True)
class Shift:
    """A deployment as it was seen last, and what was measured meanwhile."""

    deployment: Deployment
    stretches: tuple[Stretch, ...] = ()

    @property
    def last(self) -> Stretch | None:
        return self.stretches[-1] if self.stretches else None


@dataclass(frozen=True)
class Scene:
    """One moment of a watch.

    `shifts` are the last deployments that ran, oldest first, or else the newest that ever ran;
    what runs now is the last. `recent` and `recent_test` are the last `recent_s` seconds of
    production and of the test port, None where there is no such port; `all` is production since
    `since`.
    """

    at: datetime
    since: datetime
    stages: tuple[Stage, ...]
    shifts: tuple[Shift, ...]
    recent_s: float
    recent: Answers
    recent_test: Answers | None
    all: Answers

    @property
    def deployment(self) -> Deployment | None:
        return self.shifts[-1].deployment if self.shifts else None

    @property
    def weights(self) -> Mapping[str, float]:
        """Return what AWS reports of the deployment. Shape: slot -> percent."""
        return self.deployment.weights if self.deployment else {}

    @property
    def is_deploying(self) -> bool:
        return self.deployment is not None and self.deployment.is_running

    @property
    def present(self) -> Stretch | None:
        """Return the stretch that goes on, None where it is too young to be measured."""
        last = self.shifts[-1].last if self.is_deploying else None
        return last if last and has_weights(last, self.weights) else None

    def shift_of(self, deployment_id: str) -> Shift | None:
        return next((one for one in self.shifts if one.deployment.id == deployment_id), None)


def has_weights(stretch: Stretch, weights: Mapping[str, float]) -> bool:
    """Tell whether a stretch is one of these weights; a slot that is not named has none."""
    slots = stretch.weights.keys() | weights.keys()
    return all(stretch.weights.get(slot, 0.0) == weights.get(slot, 0.0) for slot in slots)


def read_scene(
    recorder: Recorder, at: datetime, newest: Deployment | None, recent_s: float
) -> Scene:
    """Return what there is to see now. Raises: AWS's errors.

    `newest` is shown where no deployment has run since the recorder began.
    """
    recently = at - timedelta(seconds=recent_s)
    test = recorder.samples(TEST, recently) if recorder.has_test_port else None
    return Scene(
        at=at,
        since=recorder.begun,
        stages=read_stages(recorder.view),
        shifts=tuple(_shifts(recorder)) or ((Shift(newest),) if newest else ()),
        recent_s=recent_s,
        recent=count_answers(recorder.samples(PRODUCTION, recently), recorder.slots),
        recent_test=None if test is None else count_answers(test, recorder.slots),
        all=count_answers(recorder.samples(), recorder.slots),
    )


def _shifts(recorder: Recorder) -> Iterator[Shift]:
    """Yield the last two deployments: what one undoes may have ended at the same moment."""
    ids = list(dict.fromkeys(one.deployment.id for one in recorder.looks))
    for deployment_id in ids[-2:]:
        looks = [one for one in recorder.looks if one.deployment.id == deployment_id]
        samples = recorder.samples(since=looks[0].began)
        stretches = find_stretches(looks, samples, recorder.slots)
        yield Shift(looks[-1].deployment, tuple(stretches))


def read_stages(view: View) -> tuple[Stage, ...]:
    """Return the pipeline's stages in their order. Raises: AWS's errors."""
    approval = view.environment.approval
    return tuple(
        Stage(
            one["stageName"],
            one.get("latestExecution", {}).get("status", "NotExecuted"),
            is_approval=approval is not None and approval.stage == one["stageName"],
        )
        for one in view.pipeline_state()
    )
