"""The layout of a shift's picture: time to the right, percent of the answers upwards."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from workshop.shift.stretches import Stretch, between, count_answers
from workshop.watch.frame import CHARACTER, LEFT, RIGHT, WIDTH, Frame, round_up
from workshop.watch.marks import LANE, TOP, draw_marks, placed
from workshop.watch.shift_record import Filled, ShiftRecord, Step
from workshop.watch.svg import Element, add, svg

_MOST_TICKS, _MOST_DOTS = 10, 90
_REQUESTS_PER_DOT = 20
_SHORT = 8
_GAP = 0.05
"""What part of a picture without reports is still a line: one deployment follows another."""

_STYLE = """
svg { --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --grid: #d1d9e0;
  --blue: #0969da; --green: #1a7f37; --other: #8250df; --failed: #cf222e;
  font: 12px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #f0f6fc; --faint: #9198a1; --grid: #3d444d;
    --blue: #58a6ff; --green: #3fb950; --other: #bc8cff; --failed: #ff7b72; } }
text { fill: var(--ink); }
.ground { fill: var(--ground); }
.title { font-size: 16px; font-weight: 600; }
.faint { fill: var(--faint); }
.main { font-weight: 600; }
.grid { stroke: var(--grid); }
.mark { stroke: var(--faint); stroke-dasharray: 2 3; }
.mark.main { stroke: var(--ink); stroke-dasharray: none; }
.reported { fill: none; stroke-width: 2.5; }
.reported.green { stroke-dasharray: 9 4; }
.band { fill-opacity: 0.16; }
.blue { stroke: var(--blue); } .dot.blue, .band.blue { fill: var(--blue); stroke: none; }
.green { stroke: var(--green); } .dot.green, .band.green { fill: var(--green); stroke: none; }
.other { stroke: var(--other); } .dot.other, .band.other { fill: var(--other); stroke: none; }
.share { font-size: 11px; stroke: var(--ground); stroke-width: 3; paint-order: stroke; }
.failed { fill: var(--failed); stroke: none; }
"""


def chart(record: ShiftRecord) -> Element:
    """Return the picture of a shift.

    Weights that AWS reported are lines in steps, a line a slot. What was measured is a dot for
    some seconds of requests; a band is where a share may lie (`Answers.tolerance_points`), over
    each stretch of the same weights, with the stretch's share as a number, of the slot that
    traffic goes to: the other's would be their mirror image.
    """
    places = list(placed(record))
    lanes = max((lane for _, _, lane in places), default=-1) + 1
    frame = Frame(record.began, record.ended, TOP + lanes * LANE + 8)
    height = frame.bottom + 92
    root = svg(WIDTH, height, _title(record), _subtitle(record), _STYLE)
    add(root, "rect", css="ground", width=WIDTH, height=height)
    add(root, "text", _title(record), css="title", x=LEFT, y=28)
    add(root, "text", _subtitle(record), css="faint", x=LEFT, y=47)
    _draw_axes(root, frame)
    draw_marks(root, frame, places)
    stretches = record.stretches()
    _draw_bands(root, frame, stretches)
    _draw_steps(root, frame, record)
    _draw_dots(root, frame, record)
    _draw_shares(root, frame, stretches)
    _draw_failures(root, frame, record)
    _draw_legend(root, frame, record)
    return root


def _title(record: ShiftRecord) -> str:
    found = record.deployments
    if not found:
        return "Production, without a deployment"
    if len(found) == 1:
        return f"Shift of production by {found[0].configuration or found[0].id}"
    return f"Shift of production by {len(found)} deployments"


def _subtitle(record: ShiftRecord) -> str:
    answers = count_answers(record.samples, record.slots)
    failed = sum(answers.failures.values())
    began = f"{record.began.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    return f"{began} · {answers.requests} requests, {failed} failed"


# Axes


def _draw_axes(root: Element, frame: Frame) -> None:
    for percent in range(0, 101, 10):
        y = frame.y(percent)
        if percent % 20 == 0:
            add(root, "line", css="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y)
            label = f"{percent} %"
            add(root, "text", label, css="faint", x=LEFT - 8, y=y + 4, text_anchor="end")
        else:
            add(root, "line", css="grid", x1=LEFT, x2=LEFT + 4, y1=y, y2=y)
    for at in _times(frame):
        x = frame.x(at)
        add(root, "line", css="grid", x1=x, x2=x, y1=frame.bottom, y2=frame.bottom + 5)
        label, y = f"{at.astimezone():%H:%M:%S}", frame.bottom + 19
        anchor = "middle" if x < WIDTH - 2 * RIGHT else "end"
        add(root, "text", label, css="faint", x=x, y=y, text_anchor=anchor)


def _times(frame: Frame) -> Iterator[datetime]:
    """Yield round times within the frame."""
    every_s = round_up(frame.span_s / _MOST_TICKS)
    at = datetime.fromtimestamp(
        (frame.began.timestamp() // every_s + 1) * every_s, frame.began.tzinfo
    )
    while at <= frame.ended:
        yield at
        at += timedelta(seconds=every_s)


# What was reported, and what was measured


def _draw_steps(root: Element, frame: Frame, record: ShiftRecord) -> None:
    steps = record.steps()
    for slot in _slots(record):
        path = "".join(_path(frame, steps, slot))
        if path:
            add(root, "path", css=f"reported {_kind(slot)}", d=path)


def _path(frame: Frame, steps: list[Step], slot: str) -> Iterator[str]:
    """Yield a line in steps; it is interrupted where no deployment reported anything."""
    last: Step | None = None
    for step in steps:
        x, y = frame.x(step.began), frame.y(step.weights.get(slot, 0.0))
        gap_s = (step.began - last.ended).total_seconds() if last else frame.span_s
        is_next = gap_s < _GAP * frame.span_s
        yield f"H{x:.1f}V{y:.1f}" if is_next else f"M{x:.1f} {y:.1f}"
        yield f"H{frame.x(step.ended):.1f}"
        last = step


def _draw_bands(root: Element, frame: Frame, stretches: list[Filled]) -> None:
    for slot, stretch in stretches:
        left, right, top, bottom = _band(frame, slot, stretch)
        css, width, height = f"band {_kind(slot)}", right - left, max(bottom - top, 2)
        add(root, "rect", css=css, x=left, y=top, width=width, height=height)


def _draw_shares(root: Element, frame: Frame, stretches: list[Filled]) -> None:
    """Write each stretch's share above its band, or below where no room is left."""
    for slot, stretch in stretches:
        share = stretch.answers.share_percent(slot)
        label = "" if share is None else f"{share:.1f} %"
        left, right, top, bottom = _band(frame, slot, stretch)
        if label and right - left >= len(label) * CHARACTER:
            y = top - 5 if top - 18 >= frame.top else bottom + 14
            add(root, "text", label, css="share", x=(left + right) / 2, y=y, text_anchor="middle")


def _band(frame: Frame, slot: str, stretch: Stretch) -> tuple[float, float, float, float]:
    """Return left, right, top and bottom of where a stretch's share may lie."""
    weight = stretch.weights[slot]
    tolerance = stretch.answers.tolerance_points(weight) or 0.0
    top, bottom = frame.y(weight + tolerance), frame.y(weight - tolerance)
    return frame.x(stretch.began), frame.x(stretch.ended), top, bottom


def _draw_dots(root: Element, frame: Frame, record: ShiftRecord) -> None:
    for began, ended in _buckets(frame, record):
        answers = count_answers(between(record.samples, began, ended), record.slots)
        for slot in _slots(record):
            share = answers.share_percent(slot)
            if share is not None:
                _draw_dot(root, slot, frame.x(began + (ended - began) / 2), frame.y(share))


def _buckets(frame: Frame, record: ShiftRecord) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times that dots stand for: none in which the weights may have changed."""
    steps = [(one.began, one.known_until) for one in record.steps()]
    for began, ended in steps or [(frame.began, frame.ended)]:
        parts = max(round((ended - began).total_seconds() / _bucket_s(frame, record)), 1)
        width = (ended - began) / parts
        for number in range(parts):
            yield began + number * width, began + (number + 1) * width


def _draw_dot(root: Element, slot: str, x: float, y: float) -> None:
    """Draw a round dot, or for green a square: colours alone tell not everybody."""
    css = f"dot {_kind(slot)}"
    if slot == "green":
        add(root, "rect", css=css, x=x - 3, y=y - 3, width=6, height=6)
    else:
        add(root, "circle", css=css, cx=x, cy=y, r=3.2)


def _bucket_s(frame: Frame, record: ShiftRecord) -> int:
    """Return for how many seconds a dot stands: enough requests, and not too many dots."""
    rate = len(record.samples) / frame.span_s
    enough_s = _REQUESTS_PER_DOT / rate if rate else 0
    return round_up(max(enough_s, frame.span_s / _MOST_DOTS))


def _draw_failures(root: Element, frame: Frame, record: ShiftRecord) -> None:
    for sample in record.samples:
        if sample.failure:
            x = frame.x(sample.at)
            y = frame.bottom - 8
            add(root, "rect", css="failed", x=x - 0.6, y=y, width=1.2, height=8)


# Legend


def _draw_legend(root: Element, frame: Frame, record: ShiftRecord) -> None:
    x, y = LEFT, frame.bottom + 46
    for slot in _slots(record):
        add(root, "path", css=f"reported {_kind(slot)}", d=f"M{x} {y - 4}h28")
        text = f"{slot} reported"
        add(root, "text", text, x=x + 34, y=y)
        x += 34 + len(text) * CHARACTER + 14
        _draw_dot(root, slot, x, y - 4)
        text = f"measured, some {_bucket_s(frame, record)} s each"
        add(root, "text", text, x=x + 9, y=y)
        x += 9 + len(text) * CHARACTER + 22
    add(root, "rect", css="failed", x=x, y=y - 9, width=2, height=10)
    add(root, "text", "failed request", x=x + 7, y=y)
    note = "Bands: where a share of so many requests may lie (± 3 σ); numbers: the share measured."
    add(root, "text", note, css="faint", x=LEFT, y=y + 18)
    versions = "; ".join(f"{slot}: {_versions(record, slot)}" for slot in _slots(record))
    add(root, "text", f"Versions that answered: {versions}", css="faint", x=LEFT, y=y + 35)


def _versions(record: ShiftRecord, slot: str) -> str:
    seen = Counter(
        one.version[:_SHORT]
        for one in record.samples
        if one.version and record.slots.get(one.task) == slot
    )
    return ", then ".join(seen) or "none"


def _slots(record: ShiftRecord) -> list[str]:
    told = {slot for step in record.steps() for slot in step.weights}
    return sorted(
        told | {record.slots[one.task] for one in record.samples if one.task in record.slots}
    )


def _kind(slot: str) -> str:
    return slot if slot in {"blue", "green"} else "other"
