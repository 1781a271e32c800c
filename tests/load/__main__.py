"""`python -m tests.load --url URL --rate N --duration S`: print a JSON summary."""

import argparse
import json
import signal
import threading

from tests.load.generator import run_load


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if no request failed, else 1. Ctrl-C ends the load and still prints the summary."""
    parser = argparse.ArgumentParser(prog="tests.load", description="Constant open-loop load.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--duration", type=float, default=60, help="seconds")
    parser.add_argument("--new-share", type=float, default=0.5, help="share on new connections")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        report = run_load(options.url, options.rate, options.duration, stop, options.new_share)
    finally:
        signal.signal(signal.SIGINT, before)
    print(json.dumps(report.as_dict(), indent=2))
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
