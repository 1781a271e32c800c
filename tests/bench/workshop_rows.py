"""The workshop from nothing, lab by lab, with Terraform's part; and again after a loss."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.place import Place, say
from tests.bench.rows import Row

LAB_FROM_3_3 = ("lab", "3", "--from", "3.3")
LAB_TO_3_2 = ("lab", "3", "--to", "3.2")


@dataclass(frozen=True)
class Taken:
    """What a command took, in seconds, and Terraform within it."""

    command: str
    whole_s: float
    terraform_s: float


def take(place: Place, *command: str) -> Taken:
    """Run `workshop` and time it. Raises: RuntimeError with what it said if it failed."""
    said = f"workshop {' '.join(command)}"
    say(f"taking `{said}`")
    started, before_s = time.monotonic(), place.terraform_s
    place.workshop(*command)
    return Taken(said, time.monotonic() - started, place.terraform_s - before_s)


def whole_rows(taken: Sequence[Taken]) -> list[Row]:
    """Return the total of labs that were taken one after the other, and Terraform's share of it."""
    whole_s, terraform_s = _totals(taken)
    split = "; ".join(f"`{one.command}` {one.whole_s:.0f} s" for one in taken)
    told = f"{terraform_s:.0f} s inside Terraform; the rest is builds, roll-outs, shifts and checks"
    return [
        Row("whole workshop, labs 1, 2 and 3 from nothing", whole_s, "s", split),
        Row("whole workshop: share inside Terraform", 100 * terraform_s / whole_s, "%", told),
    ]


def rebuild_row(place: Place, first: Sequence[Taken]) -> Row:
    """Kill the emulator, and compare the way back to step 3.2 with the first way there."""
    say("killing the emulator with all that it holds")
    place.kill_emulator()
    again = take(place, *LAB_TO_3_2)
    first_s, first_terraform_s = _totals(first)
    told = (
        f"of which {again.terraform_s:.0f} s inside Terraform; the first time: {first_s:.0f} s, of "
        f"which {first_terraform_s:.0f} s"
    )
    return Row("rebuilding to 3.2 after the emulator was killed", again.whole_s, "s", told)


def _totals(taken: Sequence[Taken]) -> tuple[float, float]:
    return sum(one.whole_s for one in taken), sum(one.terraform_s for one in taken)
