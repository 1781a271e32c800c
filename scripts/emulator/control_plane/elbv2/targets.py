"""Who is registered in a target group, by address and port, and how healthy each one is."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from emulator.control_plane.elbv2.routing import Address, GroupTargets
from emulator.engines import target_health as health
from emulator.engines.target_health import CheckResult, Event, Progress, State, Thresholds

_serials = itertools.count(1)


@dataclass
class RegisteredTarget:
    """One registration: the same address registered again has another `serial`."""

    address: Address
    progress: Progress
    serial: int = field(default_factory=lambda: next(_serials))
    drained_at: float | None = None


class Registrations:
    """The targets of one group. `in_use` says whether any listener or rule forwards to it.

    Draining is real time on the monotonic clock; a target whose delay is over is gone, whoever
    looks next.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._targets: dict[Address, RegisteredTarget] = {}
        self.in_use = False

    def __iter__(self) -> Iterator[RegisteredTarget]:
        return iter(self._targets.values())

    def active(self) -> list[RegisteredTarget]:
        """Return the targets that are not draining."""
        return [target for target in self if target.progress.state is not State.DRAINING]

    def register(self, address: Address) -> None:
        """Add a target, or take a draining one back; one that is registered stays as it is."""
        known = self._targets.get(address)
        if known and known.progress.state is not State.DRAINING:
            return
        initial = Progress() if self.in_use else Progress(health.NOT_IN_USE)
        if known:
            initial = health.advance(known.progress, Event.REGISTERED)
        self._targets[address] = RegisteredTarget(address, initial)

    def deregister(self, address: Address, delay_s: float) -> bool:
        """Begin to drain a target; return whether it was registered."""
        target = self._targets.get(address)
        if target is None or target.progress.state is State.DRAINING:
            return target is not None
        if target.progress.state is State.UNUSED or delay_s <= 0:
            del self._targets[address]
        else:
            target.progress = health.advance(target.progress, Event.DEREGISTERED)
            target.drained_at = self._monotonic() + delay_s
        return True

    def drop_drained(self) -> bool:
        """Forget targets whose delay is over; return whether there were any."""
        now = self._monotonic()
        over = [
            target.address
            for target in self
            if target.drained_at is not None and target.drained_at <= now
        ]
        for address in over:
            del self._targets[address]
        return bool(over)

    def use(self, in_use: bool) -> None:
        """Note that the group was put behind a listener, or taken from behind the last one."""
        if in_use == self.in_use:
            return
        self.in_use = in_use
        event = Event.PUT_IN_USE if in_use else Event.TAKEN_OUT_OF_USE
        for target in list(self):
            if target.progress.state is State.DRAINING:
                del self._targets[target.address]
            else:
                target.progress = health.advance(target.progress, event)

    def observe(
        self, address: Address, serial: int, check: CheckResult, thresholds: Thresholds
    ) -> bool:
        """Count one check of one registration; return whether the target's health changed."""
        target = self._targets.get(address)
        if target is None or target.serial != serial:
            return False
        before = target.progress.health
        target.progress = health.observe(target.progress, check, thresholds)
        return target.progress.health != before

    def health_of(self, address: Address) -> health.TargetHealth:
        target = self._targets.get(address)
        return target.progress.health if target else health.NOT_REGISTERED

    def view(self) -> GroupTargets:
        """Return where requests may go: the healthy, or all if none is (fail open)."""
        active = self.active()
        healthy = [target for target in active if target.progress.state is State.HEALTHY]
        return GroupTargets(
            routable=tuple(target.address for target in healthy or active),
            registered=tuple(target.address for target in active),
        )
