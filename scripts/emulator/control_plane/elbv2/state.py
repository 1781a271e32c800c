"""What the elbv2 backend's parts share, and what the data plane reads of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.elbv2.models import ELBv2Backend

from emulator.control_plane.base import Emulated
from emulator.control_plane.elbv2 import exceptions as refuse
from emulator.control_plane.elbv2.routing import (
    Address,
    GroupTargets,
    HealthCheck,
    ListenerTable,
    listener_table,
)
from emulator.control_plane.elbv2.targets import Registrations


class State(Emulated, ELBv2Backend):
    """One account's load balancers in one region, as moto holds them, and our registrations.

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

    def _group(self, arn: str) -> Any:
        try:
            return self.target_groups[arn]
        except KeyError:
            raise refuse.TargetGroupNotFound(arn) from None

    def _registered(self, arn: str) -> Registrations:
        registered = self.registrations[arn]
        if registered.drop_drained():
            self._changed("elbv2.target", arn)
        return registered

    def _listeners(self) -> Iterator[tuple[Any, Any]]:
        for balancer in self.load_balancers.values():
            for listener in balancer.listeners.values():
                yield balancer, listener

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
                for arn in group_arns([action.data for action in rule.actions]):
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
                    port=check_port(group, target.address),
                    path=group.health_check_path,
                    interval_s=float(group.health_check_interval_seconds),
                    timeout_s=float(group.health_check_timeout_seconds),
                    matcher=group.matcher["HttpCode"],
                )


def without_tags(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what makes two requests the same: everything but their tags."""
    return {name: value for name, value in settings.items() if name != "tags"}


def group_arns(actions: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the target groups that normalised actions forward to."""
    for action in actions:
        for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
            yield group["TargetGroupArn"]


def check_port(group: Any, address: Address) -> int:
    """Return the port that a target is checked on."""
    return address[1] if group.health_check_port == "traffic-port" else int(group.health_check_port)
