"""What happened when: upright lines whose words stand in lanes above the plot."""

from collections.abc import Iterator

from workshop.watch.frame import CHARACTER, WIDTH, Frame
from workshop.watch.shift_record import Mark, ShiftRecord
from workshop.watch.svg import Element, add

TOP = 66.0
LANE = 15.0
_TOGETHER = 4.0

Placed = tuple[float, Mark, int]
"""A mark, its place to the right, and the lane in which its words fit."""


def placed(record: ShiftRecord) -> Iterator[Placed]:
    """Yield the marks of a record, each in the first lane that has room."""
    frame = Frame(record.began, record.ended, 0)
    ends: list[float] = []
    for at, mark in _joined(frame, record.marks()):
        start = _start_of(at, mark)
        lane = next((one for one, end in enumerate(ends) if end <= start), len(ends))
        ends[lane:] = [start + _width_of(mark) + 10, *ends[lane + 1 :]]
        yield at, mark, lane


def _joined(frame: Frame, marks: list[Mark]) -> Iterator[tuple[float, Mark]]:
    """Yield marks, those that stand on one another as one."""
    waiting: tuple[float, Mark] | None = None
    for mark in marks:
        at = frame.x(mark.at)
        if waiting is not None:
            x, last = waiting
            if at - x <= _TOGETHER and last.is_main == mark.is_main:
                waiting = x, Mark(last.at, f"{last.text}, {mark.text}", mark.is_main)
                continue
            yield waiting
        waiting = at, mark
    if waiting is not None:
        yield waiting


def _width_of(mark: Mark) -> float:
    return len(mark.text) * CHARACTER * (1.08 if mark.is_main else 1)


def _start_of(x: float, mark: Mark) -> float:
    """Return where a mark's words begin: to the right of its line, or left where that ends."""
    fits = x + 4 + _width_of(mark) <= WIDTH - 4
    return x + 4 if fits else max(x - 4 - _width_of(mark), 4)


def draw_marks(root: Element, frame: Frame, places: list[Placed]) -> None:
    for x, mark, lane in places:
        kind = "main" if mark.is_main else "faint"
        y = TOP + lane * LANE + 11
        line = "mark main" if mark.is_main else "mark"
        add(root, "line", css=line, x1=x, x2=x, y1=y - 10, y2=frame.bottom)
        is_right = _start_of(x, mark) > x
        anchor, place = ("start", x + 4) if is_right else ("end", x - 4)
        add(root, "text", mark.text, css=kind, x=place, y=y, text_anchor=anchor)
