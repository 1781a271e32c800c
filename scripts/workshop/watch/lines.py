"""A watch as plain lines, one a change, for where no terminal redraws."""

from collections.abc import Iterable, Iterator

from workshop.deployments import Deployment, LifecycleEvent, weights_in_words
from workshop.shift.stretches import Answers, Stretch
from workshop.watch.scene import Scene, Shift, has_weights

_SHORT = 8


def lines_of(before: Scene | None, now: Scene) -> list[str]:
    """Return what has changed, each line with its time; with nothing before, what there is."""
    return [f"{now.at.astimezone():%H:%M:%S}  {text}" for text in _changes(before, now)]


def stretch_in_words(stretch: Stretch) -> str:
    """Return what was measured over a stretch, as it is to be compared with the weights."""
    answers = stretch.answers
    seconds = (stretch.ended - stretch.began).total_seconds()
    over = f"{answers.requests} requests in {seconds:.0f} s"
    return "; ".join(filter(None, [f"measured {_shares(stretch)} of {over}", _failures(answers)]))


def _changes(before: Scene | None, now: Scene) -> Iterator[str]:
    yield from _stages(before, now)
    for shift in now.shifts:
        earlier = before.shift_of(shift.deployment.id) if before else None
        if earlier is not None:
            yield from _progress(earlier.deployment, shift)
        elif before is None or shift is now.shifts[-1]:
            yield from _beginning(shift)
    yield from _versions(before, now)


def _stages(before: Scene | None, now: Scene) -> Iterator[str]:
    if before is None:
        yield "pipeline: " + ", ".join(f"{one.name} {one.status}" for one in now.stages)
        return
    for stage in now.stages:
        if stage not in before.stages:
            yield f"{stage.name}: {stage.status}" + (
                ", waits for a person" if stage.is_approval and stage.status == "InProgress" else ""
            )


def _beginning(shift: Shift) -> Iterator[str]:
    yield _introduction(shift.deployment)
    if shift.deployment.is_running:
        yield from _events((), shift.deployment)
        if shift.deployment.weights:
            yield f"weights: {weights_in_words(shift.deployment.weights)}"


def _progress(earlier: Deployment, shift: Shift) -> Iterator[str]:
    now = shift.deployment
    yield from _events(earlier.events, now)
    if now.weights and earlier.weights != now.weights:
        measured = _until_now(earlier, shift)
        yield f"weights: {weights_in_words(now.weights)}{measured}"
    if earlier.status != now.status:
        yield f"deployment {now.id}: {now.status}" if now.is_running else _end(shift)


def _events(told: Iterable[LifecycleEvent], deployment: Deployment) -> Iterator[str]:
    known = {(one.name, one.status) for one in told}
    for event in deployment.events:
        if event.status != "Pending" and (event.name, event.status) not in known:
            yield f"{event.name}: {event.status}" + (f", {event.message}" if event.message else "")


def _introduction(deployment: Deployment) -> str:
    kind = f"rollback of {deployment.rollback_of}" if deployment.rollback_of else ""
    parts = [
        f"deployment {deployment.id} of {deployment.version[:_SHORT] or 'an unknown version'}",
        kind,
        deployment.configuration,
        deployment.status,
    ]
    return ", ".join(filter(None, parts))


def _until_now(earlier: Deployment, shift: Shift) -> str:
    """Return what was measured while the weights before these were in force."""
    if shift.last is None or not has_weights(shift.last, earlier.weights):
        return ""
    return f"; until now {stretch_in_words(shift.last)}"


def _end(shift: Shift) -> str:
    deployment, last = shift.deployment, shift.last
    parts = [f"deployment {deployment.id} ended: {deployment.status}"]
    if deployment.error_code:
        parts.append(f"{deployment.error_code}: {deployment.error_message}".rstrip(": "))
    if last is not None:
        parts.append(f"at {weights_in_words(last.weights)} {stretch_in_words(last)}")
    return "; ".join(parts)


def _shares(stretch: Stretch) -> str:
    answers = stretch.answers
    if not answers.placed:
        return "no share"
    slots = sorted(stretch.weights.keys() | answers.by_slot.keys())
    shares = ", ".join(f"{slot} {answers.share_percent(slot):.1f} %" for slot in slots)
    tolerance = max(answers.tolerance_points(one) or 0.0 for one in stretch.weights.values())
    return f"{shares} (± {tolerance:.1f} allowed)"


def _failures(answers: Answers) -> str:
    if not answers.failures:
        return ""
    reasons = ", ".join(f"{count} × {one}" for one, count in sorted(answers.failures.items()))
    return f"failed: {reasons}"


def _versions(before: Scene | None, now: Scene) -> Iterator[str]:
    earlier = before.recent if before else None
    yield from _seen("production", earlier, now.recent)
    if now.recent_test is not None:
        yield from _seen("test port", before.recent_test if before else None, now.recent_test)


def _seen(port: str, before: Answers | None, now: Answers) -> Iterator[str]:
    """Say who answers, and that requests have begun, or ceased, to fail."""
    if now.versions and (before is None or before.versions.keys() != now.versions.keys()):
        yield f"{port} answers: " + ", ".join(sorted(one[:_SHORT] for one in now.versions))
    has_failed = before is not None and bool(before.failures)
    if bool(now.failures) != has_failed:
        yield f"{port} {_failures(now)}" if now.failures else f"{port}: no request fails any more"
