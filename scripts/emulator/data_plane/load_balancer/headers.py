"""Headers on their way through: what an ALB takes out and what it adds.

Source: Application Load Balancer guide, "HTTP headers and Application Load Balancers" and "Request
tracing"; hop-by-hop headers by RFC 9110, 7.6.1.
"""

import random
import time

from emulator.data_plane.load_balancer.upstream import Headers

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_REPLACED = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-port", b"x-amzn-trace-id", b"expect"}
)


def for_target(received: Headers, client_ip: str, port: int) -> list[bytes]:
    """Return the header lines of a forwarded request. `port` is the one that the client came to."""
    dropped = _HOP_BY_HOP | _REPLACED | named_by_connection(received)
    lines = [name + b": " + value for name, value in received if name.lower() not in dropped]
    forwarded_for = [*_values(received, b"x-forwarded-for"), client_ip.encode()]
    lines.append(b"X-Forwarded-For: " + b", ".join(forwarded_for))
    lines.append(b"X-Forwarded-Proto: http")
    lines.append(b"X-Forwarded-Port: %d" % port)
    lines.append(b"X-Amzn-Trace-Id: " + _trace_id(_values(received, b"x-amzn-trace-id")))
    return lines


def for_client(received: Headers) -> list[bytes]:
    """Return the header lines of a relayed answer, without those of this hop."""
    dropped = _HOP_BY_HOP | named_by_connection(received)
    return [name + b": " + value for name, value in received if name.lower() not in dropped]


def named_by_connection(received: Headers) -> frozenset[bytes]:
    """Return the headers that `Connection` says are for this hop only."""
    values = _values(received, b"connection")
    if not values:
        return frozenset()
    names = b",".join(values).lower().split(b",")
    # a peer must not take the length of a body away from the next hop
    return frozenset(name.strip() for name in names) - {b"content-length", b"host"}


def _values(received: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in received if name.lower() == wanted]


def _trace_id(received: list[bytes]) -> bytes:
    fresh = b"1-%08x-%024x" % (int(time.time()), random.getrandbits(96))
    if received and b"Root=" in received[0]:
        kept = b";".join(part for part in received[0].split(b";") if not part.startswith(b"Self="))
        return b"Self=" + fresh + b";" + kept
    return b"Root=" + fresh
