"""Who is in a target group, on a clock that the test moves."""

import pytest

from emulator.control_plane.elbv2.targets import Registrations
from emulator.engines.target_health import NO_ANSWER, PASSED, State, Thresholds

A, A_OTHER_PORT, B = ("10.0.0.1", 80), ("10.0.0.1", 81), ("10.0.0.2", 80)
TWO = Thresholds(healthy=2, unhealthy=2)


class HandClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def targets(clock):
    registrations = Registrations(clock)
    registrations.use(True)
    return registrations


def check(targets: Registrations, address, result) -> None:
    serial = next(target.serial for target in targets if target.address == address)
    targets.observe(address, serial, result, TWO)


def test_two_ports_of_one_address_are_two_targets(targets):
    targets.register(A)
    targets.register(A_OTHER_PORT)
    check(targets, A, PASSED)
    assert targets.health_of(A).state == "healthy"
    assert targets.health_of(A_OTHER_PORT).state == "initial"


def test_unknown_target_is_not_registered(targets):
    assert targets.health_of(A).reason == "Target.NotRegistered"


def test_registering_again_changes_nothing(targets):
    targets.register(A)
    check(targets, A, PASSED)
    targets.register(A)
    assert targets.health_of(A).state == "healthy"


def test_targets_of_a_group_without_listener_are_unused(clock):
    targets = Registrations(clock)
    targets.register(A)
    assert targets.health_of(A).reason == "Target.NotInUse"
    targets.use(True)
    assert targets.health_of(A).reason == "Elb.RegistrationInProgress"
    check(targets, A, PASSED)
    targets.use(False)
    assert targets.health_of(A).reason == "Target.NotInUse"


def test_deregistered_target_drains_for_the_delay_and_is_gone(targets, clock):
    targets.register(A)
    targets.deregister(A, 5)
    clock.now += 4.9
    assert not targets.drop_drained()
    assert targets.health_of(A).reason == "Target.DeregistrationInProgress"
    clock.now += 0.2
    assert targets.drop_drained()
    assert targets.health_of(A).reason == "Target.NotRegistered"


def test_clock_jump_ends_draining_and_nothing_else(targets, clock):
    targets.register(A)
    targets.register(B)
    check(targets, B, PASSED)
    targets.deregister(A, 300)
    clock.now += 86_400
    targets.drop_drained()
    assert [target.address for target in targets] == [B]
    assert targets.health_of(B).state == "healthy"


def test_without_delay_a_target_is_gone_at_once(targets):
    targets.register(A)
    targets.deregister(A, 0)
    assert targets.health_of(A).reason == "Target.NotRegistered"


def test_target_of_an_unused_group_is_gone_at_once(clock):
    targets = Registrations(clock)
    targets.register(A)
    targets.deregister(A, 300)
    assert targets.health_of(A).reason == "Target.NotRegistered"


def test_deregistering_twice_does_not_prolong_the_delay(targets, clock):
    targets.register(A)
    targets.deregister(A, 5)
    clock.now += 4
    targets.deregister(A, 5)
    clock.now += 1.1
    assert targets.drop_drained()


def test_draining_target_that_is_registered_again_starts_anew(targets, clock):
    targets.register(A)
    check(targets, A, PASSED)
    targets.deregister(A, 5)
    targets.register(A)
    clock.now += 10
    assert not targets.drop_drained()
    assert targets.health_of(A).state == "initial"


def test_check_of_an_earlier_registration_counts_for_nothing(targets):
    targets.register(A)
    old = next(iter(targets)).serial
    targets.deregister(A, 0)
    targets.register(A)
    assert not targets.observe(A, old, PASSED, TWO)
    assert targets.health_of(A).state == "initial"


def test_requests_go_to_the_healthy_only(targets):
    targets.register(A)
    targets.register(B)
    check(targets, A, PASSED)
    assert targets.view().routable == (A,)


def test_with_nobody_healthy_requests_go_to_all_that_are_registered(targets):
    targets.register(A)
    targets.register(B)
    check(targets, A, NO_ANSWER)
    check(targets, A, NO_ANSWER)
    assert targets.health_of(A).state == State.UNHEALTHY
    assert targets.view().routable == (A, B)


def test_draining_target_gets_no_request_and_no_check(targets):
    targets.register(A)
    targets.register(B)
    targets.deregister(A, 5)
    assert targets.view().routable == (B,)
    assert [target.address for target in targets.active()] == [B]
