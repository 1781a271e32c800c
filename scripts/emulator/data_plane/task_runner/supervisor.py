"""The parent of one container's process: it ends its child when the emulator is gone.

Run as a script of its own, with the standard library alone: `supervisor.py STATUS_FD`. The first
line of standard input is a JSON object {argv, env, cwd, pid_file}; the following ones are names of
signals for the child's process group. End of input means that the emulator is gone, whatever ended
it: the group gets SIGTERM, and SIGKILL soon after. What happens is told on STATUS_FD: `pid N`,
`error TEXT`, `exit N`. Plain fork and pipes work alike on Linux and macOS.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time

ORPHAN_GRACE_S = 2.0


def main() -> None:
    status_fd = int(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    first, rest = read_line()
    spec = json.loads(first)
    child, error = spawn(spec, status_fd)
    if error:
        tell(status_fd, f"error {error}")
        return
    silence()
    with open(spec["pid_file"], "w") as file:  # noqa: PTH123 (no pathlib: its import is slow)
        file.write(str(child))
    tell(status_fd, f"pid {child}")
    code = watch(child, woken, rest)
    kill_group(child, signal.SIGKILL)  # what the container's first process left behind
    with contextlib.suppress(OSError):
        os.unlink(spec["pid_file"])  # noqa: PTH108 (as above)
    tell(status_fd, f"exit {code}")


def read_line() -> tuple[bytes, bytes]:
    data = b""
    while b"\n" not in data:
        chunk = os.read(0, 65536)
        if not chunk:
            sys.exit(0)
        data += chunk
    first, _, rest = data.partition(b"\n")
    return first, rest


def spawn(spec: dict, status_fd: int) -> tuple[int, str]:  # type: ignore[type-arg]
    """Fork and exec in a session of its own; return the pid and why it could not start."""
    reader, writer = os.pipe()  # closed by a successful exec, since it is not inheritable
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            os.close(status_fd)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.chdir(spec["cwd"])
            os.execvpe(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606
        except OSError as error:
            os.write(writer, (error.strerror or str(error)).encode())
        finally:
            os._exit(127)
    os.close(writer)
    message = b""
    while chunk := os.read(reader, 4096):
        message += chunk
    os.close(reader)
    if message:
        os.waitpid(child, 0)
    return child, message.decode(errors="replace")


def silence() -> None:
    """Let go of the container's output, so that it ends when the container does."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def watch(child: int, woken: int, data: bytes) -> int:
    """Pass signals on until the child has ended; return its exit code as a shell would."""
    is_orphan = False
    kill_at = 0.0
    while True:
        *lines, data = data.split(b"\n")
        for line in lines:
            kill_group(child, getattr(signal, line.decode()))
        ended, raw = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(raw)
            return code if code >= 0 else 128 - code
        if is_orphan and time.monotonic() >= kill_at:
            kill_group(child, signal.SIGKILL)
        sources = [woken] if is_orphan else [0, woken]
        ready, _, _ = select.select(sources, [], [], 0.2 if is_orphan else None)
        if woken in ready:
            os.read(woken, 4096)
        if 0 in ready:
            chunk = os.read(0, 65536)
            data += chunk
            if not chunk:
                is_orphan = True
                kill_at = time.monotonic() + ORPHAN_GRACE_S
                kill_group(child, signal.SIGTERM)


def kill_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def tell(status_fd: int, text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(status_fd, (text + "\n").encode())


if __name__ == "__main__":
    main()
