"""One request and many, and who answered."""

from datetime import timedelta

import pytest
from tests.unit.workshop.conftest import free_port

from workshop.checks.web import Answer
from workshop.shift import sampler
from workshop.shift.sampler import Sampler, take_sample

TASK = "4" * 32


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):
    def set_answer(status: int, version: str | None = "v1", task: str | None = TASK) -> None:
        def ask(_url: str, timeout_s: float) -> Answer:
            return Answer(status, "", version, task)

        monkeypatch.setattr(sampler, "ask", ask)

    return set_answer


def test_answer_names_version_task_and_status(answer):
    answer(200)
    found = take_sample("http://127.0.0.1:1")
    assert (found.version, found.task, found.status, found.failure) == ("v1", TASK, 200, "")
    assert found.at <= found.answered_at


def test_error_of_the_application_still_names_the_task(answer):
    answer(500)
    found = take_sample("http://127.0.0.1:1")
    assert (found.version, found.task, found.failure) == ("", TASK, "HTTP 500")


def test_answer_without_headers_is_of_an_unknown_version(answer):
    answer(200, None, None)
    found = take_sample("http://127.0.0.1:1")
    assert (found.version, found.task) == ("unknown", "")


def test_nobody_who_answers_is_a_failure_without_a_status():
    found = take_sample(f"http://127.0.0.1:{free_port()}")
    assert "refused" in found.failure
    assert (found.version, found.task, found.status) == ("", "", None)


def test_samples_come_in_the_order_of_time_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch):
    asked = iter(range(5))
    running = Sampler("http://127.0.0.1:1", rate=1000)

    def ask(_url: str, timeout_s: float) -> Answer:
        if next(asked) == 4:
            running._stop.set()
        return Answer(200, "", "v1", TASK)

    monkeypatch.setattr(sampler, "ask", ask)
    running.start()
    running._thread.join()
    found = running.stop()
    assert len(found) == 5
    assert found == sorted(found, key=lambda one: one.at)
    assert running.since(found[3].at) == found[3:]
    assert running.since(found[4].at + timedelta(seconds=1)) == []
    assert running.tasks == {TASK}
