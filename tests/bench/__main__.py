"""`python -m tests.bench [--json]`: measure, print the table, and end with 1 over a limit."""

import argparse
import json
import signal
from types import FrameType
from typing import NoReturn

from tests.bench import (
    balancer_rows,
    blue_green_rows,
    emulator_rows,
    lab_rows,
    release_rows,
    shift_load_rows,
    shift_rows,
    workshop_rows,
)
from tests.bench.place import say, standing_place
from tests.bench.rows import Row, is_over, table


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if every limit is kept, 1 if not, 130 if interrupted, everything cleaned up."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="The workshop's benchmark.")
    parser.add_argument("--json", action="store_true", help="print it for programs")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        rows = measure()
    except KeyboardInterrupt:
        say("interrupted; what the benchmark made is gone")
        return 130
    if options.json:
        print(json.dumps([row.as_dict() for row in rows], indent=2, ensure_ascii=False))
    else:
        print(table(rows))
    return 1 if is_over(rows) else 0


def measure() -> list[Row]:
    """Take every measurement; the order matters, as memory is that after lab 1."""
    rows = [emulator_rows.start_row()]
    with standing_place() as place:
        say("making an environment; a new load balancer costs a minute")
        taken = [workshop_rows.take(place, "lab", "1")]
        memory = emulator_rows.memory_row(place)
        rows += [emulator_rows.latency_row(place), memory]
        rows.append(release_rows.release_row(place))
        rows += balancer_rows.throughput_rows(place)
        rows.append(balancer_rows.rolling_update_row(place))
        rows.append(lab_rows.lab_row(place))
        taken.append(workshop_rows.take(place, "lab", "2"))
        rows.append(blue_green_rows.approval_row(place))
        rows.append(blue_green_rows.load_row(place))
        taken.append(workshop_rows.take(place, *workshop_rows.LAB_TO_3_2))
        first_way = list(taken)
        taken.append(workshop_rows.take(place, *workshop_rows.LAB_FROM_3_3))
        rows += workshop_rows.whole_rows(taken)
        rows += shift_rows.shift_rows(place)
        rows += shift_load_rows.load_rows(place)
        rows.append(workshop_rows.rebuild_row(place, first_way))
    return rows


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
