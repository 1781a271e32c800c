"""What an alarm decides, row by row of AWS's tables."""

from datetime import UTC, datetime, timedelta

import pytest

from emulator.engines.alarms import evaluate, windows
from emulator.engines.alarms.engine import decide
from emulator.engines.alarms.model import Alarm, Comparison, Datapoint, Missing, State
from emulator.engines.alarms.statistics import Statistic, StatisticSet, merged
from emulator.engines.alarms.tables import (
    COMPARISONS,
    FILLED_BREACHES,
    NOTHING_REPORTED,
    PREMATURE,
)

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
RETAIN = None
OK, ALARM, UNKNOWN = State.OK, State.ALARM, State.INSUFFICIENT_DATA

GUIDE = [
    # datapoints to alarm, points (the newest at the right), and what follows of each treatment:
    # missing, ignore, breaching, notBreaching
    (3, "0 - X - X", (OK, OK, OK, OK)),
    (3, "0 - - - -", (OK, OK, OK, OK)),
    (3, "- - - - -", (UNKNOWN, RETAIN, ALARM, OK)),
    (3, "0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
    (3, "- - X - -", (ALARM, RETAIN, ALARM, OK)),
    (2, "0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
    (2, "0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
    (2, "0 - X - -", (OK, OK, ALARM, OK)),
    (2, "- - - - 0", (OK, OK, ALARM, OK)),
    (2, "- - - X -", (ALARM, RETAIN, ALARM, OK)),
]
"""The two tables of the CloudWatch user guide, "How alarm state is evaluated when data is
missing"."""

PREMATURELY = [
    (3, "- - - - X", (OK, OK, ALARM, OK)),
    (3, "- - - X -", (OK, OK, ALARM, OK)),
    (3, "- - - X 0", (OK, OK, OK, OK)),
]
"""The guide's examples under "Avoiding premature transitions to alarm state"."""


def alarm(needed: int | None = None, periods: int = 3, **settings) -> Alarm:
    declared = {
        "period_s": 60,
        "evaluation_periods": periods,
        "statistic": Statistic.SUM,
        "comparison": Comparison.GREATER,
        "threshold": 5,
        "datapoints_to_alarm": needed,
        **settings,
    }
    return Alarm(**declared)


def slots(points: str, breaching: float = 9, others: float = 0) -> list[Datapoint | None]:
    """Return what a row of the guide shows, the newest first."""
    values = {"X": breaching, "0": others}
    return [
        None if each == "-" else Datapoint(NOW - timedelta(minutes=age), values[each], 2.0)
        for age, each in enumerate(reversed(points.split()), start=1)
    ]


@pytest.mark.parametrize("nth", range(4), ids=[str(each) for each in Missing])
@pytest.mark.parametrize(("needed", "points", "expected"), GUIDE + PREMATURELY)
def test_each_row_of_the_guide_leads_where_it_says(needed, points, expected, nth):
    treatment = list(Missing)[nth]
    assert decide(alarm(needed, missing=treatment), slots(points)) == expected[nth]


@pytest.mark.parametrize("treatment", Missing)
def test_empty_range_follows_its_table(treatment):
    found = decide(alarm(missing=treatment), slots("- - - - -"))
    assert found == NOTHING_REPORTED[treatment]


@pytest.mark.parametrize("treatment", Missing)
def test_old_breaching_points_alone_follow_their_table(treatment):
    found = decide(alarm(missing=treatment), slots("- - X - -"))
    assert found == PREMATURE[treatment]


@pytest.mark.parametrize("treatment", Missing)
def test_filled_points_breach_as_their_table_says(treatment):
    found = decide(alarm(1, missing=treatment), slots("0 - - - -"))
    assert found == (ALARM if FILLED_BREACHES[treatment] else OK)


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        (Comparison.GREATER_OR_EQUAL, {5, 6}),
        (Comparison.GREATER, {6}),
        (Comparison.LESS, {4}),
        (Comparison.LESS_OR_EQUAL, {4, 5}),
    ],
)
def test_each_comparison_breaches_on_its_side(comparison, breaching):
    declared = alarm(periods=1, comparison=comparison)
    found = {value for value in (4, 5, 6) if decide(declared, slots("X", value)) is ALARM}
    assert found == breaching
    assert comparison in COMPARISONS


@pytest.mark.parametrize("treatment", Missing)
@pytest.mark.parametrize("state", State)
def test_state_that_is_decided_again_stays_as_it_is(state, treatment):
    found = evaluate(alarm(missing=treatment), state, slots("- - - - -"), NOW)
    decided = NOTHING_REPORTED[treatment]
    assert (found.state if found else None) == (None if decided == state else decided)


@pytest.mark.parametrize(
    ("declared", "before", "points", "reason"),
    [
        (
            alarm(periods=1),
            OK,
            "- - X",
            (
                "Threshold Crossed: 1 datapoint [9 (06/05/26 07:07:09)] was greater than the "
                "threshold (5.0)."
            ),
        ),
        (
            alarm(periods=2),
            OK,
            "- - X X",
            (
                "Threshold Crossed: 2 datapoints [9 (06/05/26 07:07:09), 9 (06/05/26 07:06:09)] "
                "were greater than the threshold (5.0)."
            ),
        ),
        (
            alarm(periods=1),
            ALARM,
            "X X 0",
            (
                "Threshold Crossed: 1 datapoint [0 (06/05/26 07:07:09)] was not greater than the "
                "threshold (5.0)."
            ),
        ),
        (
            alarm(2, periods=3),
            OK,
            "- - X 0 X",
            (
                "Threshold Crossed: 2 out of the last 3 datapoints [9 (06/05/26 07:07:09), "
                "9 (06/05/26 07:05:09)] were greater than the threshold (5.0) (minimum 2 "
                "datapoints for OK -> ALARM transition)."
            ),
        ),
        (
            alarm(3, periods=3),
            ALARM,
            "0 X X",
            (
                "Threshold Crossed: 1 out of the last 3 datapoints [0 (06/05/26 07:05:09)] was not "
                "greater than the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
            ),
        ),
        (
            alarm(periods=2, missing=Missing.BREACHING),
            OK,
            "- - - X",
            (
                "Threshold Crossed: 1 datapoint [9 (06/05/26 07:07:09)] was greater than the "
                "threshold (5.0) and 1 missing datapoint was treated as [Breaching]."
            ),
        ),
        (
            alarm(periods=1, missing=Missing.NOT_BREACHING),
            ALARM,
            "- - -",
            (
                "Threshold Crossed: no datapoints were received for 1 period and 1 missing "
                "datapoint was treated as [NonBreaching]."
            ),
        ),
        (
            alarm(periods=3, missing=Missing.BREACHING),
            OK,
            "- - - - -",
            (
                "Threshold Crossed: no datapoints were received for 3 periods and 3 missing "
                "datapoints were treated as [Breaching]."
            ),
        ),
        (alarm(periods=1), OK, "- - -", "Insufficient Data: 1 datapoint was unknown."),
        (alarm(periods=3), OK, "- - - - -", "Insufficient Data: 3 datapoints were unknown."),
    ],
)
def test_reason_is_worded_as_awss(declared, before, points, reason):
    assert evaluate(declared, before, slots(points), NOW).reason == reason


def test_reason_data_names_the_datapoints():
    found = evaluate(alarm(periods=2), OK, slots("X X", breaching=9.0), NOW)
    assert found.data == {
        "version": "1.0",
        "queryDate": "2026-05-06T07:08:09.000+0000",
        "startDate": "2026-05-06T07:06:09.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [9.0, 9.0],
        "threshold": 5.0,
        "evaluatedDatapoints": [
            {"timestamp": f"2026-05-06T07:0{minute}:09.000+0000", "sampleCount": 2.0, "value": 9.0}
            for minute in (7, 6)
        ],
    }


class TestWindows:
    def test_alarm_looks_at_two_periods_more_than_it_judges(self):
        assert windows.windows(300, 60, 1) == [(240, 300), (180, 240), (120, 180)]

    @pytest.mark.parametrize(
        ("now_s", "period_s", "scale", "end_s"),
        [
            (119.9, 60, 12, 60),
            (120, 60, 12, 120),
            (659, 300, 12, 600),  # a long period is looked at every minute
            (129, 10, 1, 120),
            (139, 20, 1, 120),
            (30, 10, 12, 24),  # no more often than once a real second
            (1000, 60, 300, 900),  # nor than load balancers report
        ],
    )
    def test_comparison_ends_on_a_step_that_is_over(self, now_s, period_s, scale, end_s):
        assert windows.last_end(now_s, period_s, scale) == end_s

    @pytest.mark.parametrize(
        ("period_s", "scale", "stretched_s"),
        [(60, 12, 60), (60, 60, 60), (60, 100, 100), (120, 100, 200), (10, 12, 12), (300, 1, 300)],
    )
    def test_period_lasts_at_least_a_real_second(self, period_s, scale, stretched_s):
        assert windows.stretched_period_s(period_s, scale) == stretched_s


class TestStatistics:
    def test_values_are_summed_up(self):
        found = merged([StatisticSet.of(2, 3), StatisticSet.of(8)])
        assert {each: found.value(each) for each in Statistic} == {
            Statistic.SAMPLE_COUNT: 4,
            Statistic.AVERAGE: 3.5,
            Statistic.SUM: 14,
            Statistic.MINIMUM: 2,
            Statistic.MAXIMUM: 8,
        }

    def test_nothing_has_no_statistics(self):
        assert merged([]) is None
