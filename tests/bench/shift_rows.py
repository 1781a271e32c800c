"""Shifts of traffic: what clients get against what AWS reports, and how soon a weight holds."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.place import Place, say, wait_until
from tests.bench.production import finish, stop
from tests.bench.rows import Row
from tests.load.generator import PATIENT_S, run_load
from workshop.checks.canary import own
from workshop.checks.view import View
from workshop.checks.web import ask
from workshop.deployments import redeploy
from workshop.shift.slots import SlotReader

CANARY = "CodeDeployDefault.ECSCanary10Percent5Minutes"
REQUESTS = 5000
RATE = 250
CHANGES = 20
"""An even number, so that the weights are in the end what they were."""

_SLOWLY = 1.0
_QUICKLY = 60.0


@dataclass(frozen=True)
class Measured:
    """Shape: `reported` is slot -> percent as GetDeploymentTarget has it, `answers` slot -> how
    many requests one of its tasks answered."""

    reported: Mapping[str, float]
    answers: Mapping[str, int]

    @property
    def distance(self) -> float:
        """Return by how many percentage points the slot that is farthest off is off."""
        total = sum(self.answers.values())
        slots = self.reported.keys() | self.answers.keys()
        return max(
            abs(100 * self.answers.get(slot, 0) / total - self.reported.get(slot, 0.0))
            for slot in slots
        )


@dataclass(frozen=True)
class Change:
    """Seconds until a request was answered by the new weights: since AWS had answered the call
    that changed them, and since the call was sent."""

    after_answer_s: float
    after_call_s: float


def shift_rows(place: Place) -> list[Row]:
    """Measure a canary's first share, each share of a linear shift, and then changes by API."""
    view = place.view
    with _pace(place):
        measured = [_measure_canary(place, view), *_measure_linear(place, view)]
        changes = _change_weights(place, view)
        finish(place)
    return [share_row(measured), change_row(changes)]


def share_row(measured: Sequence[Measured]) -> Row:
    each = "; ".join(_told(one) for one in measured)
    told = f"{min(sum(one.answers.values()) for one in measured)} requests or more each: {each}"
    worst = max(one.distance for one in measured)
    return Row("shift: measured against reported share, worst", worst, "points", told, limit=1)


def change_row(changes: Sequence[Change]) -> Row:
    ordered = sorted(one.after_answer_s for one in changes)
    told = (
        f"worst of {len(ordered)} since ModifyRule had answered, median "
        f"{1000 * ordered[len(ordered) // 2]:.1f} ms; since it was called: "
        f"{1000 * max(one.after_call_s for one in changes):.1f} ms"
    )
    what = "weight change by API to the first answer by it"
    return Row(what, 1000 * ordered[-1], "ms", told, limit=100)


def _told(one: Measured) -> str:
    shares = [f"{one.reported[slot]:.0f}" for slot in sorted(one.reported)]
    return f"{'/'.join(shares)} off by {one.distance:.2f}"


@contextmanager
def _pace(place: Place) -> Iterator[None]:
    """Let a minute of AWS's take a minute, so that a share stays as long as it takes to ask."""
    before = place.clock()
    place.set_clock(_SLOWLY)
    try:
        yield
    finally:
        place.set_clock(before)


def _measure_canary(place: Place, view: View) -> Measured:
    say(f"measuring a canary's first share by {REQUESTS} requests")
    deployment = _deploy(view, CANARY)
    _until_moved(view, deployment, than={})
    measured = _measure(place, view, deployment)
    stop(place, deployment)
    return measured


def _measure_linear(place: Place, view: View) -> list[Measured]:
    """Measure each share that is held; return when all traffic has moved, both slots standing."""
    say(f"measuring each share of a linear shift by {REQUESTS} requests")
    deployment = _deploy(view, own(view, "linear"))
    weights = _until_moved(view, deployment, than={})
    measured = []
    while 0.0 not in weights.values():
        measured.append(_measure(place, view, deployment))
        place.set_clock(_QUICKLY)
        weights = _until_moved(view, deployment, than=weights)
        place.set_clock(_SLOWLY)
    return measured


def _deploy(view: View, configuration: str) -> str:
    """Deploy what production serves to the other slot; return the deployment's id."""
    newest = next(one for one in view.each_deployment() if one.status == "Succeeded")
    return redeploy(view.aws, view.codedeploy, newest.id, configuration)


def _until_moved(view: View, deployment: str, than: Mapping[str, float]) -> dict[str, float]:
    """Return the weights once traffic is shared otherwise than it was, or is shared at all."""

    def look() -> dict[str, float] | None:
        found = view.deployment_by_id(deployment)
        if not found.is_running:
            raise RuntimeError(f"{deployment} is {found.status}: {found.error_message}")
        is_new = found.weights != than if than else 100.0 not in found.weights.values()
        return found.weights if found.weights and is_new else None

    return wait_until(look)


def _measure(place: Place, view: View, deployment: str) -> Measured:
    """Ask production so often; the share that is reported must be the same before and after."""
    reported = view.deployment_by_id(deployment).weights
    report = run_load(place.production_url, RATE, REQUESTS / RATE, late_s=PATIENT_S)
    if view.deployment_by_id(deployment).weights != reported:
        raise RuntimeError(f"{deployment} moved on while production was asked")
    reader = SlotReader(view)
    reader.learn(report.tasks)
    answers = Counter[str]()
    for task, seen in report.tasks.items():
        answers[reader.slots.get(task, "unknown")] += seen.count
    return Measured(reported, answers)


def _change_weights(place: Place, view: View) -> list[Change]:
    """Send all traffic to the one slot and to the other in turn."""
    say(f"changing production's weights {CHANGES} times")
    rule = view.production_rule()
    if rule is None:
        raise RuntimeError("production's rule is gone")
    url, reader = place.production_url, SlotReader(view)
    return [_change(view, rule, turn, url, reader) for turn in range(1, CHANGES + 1)]


def _change(view: View, rule: dict[str, Any], turn: int, url: str, reader: SlotReader) -> Change:
    actions = turned(rule["Actions"], turn)
    weights = view.weights_of({"Actions": actions})
    wanted = next(slot for slot, weight in weights.items() if weight)
    elb = view.aws.client("elbv2")
    called = time.monotonic()
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=actions)
    answered = time.monotonic()

    def follows() -> float | None:
        task = ask(url).task_id or ""
        now = time.monotonic()
        reader.learn([task])
        return now if reader.slots.get(task) == wanted else None

    followed = wait_until(follows, every_s=0.001)
    return Change(followed - answered, followed - called)


def turned(actions: list[dict[str, Any]], turn: int) -> list[dict[str, Any]]:
    """Return a rule's actions with the weights of its groups exchanged in every other turn."""
    (action,) = actions
    groups = action["ForwardConfig"]["TargetGroups"]
    weights = [one["Weight"] for one in groups][:: -1 if turn % 2 else 1]
    exchanged = [{**one, "Weight": weight} for one, weight in zip(groups, weights, strict=True)]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": exchanged}}]
