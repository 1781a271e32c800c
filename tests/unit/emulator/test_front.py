"""Who may call the emulator, and what it says to what it does not emulate."""

import json
import socket
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from emulator.front import Dispatcher
from emulator.server import Emulator


def ask(emulator: Emulator, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(
        emulator.settings.endpoint_url + path,
        method=method,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_health_says_ready(emulator):
    status, body = ask(emulator, "/_emulator/health")
    assert status == 200
    assert json.loads(body)["status"] == "ready"


def test_foreign_host_is_refused_and_named(emulator):
    status, body = ask(emulator, "/_emulator/health", Host="rebound.example.com")
    assert status == 403
    assert "`rebound.example.com`" in body


def test_foreign_origin_is_refused_and_named(emulator):
    status, body = ask(emulator, "/", Origin="https://evil.example.com")
    assert status == 403
    assert "`https://evil.example.com`" in body


def test_loopback_origin_is_served(emulator):
    status, _ = ask(emulator, "/_emulator/health", Origin="http://localhost:3000")
    assert status == 200


def test_a_client_that_tries_tls_first_is_no_error(emulator, caplog):
    with socket.create_connection(("127.0.0.1", emulator.settings.port)) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32 + b"\n")
        client.settimeout(30)
        assert b"400" in client.recv(4096)
    assert not [record for record in caplog.records if record.name == "werkzeug"]


def test_what_is_no_http_is_logged(emulator, caplog):
    with socket.create_connection(("127.0.0.1", emulator.settings.port)) as client:
        client.sendall(b"nonsense it is\r\n\r\n")
        client.settimeout(30)
        assert b"400" in client.recv(4096)
    assert "Bad request" in caplog.text


def test_unknown_management_path_is_not_found(emulator):
    status, body = ask(emulator, "/_emulator/nothing")
    assert status == 404
    assert "/_emulator/nothing" in body


def test_operation_of_moto_that_nobody_wrote_is_a_501(aws):
    with pytest.raises(ClientError) as refused:
        aws("events").describe_endpoint(Name="none")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "DescribeEndpoint is not emulated" in refused.value.response["Error"]["Message"]


def test_backend_of_a_host_is_motos_and_looked_up_once(monkeypatch):
    asked = []
    look_up = DomainDispatcherApplication.get_backend_for_host

    def counted(dispatcher, host):
        asked.append(host)
        return look_up(dispatcher, host)

    monkeypatch.setattr(DomainDispatcherApplication, "get_backend_for_host", counted)
    dispatcher = Dispatcher()
    hosts = ["ecs.us-west-2.amazonaws.com", "s3.us-west-2.amazonaws.com"]
    found = [dispatcher.get_backend_for_host(host) for host in [*hosts, *hosts]]
    assert found == ["ecs", "s3", "ecs", "s3"]
    assert asked == hosts


def test_plain_moto_service_answers(aws):
    assert aws("sts").get_caller_identity()["Account"] == "123456789012"
