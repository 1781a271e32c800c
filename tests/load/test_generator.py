"""The load generator must notice what a visitor would."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.load import __main__ as command
from tests.load.generator import run_load

Behaviour = Callable[[http.server.BaseHTTPRequestHandler, int], None]


class Server(http.server.ThreadingHTTPServer):
    """Answers each request by `behaviour(handler, number)`, the number counting from 1."""

    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour: Behaviour = answer()
        self.connections = 0
        self.count = 0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}/hello/load"

    def handle_error(self, request, client_address) -> None:
        """Keep quiet: clients that hang up are part of these tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.count += 1
            number = self.server.count
        self.server.behaviour(self, number)

    def log_message(self, *_args) -> None:
        """Keep quiet."""


def answer(status: int = 200, **headers: str) -> Behaviour:
    def behaviour(handler, _number) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return behaviour


def hang_up(handler, _number) -> None:
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def every_third(bad: Behaviour) -> Behaviour:
    good = answer()

    def behaviour(handler, number) -> None:
        (bad if number % 3 == 0 else good)(handler, number)

    return behaviour


def test_a_good_server_fails_nothing(server):
    report = run_load(server.url, rate=100, duration_s=0.3)
    assert (report.sent, report.failed, report.statuses) == (30, 0, {200: 30})
    assert set(report.latency_ms) == {"p50", "p95", "p99", "max"}


def test_half_of_the_requests_open_a_connection(server):
    report = run_load(server.url, rate=100, duration_s=0.4)
    assert report.on_new_connections == report.sent / 2
    assert report.on_new_connections < server.connections <= report.sent


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (0.25, 8), (1, 30)])
def test_share_of_new_connections_can_be_set(server, share, expected):
    assert run_load(server.url, 100, 0.3, new_share=share).on_new_connections == expected


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_status_outside_2xx_is_a_failure(server, status):
    server.behaviour = every_third(answer(status))
    report = run_load(server.url, rate=100, duration_s=0.3)
    assert report.failed == 10
    assert report.failures == {f"status {status}": 10}
    assert report.statuses == {200: 20, status: 10}


def test_connection_that_ends_without_an_answer_is_a_failure(server):
    server.behaviour = hang_up
    report = run_load(server.url, rate=100, duration_s=0.1)
    assert report.failed == report.sent == 10
    assert report.latency_ms == {}


def test_refused_connection_is_a_failure(server):
    server.shutdown()
    server.server_close()
    report = run_load(server.url, rate=100, duration_s=0.1)
    assert report.failed == report.sent == 10
    assert report.failures == {"ClientConnectorError": 10}


def test_late_answer_is_a_failure(server):
    report = run_load(server.url, rate=100, duration_s=0.1, late_s=0.0)
    assert report.failures == {"late": 10}


def test_slow_answers_do_not_slow_the_load_down(server):
    """An open loop: every request starts though none has been answered."""
    everyone_came, good = threading.Event(), answer()

    def behaviour(handler, number) -> None:
        if number == 20:
            everyone_came.set()
        if everyone_came.wait(10):
            good(handler, number)

    server.behaviour = behaviour
    report = run_load(server.url, rate=100, duration_s=0.2)
    assert (report.sent, report.failed) == (20, 0)


def test_failures_are_shown_by_examples(server):
    server.behaviour = answer(500)
    report = run_load(server.url, rate=200, duration_s=0.2)
    assert report.failed == 40
    assert len(report.examples) == 10
    assert report.examples[0]["kind"] == "status 500"
    assert {example["connection"] for example in report.examples} == {"new", "kept"}


def test_versions_and_tasks_are_counted_with_first_and_last(server):
    old, new = answer(X_Hello_Version="old"), answer(X_Hello_Version="new", X_Hello_Task="t2")

    def behaviour(handler, number) -> None:
        (old if number <= 10 else new)(handler, number)

    server.behaviour = behaviour
    report = run_load(server.url, rate=100, duration_s=0.3)
    assert {name: seen.count for name, seen in report.versions.items()} == {"old": 10, "new": 20}
    assert report.tasks["t2"].count == 20
    assert report.versions["old"].first_s < report.versions["new"].last_s


def test_errors_are_counted_to_the_version_that_answered_them(server):
    good, bad = answer(X_Hello_Version="good"), answer(503, X_Hello_Version="bad", X_Hello_Task="t")

    def behaviour(handler, number) -> None:
        (good if number <= 20 else bad)(handler, number)

    server.behaviour = behaviour
    report = run_load(server.url, rate=100, duration_s=0.3)
    assert {name: seen.errors for name, seen in report.versions.items()} == {"good": 0, "bad": 10}
    assert report.tasks["t"].errors == 10


def test_load_ends_when_the_event_is_set(server):
    stop = threading.Event()
    good = answer()

    def behaviour(handler, number) -> None:
        if number == 5:
            stop.set()
        good(handler, number)

    server.behaviour = behaviour
    report = run_load(server.url, rate=200, stop_event=stop)
    assert report.sent >= 5
    assert report.failed == 0


def test_load_without_an_end_is_refused():
    with pytest.raises(ValueError, match="no end"):
        run_load("http://127.0.0.1:1/", rate=1)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (500, 1)])
def test_command_prints_json_and_says_by_its_status_whether_any_failed(
    server, capsys, status, code
):
    server.behaviour = answer(status)
    arguments = ["--url", server.url, "--rate", "50", "--duration", "0.2"]
    assert command.main(arguments) == code
    printed = json.loads(capsys.readouterr().out)
    assert printed["sent"] == 10
    assert printed["failed"] == (10 if code else 0)
