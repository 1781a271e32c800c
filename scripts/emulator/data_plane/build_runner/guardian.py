"""The process above all of one build's commands: starts them, and ends with the emulator.

It runs as a program of its own, as leader of a session and of a process group that every command
of the build belongs to; one that moves to another group is found by its environment. It reads one
JSON list of arguments a line from its input, runs it, and writes the exit code as one line to the
descriptor it was given. The emulator holds the other end of that input; when the emulator ends,
however it ends, the input ends with it, and everything of the build is killed. This needs neither
Linux's death signal nor a list of process ids, and works the same on macOS.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress


def main() -> None:
    status_fd = int(sys.argv[1])
    os.set_inheritable(status_fd, False)
    for line in sys.stdin:
        arguments = json.loads(line)
        threading.Thread(target=_run, args=(arguments, status_fd), daemon=True).start()
    try:
        _kill_those_that_moved()
    finally:
        os.killpg(0, signal.SIGKILL)


def _kill_those_that_moved() -> None:
    import psutil  # here, since nearly every build ends without it

    source = os.environ.get("CODEBUILD_SRC_DIR")
    for process in psutil.process_iter() if source else ():
        with suppress(psutil.Error, OSError):
            moved = os.getpgid(process.pid) != os.getpgid(0)
            if moved and process.environ().get("CODEBUILD_SRC_DIR") == source:
                process.kill()


def _run(arguments: list[str], status_fd: int) -> None:
    try:
        code = subprocess.run(arguments, stdin=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        code = 127
    os.write(status_fd, f"{code}\n".encode())


if __name__ == "__main__":
    main()
