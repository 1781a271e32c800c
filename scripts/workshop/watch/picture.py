"""The picture that `workshop watch --save` draws."""

from pathlib import Path

from workshop.errors import UsageError
from workshop.shift.recorder import Recorder
from workshop.watch.chart import chart
from workshop.watch.shift_record import record_of
from workshop.watch.svg import as_text

_ENDING = ".svg"


def look_at_place(path: Path) -> None:
    """Raise UsageError if a picture cannot be written there; an older one is not touched."""
    if path.suffix.lower() != _ENDING:
        raise UsageError(
            f"`{path}` does not end in `{_ENDING}`: pictures are drawn as SVG.",
            f"Name it `{path.with_suffix(_ENDING).name}`; a browser shows it, and prints it.",
        )
    is_new = not path.exists()
    try:
        path.open("a").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise UsageError(
            f"`{path}` cannot be written: {error.strerror}.",
            "Name a file in a folder that exists and is yours.",
        ) from error


def draw(recorder: Recorder, path: Path) -> bool:
    """Write what was recorded; False, and no file, where that is nothing."""
    record = record_of(recorder)
    if record is None:
        return False
    path.write_text(as_text(chart(record)), encoding="utf-8")
    return True
