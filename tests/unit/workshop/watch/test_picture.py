"""The picture of a shift: whole XML, and everything in it that was seen."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from tests.unit.workshop.checks.blue_green_record import HEAD
from tests.unit.workshop.shift.made_up import SLOTS, at, bad, looks, shared

from workshop.deployments import LifecycleEvent
from workshop.errors import UsageError
from workshop.watch.picture import draw, look_at_place

SVG = "{http://www.w3.org/2000/svg}"
EVENTS = (
    LifecycleEvent("BeforeInstall", "Succeeded", at(0), at(0)),
    LifecycleEvent("Install", "Succeeded", at(1), at(8)),
    LifecycleEvent("AllowTraffic", "InProgress", at(10)),
    LifecycleEvent("AfterAllowTraffic", "Pending"),
)
CANARY = {"configuration": "ana-canary", "events": EVENTS, "created_at": at(0)}
SEEN = [*looks(0, 10, 0, **CANARY), *looks(11, 40, 10, **CANARY), *looks(41, 60, 100, **CANARY)]
SAMPLES = [
    *shared(0, 11, 0, 110),
    *shared(11, 41, 30, 300),
    bad(41.5),
    bad(42, "", 502),
    *shared(43, 60, 170, 170),
]


def recorder(seen: list[Any] = SEEN, samples: list[Any] = SAMPLES, slots: Any = SLOTS) -> Any:
    return SimpleNamespace(looks=seen, samples=lambda: samples, slots=slots)


@pytest.fixture
def drawn(tmp_path: Path):
    """Return a function that draws what was recorded, and reads the picture."""

    def draw_it(recorded: Any) -> Xml.Element:
        path = tmp_path / "shift.svg"
        assert draw(recorded, path)
        return Xml.parse(path).getroot()  # noqa: S314 (our own file)

    return draw_it


def texts(root: Xml.Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def with_class(root: Xml.Element, *css: str) -> list[Xml.Element]:
    return [one for one in root.iter() if set(css) <= set(one.get("class", "").split())]


def test_picture_names_what_it_shows(drawn):
    root = drawn(recorder())
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Shift of production by ana-canary"
    assert root.findtext(f"{SVG}desc", "").endswith("582 requests, 2 failed")
    shown = texts(root)
    assert "Shift of production by ana-canary" in shown
    assert f"Versions that answered: blue: {'0' * 8}; green: {HEAD[:8]}" in shown


def test_axes_have_percent_and_time(drawn):
    shown = texts(drawn(recorder()))
    assert [one for one in shown if one in {f"{n} %" for n in range(0, 101, 20)}] == [
        "0 %",
        "20 %",
        "40 %",
        "60 %",
        "80 %",
        "100 %",
    ]
    for second in (10, 20, 30, 40, 50):
        assert f"{at(second).astimezone():%H:%M:%S}" in shown


def test_reported_weights_are_a_line_in_steps_for_each_slot(drawn):
    root = drawn(recorder())
    blue, green = (with_class(root, "reported", slot)[0].get("d", "") for slot in ("blue", "green"))
    assert blue.count("V") == green.count("V") == 2
    assert "L" not in blue + green
    assert len(with_class(root, "reported")) == 4  # with the legend's


def test_measured_shares_are_dots_of_two_shapes(drawn):
    root = drawn(recorder())
    dots = with_class(root, "dot")
    assert {(one.tag, one.get("class")) for one in dots} == {
        (f"{SVG}circle", "dot blue"),
        (f"{SVG}rect", "dot green"),
    }
    assert len(dots) > 20


def test_dot_counts_no_request_after_the_last_look_before_a_change(drawn):
    late = [*looks(0, 10, 10, **CANARY), *looks(20, 30, 100, **CANARY)]
    moved = [*shared(0, 10, 10, 100), *shared(10, 30, 200, 200)]
    root = drawn(recorder(late, moved))
    line = with_class(root, "reported", "green")[0].get("d", "")
    changed_at = float(line.split("V")[0].split("H")[-1])
    green = with_class(root, "dot", "green")[:-1]  # without the legend's
    dots = [(float(one.get("x", "")), float(one.get("y", ""))) for one in green]
    full = min(y for _, y in dots)
    assert {y for x, y in dots if x > changed_at} == {full}
    assert full not in {y for x, y in dots if x < changed_at}


def test_each_stretch_has_its_band_and_its_share_of_the_slot_that_is_filled(drawn):
    root = drawn(recorder())
    assert [one.get("class") for one in with_class(root, "band")] == ["band green"] * 3
    assert [one.text for one in with_class(root, "share")] == ["0.0 %", "10.3 %", "100.0 %"]


def test_lifecycle_is_marked_without_hooks_that_do_nothing(drawn):
    shown = texts(drawn(recorder()))
    assert "deployment d-NEW" in shown
    assert "Install" in shown
    assert "AllowTraffic" in shown
    assert not [one for one in shown if "BeforeInstall" in one or "AfterAllowTraffic" in one]


def test_failed_requests_are_marked_one_by_one(drawn):
    assert len(with_class(drawn(recorder()), "failed")) == 3  # with the legend's


def test_words_of_marks_do_not_cover_each_other(drawn):
    marks = [at(number / 2) for number in range(8)]
    crowded = tuple(LifecycleEvent(f"Hook{n}", "Failed", one, one) for n, one in enumerate(marks))
    root = drawn(recorder(looks(0, 200, 10, **(CANARY | {"events": crowded}))))
    lanes = [one for one in root.iter(f"{SVG}text") if "Hook" in (one.text or "")]
    places = [(one.get("y"), float(one.get("x", ""))) for one in lanes]
    for lane, x in places:
        right = [other for other_lane, other in places if other_lane == lane and other > x]
        assert all(other - x > 60 for other in right)


def test_rollback_is_a_second_deployment_on_the_same_time(drawn):
    stopped = looks(41, 41, 10, **(CANARY | {"status": "Stopped", "completed_at": at(41)}))
    back = {"id": "d-2", "creator": "codeDeployRollback", "created_at": at(41), "events": ()}
    root = drawn(recorder([*SEEN[:41], *stopped, *looks(42, 50, 0, **back)]))
    assert root.findtext(f"{SVG}title") == "Shift of production by 2 deployments"
    assert "Stopped, rollback d-2" in texts(root)
    assert with_class(root, "reported", "green")[0].get("d", "").count("V") == 2


def test_wait_in_ready_is_marked(drawn):
    waiting = looks(5, 10, 0, **(CANARY | {"status": "Ready"}))
    root = drawn(recorder([*SEEN[:5], *waiting, *SEEN[11:]]))
    assert "Ready: waits to be promoted" in texts(root)


def test_what_goes_on_before_and_after_is_left_out(drawn):
    long = [*shared(-600, 0, 0, 600), *SAMPLES, *shared(61, 661, 600, 600)]
    shown = texts(drawn(recorder(samples=long)))
    assert f"{at(50).astimezone():%H:%M:%S}" in shown
    assert f"{at(120).astimezone():%H:%M:%S}" not in shown


def test_without_a_deployment_it_shows_who_answered(drawn):
    root = drawn(recorder(seen=[]))
    assert root.findtext(f"{SVG}title") == "Production, without a deployment"
    assert len(with_class(root, "dot")) > 20


def test_text_from_outside_breaks_nothing(drawn):
    hostile = {"configuration": "<b>&\"'\x00\x1b[31m", "id": "]]>"}
    root = drawn(recorder(looks(0, 9, 10, **hostile)))
    assert root.findtext(f"{SVG}title") == "Shift of production by <b>&\"'��[31m"


def test_picture_is_readable_in_light_and_dark(drawn):
    style = drawn(recorder()).findtext(f"{SVG}style", "")
    assert "prefers-color-scheme: dark" in style
    assert with_class(drawn(recorder()), "ground")


def test_nothing_recorded_is_no_picture(tmp_path: Path):
    path = tmp_path / "shift.svg"
    assert not draw(recorder([], []), path)
    assert not path.exists()


def test_long_watch_has_not_more_dots_than_can_be_told_apart(drawn):
    later = [*SEEN, *looks(61, 61, 100, **CANARY)]
    later[-1] = type(later[-1])(at(7200), at(7200) + timedelta(seconds=1), later[-1].deployment)
    root = drawn(recorder(later, [*SAMPLES, *shared(60, 7200, 7140, 7140)]))
    assert len(with_class(root, "dot")) < 250


# Where it is written


@pytest.mark.parametrize("name", ["shift.png", "shift", "shift.svg.gz"])
def test_other_ending_is_refused_by_the_one_that_works(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match=r"does not end in `\.svg`") as found:
        look_at_place(tmp_path / name)
    assert ".svg`" in found.value.remedy


def test_place_that_cannot_be_written_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot be written: No such file or directory"):
        look_at_place(tmp_path / "none" / "shift.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(UsageError, match=r"cannot be written: Is a directory"):
        look_at_place(tmp_path / "folder.svg")


def test_look_at_a_place_leaves_it_as_it_was(tmp_path: Path):
    new, old = tmp_path / "new.SVG", tmp_path / "old.svg"
    old.write_text("older picture")
    look_at_place(new)
    look_at_place(old)
    assert not new.exists()
    assert old.read_text() == "older picture"
