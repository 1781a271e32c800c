"""One bash that takes commands one at a time, as a participant types them."""

import os
import selectors
import signal
import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType


class BashSession:
    """A bash whose folder and variables last; `run` returns a command's status and output."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> "BashSession":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def run(self, command: str, timeout_s: float = 60) -> tuple[int, str]:
        """Run a command. Raises subprocess.TimeoutExpired, and leaves the session unusable."""
        mark = f"end-{uuid.uuid4().hex}"
        assert self._process.stdin is not None
        line = f"{{ {command}\n}} < /dev/null; printf '%s %s\\n' {mark} $?\n"
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        printed = self._read_until(mark, command, timeout_s)
        text, _, rest = printed.rpartition(mark)
        return int(rest.split()[0]), text

    def _read_until(self, mark: str, command: str, timeout_s: float) -> str:
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout_s
        printed = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not (mark.encode() in printed and printed.endswith(b"\n")):
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise subprocess.TimeoutExpired(command, timeout_s, printed)
                chunk = os.read(self._process.stdout.fileno(), 65536)
                if not chunk:
                    raise AssertionError(f"bash ended during: {command}\n{printed.decode()}")
                printed += chunk
        return printed.decode("utf-8", "replace")
