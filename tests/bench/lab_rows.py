"""`workshop lab 1` beside the same Terraform typed by hand, on a foundation that stands."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.place import APPLICATION, CLUSTER, SERVICE, Place, say, wait_until
from tests.bench.release_rows import release
from tests.bench.rows import Row, overhead


@dataclass
class ByHand:
    """Seconds in Terraform, and seconds in what has to happen between its runs."""

    terraform_s: float = 0.0
    between_s: float = 0.0


def lab_row(place: Place) -> Row:
    say("taking lab 1 by hand, with plain Terraform and git")
    place.workshop("reset", "1")
    by_hand = _take_by_hand(place)
    say("taking lab 1 by `workshop lab 1`")
    place.workshop("reset", "1")
    lab_s = _seconds(lambda: place.workshop("lab", "1"))
    return overhead(
        "lab 1 on a standing foundation, without build and roll-out",
        lab_s,
        by_hand.between_s,
        by_hand.terraform_s,
        "terraform apply 1.1 to 1.4 by hand",
        limit=1.5,
    )


def _take_by_hand(place: Place) -> ByHand:
    spent = ByHand()
    between: dict[str, Callable[[], object]] = {
        "1.1": lambda: _first_image(place),
        "1.2": lambda: wait_until(lambda: _is_stable(place)),
        "1.3": lambda: None,
        "1.4": lambda: release(place),
    }
    for step, wait in between.items():
        spent.terraform_s += _seconds(lambda step=step: _apply(place, step))
        spent.between_s += _seconds(wait)
    return spent


def _seconds(do: Callable[[], object]) -> float:
    started = time.monotonic()
    do()
    return time.monotonic() - started


def _apply(place: Place, step: str) -> None:
    place.run(
        "terraform",
        "-chdir=terraform",
        "apply",
        "-auto-approve",
        "-input=false",
        "-no-color",
        TF_VAR_step=step,
    )


def _first_image(place: Place) -> None:
    place.git("push", "--quiet", "origin", "main")
    codebuild = place.aws("codebuild")
    build = codebuild.start_build(projectName=f"{APPLICATION}-image")["build"]["id"]
    wait_until(lambda: codebuild.batch_get_builds(ids=[build])["builds"][0]["buildComplete"])


def _is_stable(place: Place) -> bool:
    found = place.aws("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    return bool(found["deployments"][0]["rolloutState"] == "COMPLETED")
