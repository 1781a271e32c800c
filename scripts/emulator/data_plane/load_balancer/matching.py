"""Which rule a request meets.

Source: Application Load Balancer guide, "Condition types for listener rules": path patterns are
case-sensitive and see the path without its query; hosts, header values and query strings are not
case-sensitive; `*` stands for any characters, `?` for exactly one.
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from multidict import CIMultiDictProxy

from emulator.control_plane.elbv2.routing import Condition, Route


@dataclass(frozen=True)
class RequestFacts:
    """What conditions look at. `target` is the request target as sent, such as `/hello?x=1`."""

    method: str
    target: str
    host: str
    client_ip: str
    headers: CIMultiDictProxy[str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def host_name(self) -> str:
        return urlsplit("//" + self.host).hostname or ""


def find_route(routes: Iterable[Route], facts: RequestFacts) -> Route:
    """Return the first route whose conditions are all met.

    Raises: LookupError if there is none, which a listener's default rule rules out.
    """
    for route in routes:
        if all(_FIELDS[condition.field](condition, facts) for condition in route.conditions):
            return route
    raise LookupError("A listener has no default rule.")


@functools.lru_cache(maxsize=4096)
def pattern(wildcard: str, case_sensitive: bool) -> re.Pattern[str]:
    """Return the expression that a whole text must match to meet a wildcard pattern."""
    translated = "".join(
        ".*" if letter == "*" else "." if letter == "?" else re.escape(letter)
        for letter in wildcard
    )
    return re.compile(translated, re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE)


def _any_matches(wildcards: Iterable[str], text: str, case_sensitive: bool = False) -> bool:
    return any(pattern(each, case_sensitive).fullmatch(text) for each in wildcards)


def _path_pattern(condition: Condition, facts: RequestFacts) -> bool:
    return _any_matches(condition.values, facts.path, case_sensitive=True)


def _host_header(condition: Condition, facts: RequestFacts) -> bool:
    return _any_matches(condition.values, facts.host_name)


def _http_header(condition: Condition, facts: RequestFacts) -> bool:
    return any(
        _any_matches(condition.values, value) for value in facts.headers.getall(condition.name, [])
    )


def _http_request_method(condition: Condition, facts: RequestFacts) -> bool:
    return facts.method in condition.values


def _query_string(condition: Condition, facts: RequestFacts) -> bool:
    pairs = parse_qsl(facts.query, keep_blank_values=True)
    return any(_pair_matches(value, pairs) for value in condition.values)


def _pair_matches(wanted: str, pairs: list[tuple[str, str]]) -> bool:
    key, _, value = wanted.partition("=")
    return any(
        _any_matches([value], found_value) and (not key or _any_matches([key], found_key))
        for found_key, found_value in pairs
    )


def _source_ip(condition: Condition, facts: RequestFacts) -> bool:
    address = ipaddress.ip_address(facts.client_ip)
    return any(address in ipaddress.ip_network(network) for network in condition.values)


_FIELDS: dict[str, Callable[[Condition, RequestFacts], bool]] = {
    "path-pattern": _path_pattern,
    "host-header": _host_header,
    "http-header": _http_header,
    "http-request-method": _http_request_method,
    "query-string": _query_string,
    "source-ip": _source_ip,
}
