"""The elbv2 backend: moto's load balancers with targets by (address, port) and real health.

Read off moto 5.2.5, which keys targets by address alone and reports each one healthy
(moto/elbv2/models.py, FakeTargetGroup). moto's own target dictionaries stay empty.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeAction

from emulator.control_plane.base import Emulated
from emulator.control_plane.elbv2 import attributes, validation
from emulator.control_plane.elbv2 import exceptions as refuse
from emulator.control_plane.elbv2.routing import (
    Address,
    GroupTargets,
    HealthCheck,
    ListenerTable,
    listener_table,
)
from emulator.control_plane.elbv2.targets import Registrations
from emulator.engines.target_health import CheckResult, TargetHealth, Thresholds

DNS_NAME = "localhost"


class Elbv2Backend(Emulated, ELBv2Backend):
    """One account's load balancers in one region.

    `tables`, `groups` and `health_checks` are for the data plane. They are replaced, never
    changed, so it reads them without the runtime's lock; everything else needs the lock.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.registrations: dict[str, Registrations] = {}
        self.tables: dict[str, ListenerTable] = {}
        self.groups: dict[str, GroupTargets] = {}
        self.health_checks: tuple[HealthCheck, ...] = ()
        self._requests: dict[str, dict[str, Any]] = {}

    # Load balancers

    def create_load_balancer(self, name: str, **settings: Any) -> Any:
        """Create one, or return the one that was created by the very same request."""
        validation.check_name("Load balancer", name)
        kind = settings.get("loadbalancer_type")
        if kind not in {None, "application"}:
            raise refuse.NotEmulated(f"Load balancer type '{kind}' is not emulated.")
        request = _without_tags(settings)
        for existing in self.load_balancers.values():
            if existing.name == name:
                if self._requests.get(existing.arn) == request:
                    return existing
                raise refuse.DuplicateLoadBalancerName(name)
        settings["scheme"] = settings.get("scheme") or "internet-facing"
        balancer = super().create_load_balancer(name, **settings)
        if len({subnet.availability_zone for subnet in balancer.subnets}) < 2:
            del self.load_balancers[balancer.arn]
            raise refuse.ValidationError(
                "At least two subnets in two different Availability Zones must be specified"
            )
        balancer.dns_name = DNS_NAME
        balancer.attrs = dict(attributes.LOAD_BALANCER_DEFAULTS)
        balancer.security_groups = balancer.security_groups or self._default_group(balancer.vpc_id)
        self._requests[balancer.arn] = request
        return balancer

    def _default_group(self, vpc_id: str) -> list[str]:
        group = self.ec2_backend.get_security_group_from_name("default", vpc_id)
        return [group.id] if group else []

    def modify_load_balancer_attributes(self, arn: str, attrs: dict[str, Any]) -> dict[str, Any]:
        attributes.check_load_balancer_attributes(attrs)
        answer: dict[str, Any] = super().modify_load_balancer_attributes(arn, attrs)
        self._changed("elbv2.load_balancer", arn)
        return answer

    def delete_load_balancer(self, arn: str) -> None:
        """Delete one with its listeners and rules; nothing happens if there is none, as on AWS."""
        balancer = self.load_balancers.get(arn)
        if balancer is None:
            return
        if balancer.attrs["deletion_protection.enabled"] == "true":
            raise refuse.OperationNotPermitted(
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            )
        super().delete_load_balancer(arn)
        self._forget(arn, *balancer.listeners, *_rule_arns(balancer.listeners.values()))
        self._changed("elbv2.load_balancer", arn)

    # Listeners and rules

    def create_listener(
        self,
        load_balancer_arn: str,
        protocol: str,
        port: Any,
        actions: list[dict[str, Any]],
        **settings: Any,
    ) -> Any:
        """Create one, or return the one that was created by the very same request."""
        validation.check_listener(protocol, port)
        actions = self._checked_actions(load_balancer_arn, actions)
        request = {"protocol": protocol, "port": port, "actions": actions}
        existing = self._listener_on(load_balancer_arn, port)
        if existing is not None:
            if self._requests.get(existing.arn) == request:
                return existing
            raise refuse.DuplicateListener
        settings.update(ssl_policy=None, certificate=None)
        listener = super().create_listener(
            load_balancer_arn, protocol, port, actions=actions, **settings
        )
        listener.attributes = dict(attributes.LISTENER_DEFAULTS)
        self._requests[listener.arn] = request
        self._changed("elbv2.listener", listener.arn)
        return listener

    def modify_listener(
        self,
        arn: str,
        port: Any = None,
        protocol: str | None = None,
        ssl_policy: str | None = None,
        certificates: list[dict[str, Any]] | None = None,
        actions: list[dict[str, Any]] | None = None,
    ) -> Any:
        listener = self._listener(arn)
        validation.check_listener(protocol, port)
        if ssl_policy or certificates:
            raise refuse.NotEmulated("Certificates and TLS policies of listeners are not emulated.")
        if actions:
            actions = self._checked_actions(listener.load_balancer_arn, actions)
        if port is not None:
            other = self._listener_on(listener.load_balancer_arn, port)
            if other is not None and other is not listener:
                raise refuse.DuplicateListener
        self._requests.pop(arn, None)
        super().modify_listener(arn, port, protocol, actions=actions or [])
        self._changed("elbv2.listener", arn)
        return listener

    def modify_listener_attributes(
        self, listener_arn: str, attrs: list[dict[str, str]]
    ) -> dict[str, str]:
        attributes.check_listener_attributes({item["Key"]: item["Value"] for item in attrs})
        answer: dict[str, str] = super().modify_listener_attributes(listener_arn, attrs)
        return answer

    def delete_listener(self, listener_arn: str) -> Any:
        listener = self._listener(listener_arn)
        super().delete_listener(listener_arn)
        self._forget(listener_arn, *_rule_arns([listener]))
        self._changed("elbv2.listener", listener_arn)
        return listener

    def create_rule(
        self,
        listener_arn: str,
        conditions: list[dict[str, Any]],
        priority: int,
        actions: list[dict[str, Any]],
        tags: list[dict[str, str]] | None = None,
    ) -> Any:
        listener = self._listener(listener_arn)
        validation.check_priority(priority)
        actions = self._checked_actions(listener.load_balancer_arn, actions)
        self._refuse_taken_priorities(listener, {int(priority)})
        self._validate_conditions(conditions)
        rule = super().create_rule(
            listener_arn, conditions=[], priority=int(priority), actions=actions, tags=tags
        )
        rule.conditions = validation.normalised_conditions(conditions)
        self._changed("elbv2.rule", rule.arn)
        return rule

    def modify_rule(
        self, rule_arn: str, conditions: list[dict[str, Any]], actions: list[dict[str, Any]]
    ) -> Any:
        listener, rule = self._rule(rule_arn)
        if rule.is_default:
            raise refuse.OperationNotPermitted(f"Default rule '{rule_arn}' cannot be modified")
        if not conditions and not actions:
            raise refuse.ValidationError("Either conditions or actions must be specified")
        if conditions:
            self._validate_conditions(conditions)
            conditions = validation.normalised_conditions(conditions)
        if actions:
            actions = self._checked_actions(listener.load_balancer_arn, actions)
            rule.actions = [FakeAction(action) for action in actions]
        rule.conditions = conditions or rule.conditions
        self._changed("elbv2.rule", rule_arn)
        return rule

    def delete_rule(self, arn: str) -> None:
        listener, rule = self._rule(arn)
        if rule.is_default:
            raise refuse.OperationNotPermitted(f"Default rule '{arn}' cannot be deleted")
        listener.remove_rule(arn)
        self._forget(arn)
        self._changed("elbv2.rule", arn)

    def set_rule_priorities(self, rule_priorities: list[dict[str, Any]]) -> list[Any]:
        """Give rules new priorities, all at once: they may change places with each other."""
        wanted = {item["RuleArn"]: int(item["Priority"]) for item in rule_priorities}
        for priority in wanted.values():
            validation.check_priority(priority)
        if len(set(wanted.values())) != len(rule_priorities):
            raise refuse.ValidationError("Each rule and each priority can be given only once")
        found = {arn: self._rule(arn) for arn in wanted}
        for arn, (listener, rule) in found.items():
            if rule.is_default:
                raise refuse.OperationNotPermitted(f"Default rule '{arn}' has no priority")
            self._refuse_taken_priorities(listener, {wanted[arn]}, except_arns=set(wanted))
        for arn, (_, rule) in found.items():
            rule.priority = wanted[arn]
        for arn in found:
            self._changed("elbv2.rule", arn)
        return [rule for _, rule in found.values()]

    # Target groups and targets

    def create_target_group(self, name: str, **settings: Any) -> Any:
        """Create one, or return the one that was created by the very same request."""
        validation.check_name("Target group", name)
        # Terraform's provider sends what it leaves out as empty text, which AWS takes as absent
        settings = {key: value for key, value in settings.items() if value != ""}
        validation.check_target_group(settings)
        request = _without_tags(settings)
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

    # What all of the above share

    def _registered(self, arn: str) -> Registrations:
        registered = self.registrations[arn]
        if registered.drop_drained():
            self._changed("elbv2.target", arn)
        return registered

    def _group(self, arn: str) -> Any:
        try:
            return self.target_groups[arn]
        except KeyError:
            raise refuse.TargetGroupNotFound(arn) from None

    def _listeners(self) -> Iterator[tuple[Any, Any]]:
        for balancer in self.load_balancers.values():
            for listener in balancer.listeners.values():
                yield balancer, listener

    def _listener(self, arn: str) -> Any:
        for _, listener in self._listeners():
            if listener.arn == arn:
                return listener
        raise refuse.ListenerNotFound(arn)

    def _listener_on(self, load_balancer_arn: str, port: Any) -> Any:
        for balancer, listener in self._listeners():
            if balancer.arn == load_balancer_arn and int(listener.port) == int(port):
                return listener
        return None

    def _rule(self, arn: str) -> tuple[Any, Any]:
        for _, listener in self._listeners():
            for rule in listener.rules.values():
                if rule.arn == arn:
                    return listener, rule
        raise refuse.RuleNotFound(arn)

    def _refuse_taken_priorities(
        self, listener: Any, wanted: set[int], except_arns: Iterable[str] = ()
    ) -> None:
        for rule in listener.rules.values():
            if not rule.is_default and rule.arn not in except_arns and rule.priority in wanted:
                raise refuse.PriorityInUse(rule.priority)

    def _checked_actions(
        self, load_balancer_arn: str, actions: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        normalised = validation.normalised_actions(actions)
        for arn in _group_arns(normalised):
            users = set(self._group(arn).load_balancer_arns)
            if users - {load_balancer_arn}:
                raise refuse.TargetGroupAssociationLimit(arn)
        return normalised

    def _forget(self, *arns: str) -> None:
        for arn in arns:
            self.tagging_service.delete_all_tags_for_resource(arn)
            self._requests.pop(arn, None)

    def _changed(self, kind: str, key: str) -> None:
        """Bring what follows from the models up to date, then tell who listens."""
        self._associate_groups()
        self.tables = {
            listener.arn: listener_table(balancer, listener)
            for balancer, listener in self._listeners()
        }
        self.groups = {arn: targets.view() for arn, targets in self.registrations.items()}
        self.health_checks = tuple(self._planned_checks())
        self.runtime.hints.emit(kind, self.account_id, self.region_name, key)

    def _associate_groups(self) -> None:
        users: dict[str, set[str]] = {arn: set() for arn in self.target_groups}
        for balancer, listener in self._listeners():
            for rule in listener.rules.values():
                for arn in _group_arns([action.data for action in rule.actions]):
                    users[arn].add(balancer.arn)
        for arn, group in self.target_groups.items():
            group.load_balancer_arns = sorted(users[arn])
            self.registrations[arn].use(bool(users[arn]))

    def _planned_checks(self) -> Iterator[HealthCheck]:
        for arn, registered in self.registrations.items():
            group = self.target_groups[arn]
            for target in registered.active() if registered.in_use else ():
                yield HealthCheck(
                    group_arn=arn,
                    address=target.address,
                    serial=target.serial,
                    port=_check_port(group, target.address),
                    path=group.health_check_path,
                    interval_s=float(group.health_check_interval_seconds),
                    timeout_s=float(group.health_check_timeout_seconds),
                    matcher=group.matcher["HttpCode"],
                )


def _without_tags(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name != "tags"}


def _rule_arns(listeners: Iterable[Any]) -> list[str]:
    return [rule.arn for listener in listeners for rule in listener.rules.values()]


def _group_arns(actions: Iterable[dict[str, Any]]) -> Iterator[str]:
    for action in actions:
        for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
            yield group["TargetGroupArn"]


def _address(target: dict[str, Any], group: Any) -> Address:
    return target["Id"], int(target.get("Port") or group.port)


def _check_port(group: Any, address: Address) -> int:
    return address[1] if group.health_check_port == "traffic-port" else int(group.health_check_port)


def _health_description(group: Any, address: Address, found: TargetHealth) -> dict[str, Any]:
    described = {"State": found.state, "Reason": found.reason, "Description": found.description}
    return {
        "Target": {"Id": address[0], "Port": address[1]},
        "HealthCheckPort": str(_check_port(group, address)),
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
