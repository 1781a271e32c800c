"""The application is asked through the participant's proxy, except on this machine; or it fails."""

import pytest
from tests.unit.workshop.file_server import FileServer

from workshop.checks.web import ask


def test_balancer_of_an_account_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch):
    url = "http://ana-staging.elb.invalid/hello/workshop"
    with FileServer() as proxy:
        proxy.files[url] = b"Hello workshop\n"
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        assert ask(url).text == "Hello workshop\n"


def test_this_machine_is_asked_past_a_dead_proxy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with FileServer() as application:
        application.files["/hello/workshop"] = b"Hello workshop\n"
        assert ask(f"{application.url}/hello/workshop").status == 200


def test_answer_that_breaks_off_is_a_failure_as_any_other():
    with FileServer() as application:
        application.files["/hello/cut.zip"] = b"Hello workshop\n"
        application.cut_after_bytes = 5
        with pytest.raises(OSError, match="broke off: IncompleteRead"):
            ask(f"{application.url}/hello/cut.zip")
