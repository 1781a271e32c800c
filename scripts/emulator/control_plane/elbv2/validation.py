"""What Elastic Load Balancing refuses before anything changes.

Source: botocore's elbv2 model (documentation of CreateTargetGroup, CreateRule, CreateListener and
their shapes) and the Application Load Balancer guide's quotas.
"""

import ipaddress
import re
from typing import Any

from emulator.control_plane.elbv2.exceptions import (
    InvalidTarget,
    NotEmulated,
    ValidationError,
)
from emulator.control_plane.elbv2.routing import CONFIG_KEYS

MAX_GROUPS_PER_ACTION = 5
MAX_WEIGHT = 999
MAX_PRIORITY = 50_000
MAX_CONDITION_VALUES = 5

_NAME = re.compile(r"(?!.*--)(?!-)[A-Za-z0-9-]+(?<!-)")
_MATCHER = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_REDIRECT_DEFAULTS = {
    "Protocol": "#{protocol}",
    "Host": "#{host}",
    "Port": "#{port}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def check_name(kind: str, name: str) -> None:
    """Refuse a name that AWS would refuse for a load balancer or a target group."""
    if len(name) > 32:
        raise ValidationError(f"{kind} name '{name}' cannot be longer than '32' characters")
    if not _NAME.fullmatch(name):
        raise ValidationError(
            f"{kind} name '{name}' can only contain characters that are alphanumeric characters "
            "or hyphens(-), and cannot begin or end with a hyphen"
        )
    if kind == "Load balancer" and name.startswith("internal-"):
        raise ValidationError(f"{kind} name '{name}' cannot begin with 'internal-'")


def check_target_group(settings: dict[str, Any]) -> None:
    """Refuse a target group of a kind that is not emulated: only HTTP/1.1 to addresses is."""
    kind = settings.get("target_type") or "instance"
    if kind != "ip":
        raise NotEmulated(f"Target type '{kind}' is not emulated; use 'ip'.")
    protocol = settings.get("protocol")
    if protocol not in {None, "HTTP"}:
        raise NotEmulated(f"Target group protocol '{protocol}' is not emulated; use 'HTTP'.")
    if settings.get("protocol_version") not in {None, "HTTP1"}:
        raise NotEmulated(
            f"Protocol version '{settings['protocol_version']}' is not emulated; use 'HTTP1'."
        )
    if settings.get("ip_address_type") not in {None, "ipv4"}:
        raise NotEmulated("Target groups of IPv6 addresses are not emulated; use 'ipv4'.")


def check_health_check(settings: dict[str, Any]) -> None:
    """Refuse health check settings out of AWS's ranges. Names are those of moto's parameters."""
    _check_range("interval", settings["healthcheck_interval_seconds"], 5, 300)
    _check_range("timeout", settings["healthcheck_timeout_seconds"], 2, 120)
    _check_range("healthy threshold count", settings["healthy_threshold_count"], 2, 10)
    _check_range("unhealthy threshold count", settings["unhealthy_threshold_count"], 2, 10)
    interval = int(settings["healthcheck_interval_seconds"])
    timeout = int(settings["healthcheck_timeout_seconds"])
    if timeout >= interval:
        raise ValidationError(
            f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        )
    _check_health_request(settings)


def _check_health_request(settings: dict[str, Any]) -> None:
    path = settings["healthcheck_path"]
    if not path.startswith("/") or len(path) > 1024:
        raise ValidationError(
            f"Health check path '{path}' must start with a '/' and have at most 1024 characters"
        )
    protocol = settings["healthcheck_protocol"]
    if protocol != "HTTP":
        raise NotEmulated(f"Health check protocol '{protocol}' is not emulated; use 'HTTP'.")
    port = settings["healthcheck_port"]
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise ValidationError(
            f"Health check port '{port}' must be 'traffic-port' or a number between 1 and 65535"
        )
    if str(settings.get("healthcheck_enabled", True)).lower() == "false":
        raise ValidationError("Health checks cannot be disabled for target groups of type 'ip'")
    check_matcher(settings["matcher"])


def _check_range(what: str, value: Any, low: int, high: int) -> None:
    if not low <= int(value) <= high:
        raise ValidationError(
            f"Health check {what} '{value}' must be between '{low}' and '{high}' inclusive"
        )


def check_matcher(matcher: dict[str, Any]) -> None:
    """Refuse HTTP codes that are not like 200, 200,202 or 200-299, all within 200-499."""
    if matcher.get("GrpcCode"):
        raise NotEmulated("gRPC matchers are not emulated; use 'HttpCode'.")
    codes = matcher.get("HttpCode", "")
    if not _MATCHER.fullmatch(codes):
        raise ValidationError(f"Health check matcher HTTP code '{codes}' must be like 200-299")
    if not all(200 <= int(code) <= 499 for code in re.findall(r"\d{3}", codes)):
        raise ValidationError(
            f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive"
        )


def checked_target(target: dict[str, Any], default_port: int) -> tuple[str, int]:
    """Return a target's address and port. Raises what AWS says of an address it cannot use."""
    try:
        address = ipaddress.IPv4Address(target["Id"])
    except ValueError:
        raise ValidationError(
            f"The IP address '{target['Id']}' is not a valid IPv4 address"
        ) from None
    if not address.is_private or address.is_loopback or address.is_link_local:
        raise InvalidTarget(
            f"The IP address '{target['Id']}' is not within a private range of a VPC"
        )
    port = int(target.get("Port") or default_port)
    if not 1 <= port <= 65535:
        raise ValidationError(f"The target port '{port}' must be between 1 and 65535")
    return str(address), port


def check_listener(protocol: str | None, port: int | None) -> None:
    """Refuse what an application load balancer cannot listen on, here or on AWS."""
    if port is not None and not 1 <= int(port) <= 65535:
        raise ValidationError(f"The listener port '{port}' must be between 1 and 65535")
    if protocol in {None, "HTTP"}:
        return
    if protocol == "HTTPS":
        raise NotEmulated("Listener protocol 'HTTPS' is not emulated; use 'HTTP'.")
    raise ValidationError(f"Listener protocol '{protocol}' must be one of 'HTTP, HTTPS'")


def check_priority(priority: int) -> None:
    if not 1 <= int(priority) <= MAX_PRIORITY:
        raise ValidationError(f"Priority '{priority}' must be between 1 and {MAX_PRIORITY}")


def normalised_actions(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return actions with every default filled in, as AWS describes them afterwards."""
    if not actions:
        raise ValidationError("At least one action must be specified")
    kinds = [action["Type"] for action in actions]
    for kind in kinds:
        if kind not in {"forward", "redirect", "fixed-response"}:
            raise NotEmulated(f"Action type '{kind}' is not emulated.")
    if len(kinds) != 1:
        raise ValidationError(
            "Exactly one action of type 'forward', 'redirect' or 'fixed-response' must be "
            f"specified; got '{', '.join(kinds)}'"
        )
    normalise = {
        "forward": _normalised_forward,
        "redirect": _normalised_redirect,
        "fixed-response": _normalised_fixed_response,
    }
    return [normalise[kinds[0]](actions[0])]


def _normalised_forward(action: dict[str, Any]) -> dict[str, Any]:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    single = action.get("TargetGroupArn")
    if single and not groups:
        groups = [{"TargetGroupArn": single}]
    if single and [group["TargetGroupArn"] for group in groups] != [single]:
        raise ValidationError(
            "You can specify both 'TargetGroupArn' and 'ForwardConfig' only if both name the same "
            "one target group"
        )
    _check_groups(groups)
    if (config.get("TargetGroupStickinessConfig") or {}).get("Enabled"):
        raise NotEmulated("Target group stickiness is not emulated.")
    weighted = [
        {"TargetGroupArn": group["TargetGroupArn"], "Weight": group.get("Weight", 1)}
        for group in groups
    ]
    result: dict[str, Any] = {key: action[key] for key in ("Type", "Order") if key in action}
    if len(weighted) == 1:
        result["TargetGroupArn"] = weighted[0]["TargetGroupArn"]
    result["ForwardConfig"] = {
        "TargetGroups": weighted,
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    return result


def _check_groups(groups: list[dict[str, Any]]) -> None:
    if not groups:
        raise ValidationError("A forward action must name at least one target group")
    if len(groups) > MAX_GROUPS_PER_ACTION:
        raise ValidationError(
            f"A forward action can have at most '{MAX_GROUPS_PER_ACTION}' target groups; "
            f"got '{len(groups)}'"
        )
    arns = [group.get("TargetGroupArn") for group in groups]
    if len(set(arns)) != len(arns) or None in arns:
        raise ValidationError("Each target group of a forward action must be named exactly once")
    for group in groups:
        weight = int(group.get("Weight", 1))
        if not 0 <= weight <= MAX_WEIGHT:
            raise ValidationError(
                f"Target group weight '{weight}' must be between '0' and '{MAX_WEIGHT}' inclusive"
            )


def _normalised_redirect(action: dict[str, Any]) -> dict[str, Any]:
    config = {**_REDIRECT_DEFAULTS, **(action.get("RedirectConfig") or {})}
    if config.get("StatusCode") not in {"HTTP_301", "HTTP_302"}:
        raise ValidationError("A redirect's StatusCode must be 'HTTP_301' or 'HTTP_302'")
    if all(config[key] == default for key, default in _REDIRECT_DEFAULTS.items()):
        raise ValidationError("The redirect would loop: change protocol, host, port, path or query")
    if not config["Path"].startswith("/"):
        raise ValidationError(f"The redirect's path '{config['Path']}' must start with a '/'")
    return {**action, "RedirectConfig": config}


def _normalised_fixed_response(action: dict[str, Any]) -> dict[str, Any]:
    config = action.get("FixedResponseConfig") or {}
    if not re.fullmatch(r"[245]\d\d", config.get("StatusCode", "")):
        raise ValidationError(
            f"The fixed response's status code '{config.get('StatusCode')}' must be 2XX, 4XX or 5XX"
        )
    if len(config.get("MessageBody") or "") > 1024:
        raise ValidationError("The fixed response's body can have at most 1024 characters")
    return action


def normalised_conditions(conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return conditions with their values where AWS describes them: `Values` and `…Config`."""
    return [_normalised_condition(condition) for condition in conditions]


def _normalised_condition(condition: dict[str, Any]) -> dict[str, Any]:
    field = condition.get("Field", "")
    if field not in CONFIG_KEYS:
        raise ValidationError(
            f"Condition field '{field}' must be one of '[{','.join(CONFIG_KEYS)}]'"
        )
    config = dict(condition.get(CONFIG_KEYS[field]) or {"Values": condition.get("Values")})
    if condition.get("RegexValues") or config.get("RegexValues"):
        raise NotEmulated("Conditions by regular expression are not emulated; use 'Values'.")
    values = config.get("Values") or []
    if not 1 <= len(values) <= MAX_CONDITION_VALUES:
        raise ValidationError(
            f"A '{field}' condition must have between 1 and {MAX_CONDITION_VALUES} values"
        )
    if field == "source-ip":
        _check_networks(values)
    result = {"Field": field, CONFIG_KEYS[field]: config}
    if field in {"path-pattern", "host-header"}:
        result["Values"] = values
    return result


def _check_networks(values: list[str]) -> None:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise ValidationError(f"The source IP '{value}' must be a CIDR block") from None
