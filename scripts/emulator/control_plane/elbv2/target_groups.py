"""Target groups, and the targets registered in them."""

from typing import Any

from emulator.control_plane.elbv2 import attributes, validation
from emulator.control_plane.elbv2 import exceptions as refuse
from emulator.control_plane.elbv2.routing import Address, HealthCheck
from emulator.control_plane.elbv2.state import State, check_port, without_tags
from emulator.control_plane.elbv2.targets import Registrations
from emulator.engines.target_health import CheckResult, TargetHealth, Thresholds


class TargetGroups(State):
    """The operations on target groups and targets."""

    def create_target_group(self, name: str, **settings: Any) -> Any:
        """Create one, or return the one that was created by the very same request."""
        validation.check_name("Target group", name)
        # Terraform's provider sends what it leaves out as empty text, which AWS takes as absent
        settings = {key: value for key, value in settings.items() if value != ""}
        validation.check_target_group(settings)
        request = without_tags(settings)
        for existing in self.target_groups.values():
            if existing.name == name:
                if self._requests.get(existing.arn) == request:
                    return existing
                raise refuse.DuplicateTargetGroupName(name)
        settings = {**settings, **_with_defaults(settings)}
        validation.check_health_check(settings)
        group = super().create_target_group(name, **settings)
        group.attributes = dict(attributes.TARGET_GROUP_DEFAULTS)
        self.registrations[group.arn] = Registrations()
        self._requests[group.arn] = request
        self._changed("elbv2.target_group", group.arn)
        return group

    def modify_target_group(
        self,
        arn: str,
        health_check_proto: str | None = None,
        health_check_port: str | None = None,
        health_check_path: str | None = None,
        health_check_interval: int | None = None,
        health_check_timeout: int | None = None,
        healthy_threshold_count: Any = None,
        unhealthy_threshold_count: Any = None,
        http_codes: str | None = None,
        health_check_enabled: bool | None = None,
    ) -> Any:
        group = self._group(arn)
        given = {
            "healthcheck_protocol": health_check_proto,
            "healthcheck_port": health_check_port,
            "healthcheck_path": health_check_path,
            "healthcheck_interval_seconds": health_check_interval,
            "healthcheck_timeout_seconds": health_check_timeout,
            "healthy_threshold_count": healthy_threshold_count,
            "unhealthy_threshold_count": unhealthy_threshold_count,
            "matcher": {"HttpCode": http_codes} if http_codes else None,
            "healthcheck_enabled": health_check_enabled,
        }
        changed = {name: value for name, value in given.items() if value is not None}
        settings = {**_health_check_of(group), **changed}
        validation.check_health_check(settings)
        _set_health_check(group, settings)
        self._requests.pop(arn, None)
        self._changed("elbv2.target_group", arn)
        return group

    def modify_target_group_attributes(
        self, target_group_arn: str, attributes_given: dict[str, Any]
    ) -> None:
        group = self._group(target_group_arn)
        attributes.check_target_group_attributes(attributes_given)
        group.attributes.update(attributes_given)

    def delete_target_group(self, target_group_arn: str) -> Any:
        group = self._group(target_group_arn)
        if self.registrations[target_group_arn].in_use:
            raise refuse.ResourceInUse(target_group_arn)
        del self.target_groups[target_group_arn]
        del self.registrations[target_group_arn]
        self._forget(target_group_arn)
        self._changed("elbv2.target_group", target_group_arn)
        return group

    def register_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        """Register `[{"Id": address, "Port": port}, …]`; a draining one is taken back."""
        group = self._group(target_group_arn)
        addresses = [validation.checked_target(target, int(group.port)) for target in instances]
        registered = self._registered(target_group_arn)
        for address in addresses:
            registered.register(address)
        self._changed("elbv2.target", target_group_arn)

    def deregister_targets(self, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
        """Begin to drain targets; no new request reaches them, those under way may finish."""
        group = self._group(target_group_arn)
        registered = self._registered(target_group_arn)
        delay_s = float(group.attributes["deregistration_delay.timeout_seconds"])
        addresses = [_address(target, group) for target in instances]
        for address in addresses:
            if registered.health_of(address).reason == "Target.NotRegistered":
                raise refuse.InvalidTarget(
                    f"The following targets are not registered: '{address[0]}:{address[1]}'"
                )
        for address in addresses:
            registered.deregister(address, delay_s)
        self._changed("elbv2.target", target_group_arn)

    def target_health(self, target_group_arn: str, ip: str, port: int) -> TargetHealth:
        """Return one target's health as DescribeTargetHealth reports it; hold the lock.

        Raises: TargetGroupNotFound.
        """
        self._group(target_group_arn)
        return self._registered(target_group_arn).health_of((ip, port))

    def describe_target_health(
        self, target_group_arn: str, targets: list[dict[str, Any]]
    ) -> list[Any]:
        group = self._group(target_group_arn)
        registered = self._registered(target_group_arn)
        asked = [_address(target, group) for target in targets]
        return [
            _health_description(group, address, registered.health_of(address))
            for address in asked or [target.address for target in registered]
        ]

    def record_check(self, check: HealthCheck, result: CheckResult) -> None:
        """Count one health check; hold the lock. One of a registration that is over counts not."""
        group = self.target_groups.get(check.group_arn)
        if group is None:
            return
        thresholds = Thresholds(
            int(group.healthy_threshold_count), int(group.unhealthy_threshold_count)
        )
        registered = self.registrations[check.group_arn]
        if registered.observe(check.address, check.serial, result, thresholds):
            self._changed("elbv2.target_health", check.group_arn)

    def drop_drained(self) -> None:
        """Let targets go whose deregistration delay is over; hold the lock."""
        for arn in list(self.registrations):
            self._registered(arn)


def _address(target: dict[str, Any], group: Any) -> Address:
    return target["Id"], int(target.get("Port") or group.port)


def _health_description(group: Any, address: Address, found: TargetHealth) -> dict[str, Any]:
    described = {"State": found.state, "Reason": found.reason, "Description": found.description}
    return {
        "Target": {"Id": address[0], "Port": address[1]},
        "HealthCheckPort": str(check_port(group, address)),
        "TargetHealth": {key: value for key, value in described.items() if value is not None},
    }


_HEALTH_CHECK_DEFAULTS: dict[str, Any] = {
    "healthcheck_protocol": "HTTP",
    "healthcheck_port": "traffic-port",
    "healthcheck_path": "/",
    "healthcheck_interval_seconds": 30,
    "healthcheck_timeout_seconds": 5,
    "healthy_threshold_count": 5,
    "unhealthy_threshold_count": 2,
    "matcher": {"HttpCode": "200"},
}


def _with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the health check settings of a new group, whose numbers moto may hand over as text."""
    return {name: settings.get(name) or default for name, default in _HEALTH_CHECK_DEFAULTS.items()}


def _health_check_of(group: Any) -> dict[str, Any]:
    return {name: getattr(group, _attribute(name)) for name in _HEALTH_CHECK_DEFAULTS}


def _set_health_check(group: Any, settings: dict[str, Any]) -> None:
    for name in _HEALTH_CHECK_DEFAULTS:
        setattr(group, _attribute(name), settings[name])


def _attribute(name: str) -> str:
    """Return moto's attribute of a target group for one of its own parameters."""
    return name.replace("healthcheck_", "health_check_")
