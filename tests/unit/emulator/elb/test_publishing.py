"""Where listeners are published."""

import socket

import pytest
from elb_world import fixed, free_ports

from emulator.data_plane.load_balancer.publishing import NoPortFree, open_socket


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_unprivileged_port_is_published_on_its_own_number(world):
    (port,) = free_ports(1)
    assert world.published(world.listener(port=port)) == port


def test_privileged_port_is_published_on_one_of_the_range(world):
    listener = world.listener()
    assert world.published(listener) in world.emulator.settings.published_ports
    assert world.get(listener) == (404, "no such page")


def test_port_that_another_process_has_is_left_to_it(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        published = world.published(world.listener(port=port))
    assert published != port
    assert published in world.emulator.settings.published_ports


def test_two_listeners_have_two_ports(world):
    assert world.published(world.listener()) != world.published(world.listener())


def test_listener_keeps_its_port_when_it_is_changed(world):
    listener = world.listener()
    before = world.published(listener)
    world.elb.modify_listener(ListenerArn=listener, DefaultActions=[fixed("200", "changed")])
    assert world.published(listener) == before
    assert world.get(listener) == (200, "changed")


def test_listener_that_is_moved_to_another_port_is_published_there(world):
    old, new = free_ports(2)
    listener = world.listener(port=old)
    assert world.published(listener) == old
    world.elb.modify_listener(ListenerArn=listener, Port=new)
    assert world.published(listener) == new
    assert not is_open(old)


def test_deleted_listener_closes_its_port(world):
    listener = world.listener()
    port = world.published(listener)
    assert is_open(port)
    world.elb.delete_listener(ListenerArn=listener)
    assert world.published(listener) is None
    assert not is_open(port)


def test_deleted_load_balancer_closes_its_ports(world):
    listener = world.listener()
    port = world.published(listener)
    world.elb.delete_load_balancer(LoadBalancerArn=world.arn)
    assert world.published(listener) is None
    assert not is_open(port)


def test_taken_ports_are_passed_over():
    first, second = free_ports(2)
    with (
        socket.create_server(("127.0.0.1", first)),
        open_socket("127.0.0.1", 80, [first, second]) as opened,
    ):
        assert opened.getsockname()[1] == second


def test_range_without_a_free_port_is_an_error_that_names_the_listener():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NoPortFree, match="listener on 80"):
            open_socket("127.0.0.1", 80, [port])
