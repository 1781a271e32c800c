"""The load balancer: what it costs a request, and a release under constant load."""

import re
import shutil
import subprocess

import psutil

from tests.bench.load import RATE, failed_requests, under_load
from tests.bench.place import Place, say, wait_until
from tests.bench.release_rows import release
from tests.bench.rows import Row
from tests.load.generator import run_load
from workshop.checks.web import ask

CONNECTIONS = 8
SECONDS = 5

_FIGURE = re.compile(r"([\d.]+)(us|ms|s)")
_IN_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def throughput_rows(place: Place) -> list[Row]:
    """Compare keep-alive requests through the balancer with one target asked directly."""
    url = place.hello_url
    direct = url.replace(url.split("/")[2], f"127.0.0.1:{target_port(place)}")
    if shutil.which("wrk") is None:
        say(f"asking balancer and target {RATE} times a second; `wrk` would ask as fast as it can")
        through, straight = _latency_by_load(url), _latency_by_load(direct)
        return [_latency_row(through, straight, f"at {RATE} requests/s")]
    say("asking balancer and target as fast as they answer")
    through_wrk, straight_wrk = _by_wrk(url), _by_wrk(direct)
    told = f"one of the two targets asked directly: {straight_wrk['rate']:.0f} /s"
    return [
        Row("load balancer: requests with keep-alive", through_wrk["rate"], "/s", told),
        _latency_row(through_wrk, straight_wrk, f"over {CONNECTIONS} connections"),
    ]


def rolling_update_row(place: Place) -> Row:
    """Count failed requests while a release rolls out."""
    say(f"releasing under {RATE} requests a second")
    with under_load(place.hello_url) as report:
        release(place)
    return failed_requests("rolling update", report)


def target_port(place: Place) -> int:
    """Return the host port of a task that the balancer sends requests to."""
    task_id = ask(place.hello_url).task_id or "none"

    def look() -> int | None:
        for process in place.emulator.children(recursive=True):
            if task_id in " ".join(process.cmdline()):
                for connection in process.net_connections("tcp"):
                    if connection.status == psutil.CONN_LISTEN:
                        return int(connection.laddr.port)
        return None

    return wait_until(look)


def _latency_row(through: dict[str, float], straight: dict[str, float], how: str) -> Row:
    told = (
        f"{how}, p99 {through['p99']:.1f} ms; target asked directly: "
        f"{straight['p50']:.2f} ms, p99 {straight['p99']:.1f} ms"
    )
    return Row("load balancer: latency with keep-alive, median", through["p50"], "ms", told)


def _latency_by_load(url: str) -> dict[str, float]:
    return run_load(url, RATE, SECONDS, new_share=0).latency_ms


def _by_wrk(url: str) -> dict[str, float]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return read_wrk(done.stdout)


def read_wrk(printed: str) -> dict[str, float]:
    """Return wrk's rate, and the latencies p50 and p99 in milliseconds."""
    found = {"rate": float(printed.split("Requests/sec:")[1].split()[0])}
    for line in printed.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in {"50%", "99%"}:
            value, unit = _FIGURE.fullmatch(words[1]).groups()  # type: ignore[union-attr]
            found[f"p{words[0][:-1]}"] = float(value) * _IN_MS[unit]
    return found
