"""A watch as a picture of text, redrawn in place."""

from collections.abc import Iterator, Mapping

from workshop.deployments import Deployment, LifecycleEvent
from workshop.shift.stretches import Answers
from workshop.watch.scene import Scene, Stage

Line = list[tuple[str, str]]
"""Pieces of a line, each with its style; '' is a plain one."""

_SHORT = 8
_BAR = 20
_FEWEST = 20
_STYLES = {"Succeeded": "green", "InProgress": "yellow", "Ready": "yellow", "Skipped": "dim"}
_MARKS = {"Succeeded": "✓", "InProgress": "▸", "Ready": "▸", "Skipped": "–", "Failed": "✗"}
_UNTOUCHED = {"Pending", "NotExecuted", "Unknown"}
_SLOT_STYLES = {"blue": "blue", "green": "green"}


def board(scene: Scene, ending: str) -> list[Line]:
    """Return the lines of a scene; `ending` says what ends the watch.

    A deployment with eight lifecycle events takes 22 lines, of a terminal's usual 24.
    """
    return [
        [(f"{scene.at.astimezone():%H:%M:%S}", "bold"), (f"  {ending}", "dim")],
        [piece for stage in scene.stages for piece in _stage(stage)],
        [],
        *_deployment(scene.deployment),
        [],
        *_traffic(scene),
        [],
        *_answers(scene),
    ]


def _style(status: str) -> str:
    return "dim" if status in _UNTOUCHED else _STYLES.get(status, "red")


def _stage(stage: Stage) -> Line:
    status = stage.status
    if stage.is_approval and status == "InProgress":
        status = "waits for a person"
    said = "" if stage.status in {"Succeeded", *_UNTOUCHED} else f" {status}"
    mark = "·" if stage.status in _UNTOUCHED else _MARKS.get(stage.status, "✗")
    return [(f"{mark} {stage.name}{said}", _style(stage.status)), ("  ", "")]


def _deployment(deployment: Deployment | None) -> Iterator[Line]:
    if deployment is None:
        yield [("No deployment yet", "bold")]
        return
    kind = f"Rollback of {deployment.rollback_of}:" if deployment.rollback_of else "Deployment"
    yield [
        (f"{kind} {deployment.id}", "bold"),
        (f" of {deployment.version[:_SHORT] or 'an unknown version'}  ", ""),
        (deployment.status, _style(deployment.status)),
    ]
    yield [(f"  {deployment.configuration}", "dim")]
    if deployment.error_code:
        yield [(f"  {deployment.error_code}: {deployment.error_message}".rstrip(": "), "red")]
    for event in deployment.events:
        yield _event(event)


def _event(event: LifecycleEvent) -> Line:
    mark = "·" if event.status in _UNTOUCHED else _MARKS.get(event.status, "✗")
    times = " – ".join(
        f"{time.astimezone():%H:%M:%S}" for time in (event.started_at, event.ended_at) if time
    )
    told = event.message if event.status == "Failed" else ""
    style = _style(event.status)
    return [(f"  {mark} {event.name:22}{event.status:12}", style), (f"{times}  {told}", "dim")]


def _traffic(scene: Scene) -> Iterator[Line]:
    present = scene.present
    slots = sorted(scene.weights.keys() | scene.recent.by_slot.keys())
    columns = ["reported", f"last {scene.recent_s:.0f} s", _since(scene)]
    heads = f"{'':{_BAR + 2}}{columns[0]:>9}{columns[1]:>11}   {columns[2]}"
    yield [(f"{'Traffic':9}", "bold"), (heads, "dim")]
    for slot in slots:
        weight = scene.weights.get(slot)
        share = scene.recent.share_percent(slot)
        measured = ""
        if present is not None and present.answers.placed >= _FEWEST:
            over = present.answers.share_percent(slot)
            allowed = present.answers.tolerance_points(present.weights.get(slot, 0.0))
            measured = f"{over:.1f} %  ± {allowed:.1f} allowed"
        is_off = present is not None and present.is_within_tolerance(slot) is False
        style = _SLOT_STYLES.get(slot, "")
        yield [
            (f"  {slot:7}", style),
            (_bar(share if share is not None else weight or 0.0), style),
            (f"  {_percent(weight):>9}{_percent(share):>11}   ", ""),
            (measured, "red" if is_off else ""),
        ]


def _since(scene: Scene) -> str:
    if scene.present is None:
        return ""
    present = scene.present
    return f"since {present.began.astimezone():%H:%M:%S}, n = {present.answers.placed}"


def _bar(percent: float) -> str:
    full = round(percent * _BAR / 100)
    return "█" * full + "░" * (_BAR - full)


def _percent(percent: float | None) -> str:
    return "–" if percent is None else f"{percent:.0f} %"


def _answers(scene: Scene) -> Iterator[Line]:
    recently = (f"  in the last {scene.recent_s:.0f} s", "dim")
    yield [*_port("production", scene.recent), recently]
    if scene.recent_test is not None:
        yield [*_port("test port", scene.recent_test), recently]
    failed = sum(scene.all.failures.values())
    since = f"of {scene.all.requests} since {scene.since.astimezone():%H:%M:%S}"
    yield [
        (f"{'Failed':12}", "bold"),
        (f"{failed}", "red" if failed else ""),
        (f" {since}  {_counts(scene.all.failures)}", "dim"),
    ]


def _port(name: str, answers: Answers) -> Line:
    versions = {version[:_SHORT]: count for version, count in answers.versions.items()}
    failed = sum(answers.failures.values())
    line = [(f"{name.capitalize():12}", "bold"), (_counts(versions) or "no answer", "")]
    return [*line, (f"  failed {failed}", "red")] if failed else line


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} × {count}" for name, count in sorted(counts.items()))
