"""The benchmark's arithmetic: ratios, waits taken off, verdicts, and what wrk prints."""

import pytest

from tests.bench.balancer_rows import read_wrk
from tests.bench.release_rows import Release
from tests.bench.rows import Row, is_over, overhead, ratio, table


@pytest.mark.parametrize(
    ("measured", "limit", "verdict"),
    [(2.9, 3, "ok"), (3, 3, "ok"), (3.01, 3, "over"), (99, None, "report"), (1, 0, "over")],
)
def test_verdict_says_whether_the_limit_is_kept(measured, limit, verdict):
    row = Row("x", measured, "s", "y", limit)
    assert row.verdict == verdict
    assert is_over([row]) == (verdict == "over")


def test_ratio_says_how_many_times_as_long_ours_takes():
    row = ratio("start", 3.0, 1.5, "moto_server", limit=3)
    assert row.measured == 2
    assert row.compared_to == "3.0 s; moto_server: 1.5 s"


def test_short_durations_are_told_in_milliseconds():
    assert ratio("call", 0.006, 0.005, "other", 1.3).compared_to == "6.0 ms; other: 5.0 ms"


def test_waits_are_taken_off_before_the_comparison():
    row = overhead("lab", 60, 24, 30, "by hand", limit=1.5)
    assert row.measured == pytest.approx(1.2)
    assert row.verdict == "ok"


def test_deploy_is_what_source_and_build_leave_until_the_new_version_is_served():
    assert Release(served_s=9, ended_s=15, source_s=1, build_s=5).deploy_s == 3


def test_table_has_a_line_for_each_row_and_aligned_columns():
    lines = table([Row("a", 1, "s", "b", 2), Row("longer", 250.4, "MB", "c")]).splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert "250 MB" in lines[3]
    assert "report" in lines[3]


def test_figures_of_wrk_are_read_in_milliseconds():
    printed = (
        "  Latency Distribution\n     50%  450.00us\n     75%    4.62ms\n     99%    1.20s \n"
        "Requests/sec:   2691.18\n"
    )
    assert read_wrk(printed) == {"rate": 2691.18, "p50": 0.45, "p99": 1200.0}
