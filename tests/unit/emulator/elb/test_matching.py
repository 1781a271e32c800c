"""Which rule a request meets."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from emulator.control_plane.elbv2.routing import Condition, FixedResponse, Route
from emulator.data_plane.load_balancer.matching import RequestFacts, find_route

MET = FixedResponse(200, "text/plain", "met")
MISSED = FixedResponse(404, "text/plain", "missed")


def facts(target="/", method="GET", host="localhost:8080", ip="127.0.0.1", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RequestFacts(method, target, host, ip, CIMultiDictProxy(CIMultiDict(named)))


def is_met(request: RequestFacts, *conditions: Condition) -> bool:
    return find_route([Route(conditions, MET), Route((), MISSED)], request).action is MET


@pytest.mark.parametrize(
    ("pattern", "target", "met"),
    [
        ("/hello/*", "/hello/world", True),
        ("/hello/*", "/hello/", True),
        ("/hello/*", "/hello", False),
        ("/hello/*", "/hello/a/b", True),
        ("/hello/*", "/Hello/world", False),
        ("/hello/*", "/other?x=/hello/y", False),
        ("/hello/?", "/hello/a", True),
        ("/hello/?", "/hello/ab", False),
        ("/hello/?", "/hello/", False),
        ("/*.png", "/a/b.png?size=1", True),
        ("/a.c", "/abc", False),
        ("*", "/anything", True),
        ("/[ab]", "/a", False),
        ("/[ab]", "/[ab]", True),
        ("/caf%C3%A9", "/caf%C3%A9", True),
    ],
)
def test_path_patterns(pattern, target, met):
    assert is_met(facts(target), Condition("path-pattern", (pattern,))) is met


@pytest.mark.parametrize(
    ("pattern", "host", "met"),
    [
        ("example.com", "example.com", True),
        ("example.com", "EXAMPLE.com:8080", True),
        ("*.example.com", "www.example.com", True),
        ("*.example.com", "example.com", False),
        ("local?ost", "localhost", True),
        ("example.com", "", False),
    ],
)
def test_host_headers(pattern, host, met):
    assert is_met(facts(host=host), Condition("host-header", (pattern,))) is met


@pytest.mark.parametrize(
    ("value", "met"), [("beta-1", True), ("BETA-2", True), ("alpha", False), (None, False)]
)
def test_http_headers_are_compared_without_regard_to_case(value, met):
    request = facts(**({"x_ring": value} if value else {}))
    assert is_met(request, Condition("http-header", ("beta-*", "gamma"), "X-Ring")) is met


@pytest.mark.parametrize(("method", "met"), [("POST", True), ("post", False), ("GET", False)])
def test_request_methods(method, met):
    assert is_met(facts(method=method), Condition("http-request-method", ("POST", "PUT"))) is met


@pytest.mark.parametrize(
    ("wanted", "target", "met"),
    [
        ("version=v1", "/?version=v1", True),
        ("version=v1", "/?other=v1", False),
        ("version=v?", "/?a=b&version=V2", True),
        ("=yes", "/?anything=yes", True),
        ("=yes", "/", False),
    ],
)
def test_query_strings(wanted, target, met):
    assert is_met(facts(target), Condition("query-string", (wanted,))) is met


@pytest.mark.parametrize(("network", "met"), [("127.0.0.0/8", True), ("10.0.0.0/8", False)])
def test_source_addresses(network, met):
    assert is_met(facts(), Condition("source-ip", (network,))) is met


def test_one_value_of_a_condition_is_enough():
    assert is_met(facts("/b"), Condition("path-pattern", ("/a", "/b")))


def test_every_condition_must_be_met():
    conditions = (
        Condition("path-pattern", ("/a",)),
        Condition("http-request-method", ("POST",)),
    )
    assert is_met(facts("/a", "POST"), *conditions)
    assert not is_met(facts("/a"), *conditions)


def test_first_route_that_is_met_wins():
    first = Route((Condition("path-pattern", ("/a*",)),), MET)
    second = Route((Condition("path-pattern", ("/ab",)),), MISSED)
    assert find_route([first, second], facts("/ab")).action is MET
