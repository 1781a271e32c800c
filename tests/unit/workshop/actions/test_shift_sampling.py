"""The evidence of a shift: what a step's deployments did, kept for the checks that come later."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import HEAD, Recorded, deployment
from tests.unit.workshop.shift.made_up import SLOTS, at, bad, looks, sample, shared

from workshop.actions import shift_sampling
from workshop.actions.shift_sampling import sample_shifts
from workshop.aws import EndpointConnectionError
from workshop.config import Config
from workshop.deployments import Deployment
from workshop.shift.follower import Look
from workshop.shift.sampler import Sample

Seen = Callable[..., dict[str, Any] | None]


class FakeRecorder:
    """Has seen what it is told."""

    looks: list[Look]
    taken: dict[str, list[Sample]]
    slots: Mapping[str, str] = SLOTS
    error: Exception | None = None

    def __init__(self, view: Any, rate: float) -> None:
        assert rate == 25
        self.view = view
        self.begun = at(0)
        self.is_running = False

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        assert self.is_running
        self.is_running = False

    def look(self) -> None:
        if self.error:
            raise self.error

    def samples(self, key: str = "prod") -> list[Sample]:
        return self.taken.get(key, [])


@pytest.fixture
def observe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seen:
    """Return a function that observes a step, and returns what was kept, None for nothing."""
    monkeypatch.setattr(shift_sampling, "Recorder", FakeRecorder)
    monkeypatch.setattr(FakeRecorder, "error", None)

    def run(
        seen: list[Look], *deployments: Deployment, step: Callable[[], None] = lambda: None, **taken
    ) -> dict[str, Any] | None:
        monkeypatch.setattr(FakeRecorder, "looks", seen, raising=False)
        monkeypatch.setattr(FakeRecorder, "taken", taken, raising=False)
        view = Recorded()
        object.__setattr__(view, "deployments", lambda: list(deployments))
        target = SimpleNamespace(name="local", poll_s=0.001)
        context: Any = SimpleNamespace(view=view, config=Config(root=tmp_path), target=target)
        with sample_shifts("3.3-shift")(context):
            step()
        path = Config(root=tmp_path).evidence_dir / "3.3-shift.json"
        return json.loads(path.read_text()) if path.exists() else None

    return run


def test_share_is_kept_beside_the_reported_weights_with_its_tolerance(observe: Seen):
    seen = [*looks(0, 10, 0), *looks(11, 31, 10), *looks(32, 42, 100)]
    samples = [*shared(0, 10, 0, 100), *shared(12, 30, 20, 200), *shared(33, 42, 90, 90)]
    done = deployment(configuration="ana-canary", error_code="", completed_at=at(42))
    found = observe(seen, done, prod=samples)
    assert found is not None
    (kept,) = found["deployments"]
    stretches = kept.pop("stretches")
    assert kept == {
        "id": "d-NEW",
        "configuration": "ana-canary",
        "version": HEAD,
        "creator": "user",
        "status": "Succeeded",
        "error": "",
        "rollback_of": None,
        "rolled_back_by": None,
        "created_at": "2026-11-23T12:00:00.000+00:00",
    }
    assert [one["slots"]["green"]["weight_percent"] for one in stretches] == [0, 10, 100]
    assert stretches[1] == {
        "began": "2026-11-23T12:00:12.000+00:00",
        "ended": "2026-11-23T12:00:30.100+00:00",
        "requests": 200,
        "versions": {HEAD: 20, "0" * 40: 180},
        "failures": {},
        "slots": {
            "blue": {
                "weight_percent": 90.0,
                "answers": 180,
                "failed": 0,
                "share_percent": 90.0,
                "tolerance_points": 6.36,
            },
            "green": {
                "weight_percent": 10.0,
                "answers": 20,
                "failed": 0,
                "share_percent": 10.0,
                "tolerance_points": 6.36,
            },
        },
    }


def test_failed_answers_are_kept_by_slot_and_reason(observe: Seen):
    samples = [*shared(1, 4, 0, 9), bad(5), bad(6, "", 502)]
    found = observe(looks(0, 9, 10), deployment(), prod=samples)
    assert found is not None
    (stretch,) = found["deployments"][0]["stretches"]
    assert stretch["failures"] == {"HTTP 500": 1, "HTTP 502": 1}
    assert stretch["requests"] == 11
    assert stretch["slots"]["green"] == {
        "weight_percent": 10.0,
        "answers": 1,
        "failed": 1,
        "share_percent": 10.0,
        "tolerance_points": 28.46,
    }


def test_both_ports_are_kept_for_the_time_in_ready(observe: Seen):
    seen = [*looks(0, 4, 0), *looks(5, 9, 0, status="Ready"), *looks(10, 14, 100)]
    production = [*shared(0, 10, 0, 10), *shared(10, 15, 5, 5)]
    test = [sample(second, "9" * 32) for second in range(3, 13)]
    found = observe(seen, deployment(), prod=production, test=test)
    assert found is not None
    assert found["deployments"][0]["ready"] == {
        "began": "2026-11-23T12:00:05.100+00:00",
        "ended": "2026-11-23T12:00:09.000+00:00",
        "prod": {"requests": 3, "versions": {"0" * 40: 3}, "failures": {}},
        "test": {"requests": 3, "versions": {HEAD: 3}, "failures": {}},
    }


def test_port_that_nobody_asked_is_absent(observe: Seen):
    found = observe(looks(0, 4, 0, status="Ready"), deployment(), prod=[sample(2)])
    assert found is not None
    assert "test" not in found["deployments"][0]["ready"]


def test_deployment_that_came_and_went_between_two_looks_is_kept_without_stretches(observe: Seen):
    found = observe([], deployment(created_at=at(1)), deployment(id="d-OLD", created_at=at(-1)))
    assert found is not None
    assert [(one["id"], one["stretches"]) for one in found["deployments"]] == [("d-NEW", [])]
    assert "ready" not in found["deployments"][0]


def test_step_without_a_deployment_leaves_what_was_kept(observe: Seen):
    assert observe([], deployment(created_at=at(-1))) is None
    first = observe(looks(0, 9, 10), deployment())
    assert observe([], deployment(created_at=at(-1))) == first


def test_deployment_that_two_runs_saw_has_the_stretches_of_both(observe: Seen):
    other = deployment(id="d-OLD", created_at=at(-9))
    observe([*looks(-9, -5, 0, id="d-OLD"), *looks(0, 9, 10)], other, deployment(status="Ready"))
    found = observe(looks(20, 29, 100), deployment())
    assert found is not None
    assert [(one["id"], one["status"]) for one in found["deployments"]] == [
        ("d-OLD", "Succeeded"),
        ("d-NEW", "Succeeded"),
    ]
    stretches = found["deployments"][1]["stretches"]
    assert [one["slots"]["green"]["weight_percent"] for one in stretches] == [10, 100]


def test_target_that_is_gone_does_not_hide_why(observe: Seen, monkeypatch: pytest.MonkeyPatch):
    def fail() -> None:
        monkeypatch.setattr(FakeRecorder, "error", EndpointConnectionError(endpoint_url="gone"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        observe(looks(0, 9, 10), deployment(), step=fail)


def test_look_that_fails_is_no_failure_of_the_step(observe: Seen, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FakeRecorder, "error", EndpointConnectionError(endpoint_url="gone"))
    assert observe([], deployment()) is None
