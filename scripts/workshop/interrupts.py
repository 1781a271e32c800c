"""What ends a run in order: Ctrl-C, being told to end, and a terminal that is closed."""

import os
import signal
import stat


def heeded() -> list[signal.Signals]:
    """Return the signals that interrupt, without those that we were started to ignore (`nohup`)."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [one for one in numbers if signal.getsignal(one) is not signal.SIG_IGN]


def let_go_of_terminal() -> None:
    """Read nothing and write nowhere from here on, except to files and pipes.

    Whoever writes to a closed terminal gets an error, in the middle of ending in order.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        if stat.S_ISCHR(os.fstat(stream).st_mode):
            os.dup2(nowhere, stream)
    os.close(nowhere)
