"""The arithmetic of shifts: distances, changes of weights, and whose failures they were."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.bench.shift_load_rows import Shift, alarm_rows, highest_share, served_s
from tests.bench.shift_rows import Change, Measured, change_row, share_row, turned
from workshop.deployments import Deployment, LifecycleEvent


def test_distance_is_that_of_the_slot_that_is_farthest_off():
    measured = Measured({"blue": 80.0, "green": 20.0}, {"blue": 3950, "green": 1000, "unknown": 50})
    assert measured.distance == pytest.approx(1)


def test_slot_that_answers_though_none_reports_it_counts():
    assert Measured({"blue": 100.0}, {"blue": 95, "green": 5}).distance == pytest.approx(5)


@pytest.mark.parametrize(("answered", "verdict"), [(520, "ok"), (620, "over")])
def test_share_may_be_a_point_off_at_every_step(answered, verdict):
    near = Measured({"blue": 80.0, "green": 20.0}, {"blue": 4000, "green": 1000})
    far = Measured({"blue": 90.0, "green": 10.0}, {"blue": 5000 - answered, "green": answered})
    row = share_row([far, near])
    assert row.verdict == verdict
    assert row.compared_to.startswith("5000 requests or more each: 90/10 off by ")
    assert row.compared_to.endswith("; 80/20 off by 0.00")


def test_slowest_change_counts_from_the_answer_to_the_call():
    row = change_row([Change(0.005, 0.02), Change(0.03, 0.15), Change(0.004, 0.02)])
    assert (row.measured, row.unit, row.verdict) == (30, "ms", "ok")
    assert "median 5.0 ms" in row.compared_to
    assert row.compared_to.endswith("since it was called: 150.0 ms")


def test_weights_are_exchanged_in_every_other_turn():
    groups = [{"TargetGroupArn": "a", "Weight": 0}, {"TargetGroupArn": "b", "Weight": 100}]
    actions = [{"Type": "forward", "Order": 1, "ForwardConfig": {"TargetGroups": groups}}]

    def weights(turn: int) -> list[int]:
        (action,) = turned(actions, turn)
        return [one["Weight"] for one in action["ForwardConfig"]["TargetGroups"]]

    assert [weights(turn) for turn in (1, 2, 3)] == [[100, 0], [0, 100], [100, 0]]


@pytest.mark.parametrize(
    ("failed", "verdicts"), [(400, ["ok", "ok"]), (401, ["over", "ok"])], ids=["own", "another's"]
)
def test_only_the_bad_versions_own_errors_are_let_pass(failed, verdicts):
    rows = alarm_rows(_report(failed), Shift("bad", most_percent=20, served_s=10))
    assert rows[0].measured == failed - 400
    assert [row.verdict for row in rows] == verdicts


def test_bad_version_must_not_get_more_than_was_reported():
    row = alarm_rows(_report(400), Shift("bad", most_percent=15, served_s=9.5))[1]
    assert row.measured == pytest.approx(20)
    assert row.verdict == "over"


def _report(failed: int) -> dict[str, object]:
    bad, good = {"count": 400, "errors": 400}, {"count": 7600, "errors": 0}
    return {
        "sent": 8000,
        "rate": 200,
        "failed": failed,
        "failures": {"status 500": failed},
        "latency_ms": {"max": 500.0},
        "versions": {"good": good, "bad": bad},
    }


def deployment(weights: dict[str, float], began_s: int, ended_s: int | None) -> Deployment:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    ended_at = None if ended_s is None else at + timedelta(seconds=ended_s)
    event = LifecycleEvent("AllowTraffic", "Failed", at + timedelta(seconds=began_s), ended_at)
    told = {"task_definition": "", "version": "bad", "events": (event,), "weights": weights}
    return Deployment("d-1", "Stopped", "user", "", at, ended_at, **told)


def test_share_and_time_of_a_bad_version_end_where_its_rollback_has_all_traffic():
    bad = deployment({"blue": 60.0, "green": 40.0}, began_s=10, ended_s=30)
    rollback = deployment({"blue": 100.0, "green": 0.0}, began_s=31, ended_s=32)
    assert highest_share(bad, rollback) == 40
    assert served_s(bad, rollback) == 22


def test_rollback_that_has_not_brought_traffic_back_is_told():
    bad = deployment({"blue": 60.0, "green": 40.0}, began_s=10, ended_s=30)
    with pytest.raises(ValueError, match="has not brought it back"):
        served_s(bad, deployment({"blue": 100.0, "green": 0.0}, began_s=31, ended_s=None))
