"""What ends a run in order, and a terminal that is closed meanwhile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from workshop.interrupts import heeded

GOES_ON = """
import signal, sys
from workshop.interrupts import let_go_of_terminal
def hear(number, frame):
    let_go_of_terminal()
    print("to stdout", flush=True)
    print("to stderr", file=sys.stderr, flush=True)
    sys.exit(7)
signal.signal(signal.SIGHUP, hear)
print("ready", file=sys.stderr, flush=True)
while True:
    signal.pause()
"""


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert heeded() == [signal.SIGINT, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_run_goes_on_without_its_terminal_and_still_writes_to_its_file(tmp_path: Path):
    ours, its = os.openpty()
    kept = tmp_path / "out"
    with (
        kept.open("wb") as out,
        subprocess.Popen([sys.executable, "-c", GOES_ON], stdin=its, stdout=out, stderr=its) as run,
    ):
        os.close(its)
        while b"ready" not in os.read(ours, 4096):
            pass
        os.close(ours)
        run.send_signal(signal.SIGHUP)  # the kernel sends it to the terminal's own session alone
        assert run.wait(60) == 7
    assert kept.read_text() == "to stdout\n"
