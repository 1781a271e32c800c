"""Requests on their way to targets and back, over real sockets."""

import asyncio
import http.client
import socket
import threading

import pytest
from elb_target import Target, response
from elb_world import eventually, fixed, forward, free_ports


@pytest.fixture
def one(world):
    """Return the world, a listener and the one healthy target that it forwards to."""
    group, (target,) = world.serving()
    return world, world.listener(forward((group, 1))), target


def answering(made: bytes | None):
    async def answer(_request):
        return made

    return answer


def raw(port: int, sent: bytes) -> bytes:
    """Return everything that comes back for some bytes, until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


class TestWhatTheTargetSees:
    def test_host_path_and_query_are_those_of_the_client(self, one):
        world, listener, target = one
        world.get(listener, "/a%20b?x=1&y=%2F", Host="www.example.com")
        (seen,) = target.requests
        assert seen.target == "/a%20b?x=1&y=%2F"
        assert seen.header("Host") == "www.example.com"

    def test_forwarded_headers_are_added(self, one):
        world, listener, target = one
        world.get(listener)
        (seen,) = target.requests
        assert seen.header("X-Forwarded-For") == "127.0.0.1"
        assert seen.header("X-Forwarded-Proto") == "http"
        assert seen.header("X-Forwarded-Port") == str(world.published(listener))
        assert seen.header("X-Amzn-Trace-Id").startswith("Root=1-")

    def test_client_address_is_appended_to_forwarded_for(self, one):
        world, listener, target = one
        world.get(listener, **{"X-Forwarded-For": "203.0.113.7"})
        assert target.requests[0].header("X-Forwarded-For") == "203.0.113.7, 127.0.0.1"

    def test_trace_that_a_client_began_goes_on(self, one):
        world, listener, target = one
        root = "Root=1-67891233-abcdef012345678912345678"
        world.get(listener, **{"X-Amzn-Trace-Id": root})
        trace = target.requests[0].header("X-Amzn-Trace-Id")
        assert trace.startswith("Self=1-")
        assert trace.endswith(";" + root)

    def test_headers_of_the_hop_are_taken_out(self, one):
        world, listener, target = one
        world.get(listener, Connection="close, X-Only-Here", TE="trailers", **{"X-Only-Here": "1"})
        names = {name.lower() for name, _ in target.requests[0].headers}
        assert names.isdisjoint({"connection", "te", "x-only-here"})

    def test_nothing_else_is_added(self, one):
        world, listener, target = one
        port = world.published(listener)
        raw(port, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        names = {name.lower() for name, _ in target.requests[0].headers}
        forwarded = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"}
        assert names == {"host", "x-amzn-trace-id"} | forwarded

    @pytest.mark.parametrize("size", [0, 10, 300_000])
    def test_body_of_known_length_arrives_whole(self, one, size):
        world, listener, target = one
        connection = world.connect(listener)
        connection.request("POST", "/", body=b"x" * size)
        assert connection.getresponse().status == 200
        (seen,) = target.requests
        assert seen.body == b"x" * size
        assert seen.header("Content-Length") == str(size)

    def test_chunked_body_arrives_whole(self, one):
        world, listener, target = one
        connection = world.connect(listener)
        connection.request("PUT", "/", body=iter([b"ab", b"c" * 100_000]), encode_chunked=True)
        assert connection.getresponse().status == 200
        assert target.requests[0].body == b"ab" + b"c" * 100_000

    def test_client_that_expects_100_continue_is_told_to_go_on(self, one):
        world, listener, target = one
        head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        with socket.create_connection(("127.0.0.1", world.published(listener)), 10) as client:
            client.sendall(head)
            assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"hi")
            assert client.recv(1000).startswith(b"HTTP/1.1 200")
        assert target.requests[0].body == b"hi"


class TestWhatTheClientSees:
    def test_status_headers_and_body_are_the_targets(self, one):
        world, listener, target = one
        made = response("gone", "410 Gone", "X-Hello-Version: abc", "Server: mine")
        target.answer = answering(made)
        connection = world.connect(listener)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.reason, answer.read()) == (410, "Gone", b"gone")
        assert dict(answer.getheaders()) == {
            "Content-Length": "4",
            "X-Hello-Version": "abc",
            "Server": "mine",
        }

    def test_several_cookies_stay_several(self, one):
        world, listener, target = one
        made = response("", "200 OK", "Set-Cookie: a=1", "Set-Cookie: b=2")
        target.answer = answering(made)
        connection = world.connect(listener)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]

    def test_head_has_the_length_and_no_body(self, one):
        world, listener, target = one
        target.answer = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        connection = world.connect(listener)
        for _ in range(2):  # the second one shows that nothing was left over
            connection.request("HEAD", "/")
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("Content-Length")) == (200, "5")
            assert answer.read() == b""

    def test_no_content_keeps_the_connection(self, one):
        world, listener, target = one
        target.answer = answering(b"HTTP/1.1 204 No Content\r\n\r\n")
        connection = world.connect(listener)
        for _ in range(2):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (204, b"")

    def test_long_body_is_streamed_whole(self, one):
        world, listener, target = one
        target.answer = answering(response("x" * 1_000_000))
        assert world.get(listener) == (200, "x" * 1_000_000)

    def test_chunked_body_is_streamed_as_it_comes(self, one):
        world, listener, target = one
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        target.answer = answering(head + b"5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n")
        connection = world.connect(listener)
        for _ in range(2):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert answer.getheader("Transfer-Encoding") == "chunked"
            assert answer.read() == b"hello!"

    def test_body_that_ends_with_the_connection_is_whole(self, one):
        world, listener, target = one

        async def answer(_request):
            await target_says(target, b"HTTP/1.1 200 OK\r\n\r\nall of it")

        target.answer = answer
        assert world.get(listener) == (200, "all of it")

    def test_old_clients_get_no_chunks(self, one):
        world, listener, target = one
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        target.answer = answering(head + b"2\r\nhi\r\n0\r\n\r\n")
        received = raw(world.published(listener), b"GET / HTTP/1.0\r\n\r\n")
        assert b"chunked" not in received
        assert received.endswith(b"\r\n\r\nhi")

    def test_old_clients_may_keep_their_connection(self, one):
        world, listener, _ = one
        request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        with socket.create_connection(("127.0.0.1", world.published(listener)), 10) as client:
            for _ in range(2):
                client.sendall(request)
                assert b"Connection: keep-alive" in client.recv(1000)

    def test_answer_that_breaks_off_breaks_off_for_the_client(self, one):
        world, listener, target = one

        async def answer(_request):
            await target_says(
                target, b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 99
            )

        target.answer = answer
        connection = world.connect(listener)
        connection.request("GET", "/")
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            connection.getresponse().read()


async def target_says(target: Target, text: bytes) -> None:
    """Send bytes on every open connection of a target; the caller then closes them."""
    for writer in target._writers:
        writer.write(text)
        await writer.drain()


class TestErrors:
    def test_group_without_targets_is_a_503(self, world):
        status, body = world.get(world.listener(forward((world.group(), 1))))
        assert status == 503
        assert "<h1>503 Service Temporarily Unavailable</h1>" in body

    def test_groups_of_weight_0_are_a_503(self, world):
        group, _ = world.serving()
        assert world.get(world.listener(forward((group, 0))))[0] == 503

    def test_errors_are_signed_by_the_load_balancer(self, world):
        connection = world.connect(world.listener(forward((world.group(), 1))))
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("Server") == "awselb/2.0"
        assert answer.getheader("Content-Type") == "text/html"

    def test_target_without_address_is_a_502(self, one):
        world, listener, _ = one
        for address in world.health(world.groups[0]):
            world.emulator.runtime.addresses.withdraw(address)
        status, body = world.get(listener)
        assert status == 502
        assert "<h1>502 Bad Gateway</h1>" in body

    def test_refused_connection_is_a_502(self, one):
        world, listener, _ = one
        (nobody,) = free_ports(1)
        for address in world.health(world.groups[0]):
            world.emulator.runtime.addresses.publish(address, 80, nobody)
        assert world.get(listener)[0] == 502

    @pytest.mark.parametrize(
        "made",
        [
            None,
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        ],
    )
    def test_answer_that_makes_no_sense_is_a_502(self, one, made):
        world, listener, target = one
        target.answer = answering(made)
        assert world.get(listener)[0] == 502

    def test_target_that_closes_in_a_short_body_is_a_502(self, one):
        world, listener, target = one

        async def answer(_request):
            await target_says(target, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")

        target.answer = answer
        assert world.get(listener)[0] == 502

    def test_target_that_does_not_answer_is_a_504_after_the_idle_timeout(self, one):
        world, listener, target = one
        attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
        world.elb.modify_load_balancer_attributes(LoadBalancerArn=world.arn, Attributes=[attribute])

        async def answer(_request):
            await asyncio.Event().wait()

        target.answer = answer
        status, body = world.get(listener)
        assert status == 504
        assert "<h1>504 Gateway Time-out</h1>" in body

    @pytest.mark.parametrize(
        "sent",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n",
        ],
    )
    def test_malformed_request_is_a_400(self, one, sent):
        world, listener, target = one
        with socket.create_connection(("127.0.0.1", world.published(listener)), 10) as client:
            client.sendall(sent)
            received = client.recv(4000)
        assert received.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        assert b"Server: awselb/2.0" in received
        assert target.requests == []


class TestConnections:
    def test_connection_to_the_target_is_kept(self, one):
        world, listener, target = one
        before = target.connections
        for _ in range(5):
            assert world.get(listener)[0] == 200
        assert target.connections == before + 1

    def test_kept_connection_that_the_target_closed_is_not_a_502(self, one):
        world, listener, target = one
        for _ in range(10):
            assert world.get(listener)[0] == 200
            target.drop_connections()

    def test_request_that_met_a_closing_connection_is_sent_once_more(self, one):
        world, listener, target = one
        assert world.get(listener)[0] == 200
        answers = iter([None, response("again")])

        async def answer(_request):
            return next(answers)

        target.answer = answer
        assert world.get(listener) == (200, "again")

    def test_request_that_may_not_be_repeated_is_a_502(self, one):
        world, listener, target = one
        assert world.get(listener)[0] == 200
        target.answer = answering(None)
        before = len(target.requests)
        connection = world.connect(listener)
        connection.request("POST", "/", body=b"order")
        assert connection.getresponse().status == 502
        assert len(target.requests) == before + 1

    def test_idle_connections_are_closed_when_the_target_is_deregistered(self, one):
        world, listener, target = one
        assert world.get(listener)[0] == 200
        assert target.open_connections
        world.deregister(world.groups[0], *world.health(world.groups[0]))
        eventually(lambda: not target.open_connections)

    def test_request_under_way_finishes_while_its_target_drains(self, one):
        world, listener, target = one
        arrived, release = threading.Event(), threading.Event()

        async def answer(_request):
            arrived.set()
            await asyncio.to_thread(release.wait, 10)
            return response("finished")

        target.answer = answer
        answers = []
        client = threading.Thread(target=lambda: answers.append(world.get(listener)))
        client.start()
        assert arrived.wait(10)
        (address,) = world.health(world.groups[0])
        world.deregister(world.groups[0], address)
        assert world.health(world.groups[0])[address]["State"] == "draining"
        assert world.get(listener)[0] == 503
        release.set()
        client.join(10)
        assert answers == [(200, "finished")]


class TestRules:
    def test_targets_take_turns(self, world):
        group, targets = world.serving(3)
        listener = world.listener(forward((group, 1)))
        bodies = [world.get(listener)[1] for _ in range(9)]
        assert sorted(bodies) == sorted([target.name for target in targets] * 3)

    def test_rule_forwards_and_the_default_answers_the_rest(self, world):
        group, _ = world.serving()
        listener = world.listener(fixed("404", "no such page"))
        world.elb.create_rule(
            ListenerArn=listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/hello/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        assert world.get(listener, "/hello/ana") == (200, "a")
        assert world.get(listener, "/other") == (404, "no such page")

    def test_lower_priority_number_is_tried_first_whatever_the_order_of_making(self, world):
        listener = world.listener()
        for priority in (20, 3, 100):
            world.elb.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=[{"Field": "path-pattern", "Values": ["*"]}],
                Actions=[fixed("200", str(priority))],
            )
        assert world.get(listener)[1] == "3"

    def test_switch_holds_for_the_next_request_on_a_kept_connection(self, world):
        blue, green = world.group(), world.group()
        listener = world.listener(forward((blue, 100), (green, 0)))
        for group, name in ((blue, "blue"), (green, "green")):
            _, address = world.target(name)
            world.register(group, address)
            world.wait_until_healthy(group, address)
        connection = world.connect(listener)

        def ask() -> bytes:
            connection.request("GET", "/")
            return connection.getresponse().read()

        for _ in range(5):
            assert {ask() for _ in range(10)} == {b"blue"}
            world.elb.modify_listener(
                ListenerArn=listener, DefaultActions=[forward((blue, 0), (green, 100))]
            )
            assert {ask() for _ in range(10)} == {b"green"}
            world.elb.modify_listener(
                ListenerArn=listener, DefaultActions=[forward((blue, 100), (green, 0))]
            )

    @pytest.mark.parametrize(
        ("config", "status", "location"),
        [
            ({"Protocol": "HTTPS", "Port": "443"}, 301, "https://shop.test:443/a?b=c"),
            ({"Host": "www.#{host}"}, 301, "http://www.shop.test:{port}/a?b=c"),
            ({"Path": "/new/#{path}", "Query": ""}, 302, "http://shop.test:{port}/new/a"),
        ],
    )
    def test_redirects_fill_in_the_parts_of_the_request(self, world, config, status, location):
        redirect = {
            "Type": "redirect",
            "RedirectConfig": {**config, "StatusCode": f"HTTP_{status}"},
        }
        listener = world.listener(redirect)
        connection = world.connect(listener)
        connection.request("GET", "/a?b=c", headers={"Host": "shop.test"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
        assert answer.getheader("Location") == location.format(port=world.published(listener))

    def test_unhealthy_targets_get_requests_when_there_are_no_others(self, world):
        group = world.group()
        listener = world.listener(forward((group, 1)))
        target, address = world.target()
        target.check_answer = answering(response("no", "500 Internal Server Error"))
        world.register(group, address)
        eventually(lambda: target.checks)
        assert world.get(listener) == (200, "a")
