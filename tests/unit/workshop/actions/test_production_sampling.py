"""The evidence of a release: production before and after somebody approved it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.workshop.checks.blue_green_record import HEAD, OLDER, Recorded, action

from workshop.actions import production_sampling
from workshop.actions.sampling import rollout_of
from workshop.aws import EndpointConnectionError
from workshop.config import Config
from workshop.shift.sampler import Sample

URLS = {"prod": "http://127.0.0.1:1", "staging": "http://127.0.0.1:2"}


class FakeSampler:
    """Has seen what it is told, whatever its URL."""

    seen: dict[str, list[Sample]]

    def __init__(self, url: str) -> None:
        self.url = url

    def start(self) -> None:
        pass

    def stop(self) -> list[Sample]:
        key = next(key for key, url in URLS.items() if self.url.startswith(url))
        return self.seen[key]


@pytest.fixture
def observe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that observes an approval two seconds after the beginning."""
    monkeypatch.setattr(production_sampling, "Sampler", FakeSampler)

    def run(seen: dict[str, list[Sample]], *runs: dict[str, Any]) -> dict[str, Any]:
        FakeSampler.seen = seen
        view = Recorded(urls=URLS)
        object.__setattr__(view, "latest_actions", lambda: list(runs))
        context: Any = SimpleNamespace(view=view, config=Config(root=tmp_path))
        with production_sampling.sample_production(context):
            pass
        folder = Config(root=tmp_path).evidence_dir
        return {one.name: json.loads(one.read_text()) for one in folder.glob("*.json")}

    return run


def approval(asked: datetime, decided: datetime, **changes: Any) -> dict[str, Any]:
    times = {"startTime": asked, "lastUpdateTime": decided}
    return action("Approve") | times | changes


def test_production_keeps_its_version_until_the_approval_and_changes_after_it(observe):
    begun = datetime.now(UTC) + timedelta(minutes=1)
    at = [begun + timedelta(seconds=second) for second in range(6)]
    seen = {
        "prod": [Sample(at[0], "ancient"), *(Sample(one, OLDER) for one in at[1:4])]
        + [Sample(one, HEAD) for one in at[4:]],
        "staging": [Sample(one, HEAD) for one in at],
    }
    found = observe(seen, approval(at[1], at[2]), action("Build"))
    waited, switched = found["2.4-approval.json"], found["2.4-switch.json"]
    assert waited["versions"].keys() == {OLDER}
    assert waited["versions"][OLDER]["answers"] == waited["requests"] == 2
    assert waited["staging"]["versions"].keys() == {HEAD}
    assert waited["decided"] == at[2].isoformat()
    assert list(switched["versions"]) == [OLDER, HEAD]
    assert switched["versions"][OLDER]["last"] < switched["versions"][HEAD]["first"]
    assert switched["failures"] == []


@pytest.mark.parametrize("changes", [{"status": "Failed"}, {"stageName": "Other"}])
def test_without_an_approval_nothing_is_kept(observe, changes):
    begun = datetime.now(UTC) + timedelta(minutes=1)
    assert observe({"prod": [], "staging": []}, approval(begun, begun, **changes)) == {}


def test_approval_of_an_earlier_run_is_not_this_ones(observe):
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert observe({"prod": [], "staging": []}, approval(before, before)) == {}


def test_target_that_is_gone_does_not_hide_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def gone() -> Any:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    monkeypatch.setattr(production_sampling, "Sampler", FakeSampler)
    FakeSampler.seen = {"prod": [], "staging": []}
    view = Recorded(urls=URLS)
    object.__setattr__(view, "latest_actions", gone)
    context: Any = SimpleNamespace(view=view, config=Config(root=tmp_path))
    with pytest.raises(ZeroDivisionError), production_sampling.sample_production(context):
        raise ZeroDivisionError


def test_failures_are_told_with_their_time():
    at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    rollout = rollout_of("u", [Sample(at, failure="HTTP 503"), Sample(at, HEAD)])
    assert rollout.failures == ["2026-11-23T12:00:00.000+00:00 HTTP 503"]
    assert (rollout.requests, rollout.versions[HEAD].answers) == (2, 1)
