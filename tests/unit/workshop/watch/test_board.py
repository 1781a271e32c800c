"""A watch as a picture of text."""

import io

from tests.unit.workshop.checks.blue_green_record import HEAD, deployment, events
from tests.unit.workshop.shift.made_up import SLOTS, at, bad
from tests.unit.workshop.watch.moments import answers, clock, scene, shift, stretch

from workshop.console import Console
from workshop.deployments import LifecycleEvent
from workshop.shift.stretches import count_answers
from workshop.watch.board import board
from workshop.watch.scene import Scene, Shift

ENDING = "Ctrl-C ends the watch"


def shown(seen: Scene) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in board(seen, ENDING)]


def test_board_shows_reported_weights_beside_measured_shares():
    told = (
        LifecycleEvent("Install", "Succeeded", at(1), at(5)),
        LifecycleEvent("AllowTraffic", "InProgress", at(6)),
        LifecycleEvent("AfterAllowTraffic", "Pending"),
    )
    moment = scene(
        30,
        shift(10, stretch(10, 12, 200), events=told),
        recent=answers(20, 100),
        recent_test=answers(50, 50),
    )
    assert shown(moment) == [
        f"{clock(30)}  Ctrl-C ends the watch",
        "✓ Source  ▸ Approve waits for a person  · DeployProd",
        "",
        "Deployment d-NEW of c0ffee00  InProgress",
        "  ana-canary",
        f"  ✓ Install               Succeeded   {clock(1)} – {clock(5)}",
        f"  ▸ AllowTraffic          InProgress  {clock(6)}",
        "  · AfterAllowTraffic     Pending",
        "",
        f"Traffic                         reported  last 10 s   since {clock(10)}, n = 200",
        "  blue   ████████████████░░░░       90 %       80 %   94.0 %  ± 6.4 allowed",
        "  green  ████░░░░░░░░░░░░░░░░       10 %       20 %   6.0 %  ± 6.4 allowed",
        "",
        f"Production  00000000 × 80, {HEAD[:8]} × 20  in the last 10 s",
        f"Test port   {HEAD[:8]} × 50  in the last 10 s",
        f"Failed      0 of 500 since {clock(0)}",
    ]


def test_share_that_is_off_is_red_and_one_of_few_answers_is_not_shown():
    off = board(scene(30, shift(10, stretch(10, 100, 200))), ENDING)
    assert ("50.0 %  ± 6.4 allowed", "red") in [piece for line in off for piece in line]
    few = shown(scene(30, shift(10, stretch(10, 10, 19))))
    assert few[-5].endswith("90 %      100 %")


def test_rollback_names_what_it_undoes_and_an_error_its_message():
    undone = deployment(rollback_of="d-1", error_code="ALARM_ACTIVE", error_message="Too many.")
    lines = shown(scene(0, Shift(undone)))
    assert lines[3] == "Rollback of d-1: d-NEW of c0ffee00  Succeeded"
    assert "  ALARM_ACTIVE: Too many." in lines


def test_failures_are_counted_by_reason():
    failing = count_answers([bad(0), bad(1, "", 502)], SLOTS)
    lines = shown(scene(0, recent=failing, all=failing))
    assert lines[-2] == "Production  no answer  failed 2  in the last 10 s"
    assert lines[-1] == f"Failed      2 of 2 since {clock(0)}  HTTP 500 × 1, HTTP 502 × 1"


def test_before_any_deployment_there_is_still_something_to_see():
    assert "No deployment yet" in shown(scene(0))


def test_board_of_a_whole_deployment_fits_a_terminal_of_80_by_24():
    moment = scene(
        30,
        shift(50, stretch(50, 5000, 10000), events=events(), error_code="X"),
        recent_test=answers(50, 50),
    )
    lines = shown(moment)
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80


def test_redrawn_lines_are_cut_where_the_terminal_ends(shell):
    shell.setenv("COLUMNS", "10")
    out = io.StringIO()
    console = Console(out)
    assert not console.redraws
    with console.redrawn() as redraw:
        redraw([[("[b]", "bold"), ("x" * 20, "red")], []])
    assert out.getvalue().rstrip() == "[b]xxxxxx…"
