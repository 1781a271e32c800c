"""Ranges that boto3 checks before AWS does, so that no request can show them."""

from typing import Any

import pytest

from emulator.control_plane.elbv2.exceptions import ValidationError
from emulator.control_plane.elbv2.validation import check_health_check

GOOD: dict[str, Any] = {
    "healthcheck_protocol": "HTTP",
    "healthcheck_port": "traffic-port",
    "healthcheck_path": "/ping",
    "healthcheck_interval_seconds": 5,
    "healthcheck_timeout_seconds": 2,
    "healthy_threshold_count": 2,
    "unhealthy_threshold_count": 2,
    "matcher": {"HttpCode": "200-299"},
}


def test_smallest_settings_are_allowed():
    check_health_check(GOOD)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("healthcheck_interval_seconds", 4, "interval '4' must be between '5' and '300'"),
        ("healthcheck_timeout_seconds", 1, "timeout '1' must be between '2' and '120'"),
        ("healthcheck_timeout_seconds", 5, "timeout '5' must be smaller than the interval '5'"),
        ("healthy_threshold_count", 1, "healthy threshold count '1' must be between '2' and '10'"),
        ("unhealthy_threshold_count", 1, "count '1' must be between '2' and '10'"),
        ("healthcheck_port", "http", "port 'http' must be 'traffic-port' or a number"),
        ("healthcheck_port", "65536", "port '65536' must be 'traffic-port' or a number"),
    ],
)
def test_value_out_of_range_is_named_with_the_range(name, value, says):
    with pytest.raises(ValidationError, match=says):
        check_health_check({**GOOD, name: value})
