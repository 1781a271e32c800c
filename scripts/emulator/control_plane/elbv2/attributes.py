"""Attributes of load balancers, listeners and target groups: AWS's defaults, and what may change.

Source: botocore's shapes LoadBalancerAttribute, ListenerAttribute and TargetGroupAttribute.
"""

from emulator.control_plane.elbv2.exceptions import NotEmulated, ValidationError

LOAD_BALANCER_DEFAULTS = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}

LISTENER_DEFAULTS = {"routing.http.response.server.enabled": "true"}

TARGET_GROUP_DEFAULTS = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}

_INERT_WHILE_NOT_STICKY = {
    "stickiness.app_cookie.cookie_name",
    "stickiness.app_cookie.duration_seconds",
    "stickiness.lb_cookie.duration_seconds",
    "stickiness.type",
}
_RANGES = {
    "deregistration_delay.timeout_seconds": (0, 3600),
    "idle_timeout.timeout_seconds": (1, 4000),
}


def check_load_balancer_attributes(attributes: dict[str, str]) -> None:
    _check("Load balancer", attributes, LOAD_BALANCER_DEFAULTS, {"deletion_protection.enabled"})


def check_listener_attributes(attributes: dict[str, str]) -> None:
    _check("Listener", attributes, LISTENER_DEFAULTS, set())


def check_target_group_attributes(attributes: dict[str, str]) -> None:
    _check("Target group", attributes, TARGET_GROUP_DEFAULTS, _INERT_WHILE_NOT_STICKY)


def _check(kind: str, given: dict[str, str], defaults: dict[str, str], free: set[str]) -> None:
    """Refuse unknown keys, values out of range, and any change that would have no effect here."""
    for key, value in given.items():
        if key not in defaults:
            raise ValidationError(f"{kind} attribute key '{key}' is not recognized")
        if key in _RANGES:
            _check_range(key, value)
        elif key not in free and value != defaults[key]:
            raise NotEmulated(
                f"{kind} attribute '{key}' is emulated only as '{defaults[key]}'; got '{value}'."
            )


def _check_range(key: str, value: str) -> None:
    low, high = _RANGES[key]
    if not value.isdigit() or not low <= int(value) <= high:
        raise ValidationError(f"'{key}' value '{value}' must be between '{low}-{high}' inclusive")
