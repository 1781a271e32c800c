"""What the load balancer needs of the models, as values that never change.

The backend replaces a whole table when anything in it changes, so a request that reads it without
the runtime's lock sees either everything before a change or everything after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Address = tuple[str, int]
"""A target's private IP address and port."""


@dataclass(frozen=True)
class Condition:
    """`field` as AWS spells it; `values` hold patterns; `name` is an http-header's.

    For query-string a value is `key=pattern`, or `=pattern` where any key will do.
    """

    field: str
    values: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class WeightedGroup:
    arn: str
    weight: int


@dataclass(frozen=True)
class Forward:
    groups: tuple[WeightedGroup, ...]


@dataclass(frozen=True)
class FixedResponse:
    status: int
    content_type: str
    body: str


@dataclass(frozen=True)
class Redirect:
    """Parts of a URL, which may hold `#{host}` and the like."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


Action = Forward | FixedResponse | Redirect


@dataclass(frozen=True)
class Route:
    """One rule; the default rule has no conditions."""

    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True)
class ListenerTable:
    """One listener: its rules in the order they are tried, the default rule last."""

    listener_arn: str
    load_balancer_arn: str
    load_balancer_name: str
    port: int
    idle_timeout_s: float
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class GroupTargets:
    """One target group: where requests may go now, and every target that keeps its connections."""

    routable: tuple[Address, ...] = ()
    registered: tuple[Address, ...] = ()


@dataclass(frozen=True)
class HealthCheck:
    """How one registered target is to be checked; `serial` tells registrations of it apart."""

    group_arn: str
    address: Address
    serial: int
    port: int
    path: str
    interval_s: float
    timeout_s: float
    matcher: str


def listener_table(balancer: Any, listener: Any) -> ListenerTable:
    """Return the table of one of moto's listeners."""
    rules = [rule for rule in listener.rules.values() if not rule.is_default]
    rules.sort(key=lambda rule: int(rule.priority))
    routes = [Route(_conditions(rule.conditions), _action(rule.actions)) for rule in rules]
    return ListenerTable(
        listener_arn=listener.arn,
        load_balancer_arn=balancer.arn,
        load_balancer_name=balancer.name,
        port=int(listener.port),
        idle_timeout_s=float(balancer.attrs["idle_timeout.timeout_seconds"]),
        routes=(*routes, Route((), _action(listener.default_actions))),
    )


CONFIG_KEYS = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
"""Each field of a condition to the member that holds its values."""


def _conditions(conditions: Iterable[dict[str, Any]]) -> tuple[Condition, ...]:
    return tuple(_condition(condition) for condition in conditions)


def _condition(condition: dict[str, Any]) -> Condition:
    field = condition["Field"]
    config = condition[CONFIG_KEYS[field]]
    values = config["Values"]
    if field == "query-string":
        values = [f"{value.get('Key', '')}={value['Value']}" for value in values]
    return Condition(field, tuple(values), config.get("HttpHeaderName", ""))


def _action(actions: Iterable[Any]) -> Action:
    data = list(actions)[-1].data
    if data["Type"] == "fixed-response":
        config = data["FixedResponseConfig"]
        return FixedResponse(
            int(config["StatusCode"]),
            config.get("ContentType") or "text/plain",
            config.get("MessageBody") or "",
        )
    if data["Type"] == "redirect":
        config = data["RedirectConfig"]
        return Redirect(
            301 if config["StatusCode"] == "HTTP_301" else 302,
            config["Protocol"],
            config["Host"],
            config["Port"],
            config["Path"],
            config["Query"],
        )
    groups = data["ForwardConfig"]["TargetGroups"]
    return Forward(
        tuple(WeightedGroup(group["TargetGroupArn"], int(group["Weight"])) for group in groups)
    )
