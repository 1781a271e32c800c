"""A constant load beside what is measured, in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.rows import Row
from tests.standing import PROJECT

RATE = 200
MOST_S = 1800


@contextmanager
def under_load(url: str) -> Iterator[dict[str, Any]]:
    """Send `RATE` requests a second meanwhile; afterwards what is yielded holds what they met."""
    generator = subprocess.Popen(
        [sys.executable, "-m", "tests.load", "--url", url, "--duration", str(MOST_S)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    report: dict[str, Any] = {}
    try:
        yield report
    finally:
        generator.send_signal(signal.SIGINT)
        printed, _ = generator.communicate()
        report.update(json.loads(printed))


def failed_requests(what: str, report: dict[str, Any]) -> Row:
    """Return the row that allows no request to fail."""
    share = report["on_new_connections"] / report["sent"]
    told = (
        f"{report['sent']} sent at {RATE}/s, {share:.0%} on new connections; p99 "
        f"{report['latency_ms']['p99']:.0f} ms, slowest {report['latency_ms']['max']:.0f} ms; "
        f"{len(report['versions'])} versions answered"
    )
    if report["failed"]:
        told += f"; {json.dumps(report['failures'])}"
    return Row(f"{what}: failed requests", report["failed"], "", told, limit=0)
