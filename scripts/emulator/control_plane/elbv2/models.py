"""The elbv2 backend: moto's load balancers with targets by (address, port) and real health.

Read off moto 5.2.5, which keys targets by address alone and reports each one healthy
(moto/elbv2/models.py, FakeTargetGroup). moto's own target dictionaries stay empty.
"""

from collections.abc import Iterable
from typing import Any

from moto.elbv2.models import FakeAction

from emulator.control_plane.elbv2 import attributes, validation
from emulator.control_plane.elbv2 import exceptions as refuse
from emulator.control_plane.elbv2.state import group_arns, without_tags
from emulator.control_plane.elbv2.weights import Weights

DNS_NAME = "localhost"


class Elbv2Backend(Weights):
    """The operations on load balancers, listeners and rules, besides those on target groups."""

    # Load balancers

    def create_load_balancer(self, name: str, **settings: Any) -> Any:
        """Create one, or return the one that was created by the very same request."""
        validation.check_name("Load balancer", name)
        kind = settings.get("loadbalancer_type")
        if kind not in {None, "application"}:
            raise refuse.NotEmulated(f"Load balancer type '{kind}' is not emulated.")
        request = without_tags(settings)
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
        conditions = self._checked_conditions(conditions)
        rule = super().create_rule(
            listener_arn, conditions=[], priority=int(priority), actions=actions, tags=tags
        )
        rule.conditions = conditions
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
        conditions = self._checked_conditions(conditions)
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

    # What these share

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

    def _checked_conditions(self, conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        normalised = validation.normalised_conditions(conditions)
        self._validate_conditions(conditions)
        return normalised

    def _checked_actions(
        self, load_balancer_arn: str, actions: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        normalised = validation.normalised_actions(actions)
        for arn in group_arns(normalised):
            users = set(self._group(arn).load_balancer_arns)
            if users - {load_balancer_arn}:
                raise refuse.TargetGroupAssociationLimit(arn)
        return normalised


def _rule_arns(listeners: Iterable[Any]) -> list[str]:
    return [rule.arn for listener in listeners for rule in listener.rules.values()]
