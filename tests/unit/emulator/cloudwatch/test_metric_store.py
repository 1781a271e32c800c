"""Metrics take no more memory than they may."""

from datetime import UTC, datetime, timedelta

from emulator.control_plane.cloudwatch import store
from emulator.control_plane.cloudwatch.store import MetricKey, MetricStore, Point
from emulator.engines.alarms.statistics import StatisticSet

BEGIN = datetime(2026, 5, 6, tzinfo=UTC)


def key(name: str) -> MetricKey:
    return MetricKey.of("test", name, [])


def point(second: float, value: float = 1.0, unit: str = "None") -> Point:
    return Point(second, BEGIN + timedelta(seconds=second), StatisticSet.of(value), unit)


def test_order_of_dimensions_makes_no_other_metric():
    one, other = [("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]
    assert MetricKey.of("n", "m", one) == MetricKey.of("n", "m", other)


def test_points_of_one_second_are_summed_up():
    kept = MetricStore()
    for value in (1, 2, 3):
        kept.add(key("a"), point(5.0 + value / 10, value))
    assert [(each.emulated_s, each.values.total) for each in kept.points(key("a"))] == [(5.1, 6)]


def test_points_of_different_units_are_kept_apart():
    kept = MetricStore()
    for unit in ("Count", "Seconds"):
        kept.add(key("a"), point(5, unit=unit))
    assert [each.unit for each in kept.points(key("a"))] == ["Count", "Seconds"]


def test_late_point_comes_where_it_belongs():
    kept = MetricStore()
    for second in (1, 3, 2):
        kept.add(key("a"), point(second))
    assert [each.emulated_s for each in kept.points(key("a"))] == [1, 2, 3]


def test_oldest_points_of_a_metric_give_way():
    kept = MetricStore()
    for second in range(store.POINTS_A_METRIC + 5):
        kept.add(key("a"), point(second))
    found = kept.points(key("a"))
    assert (len(found), found[0].emulated_s) == (store.POINTS_A_METRIC, 5)


def test_metric_that_got_no_points_for_longest_gives_way(monkeypatch):
    monkeypatch.setattr(store, "POINTS_IN_ALL", 4)
    kept = MetricStore()
    for second, name in enumerate("abcda"):
        kept.add(key(name), point(second))
    assert sorted(each.name for each in kept) == ["a", "c", "d"]
    assert len(kept.points(key("a"))) == 2
