"""One run a participant and target: the second is told who holds it."""

import fcntl
import json
import os
from types import TracebackType
from typing import IO

from workshop.config import Config
from workshop.errors import UsageError


class RunLock:
    """A lock of the operating system on a file; it ends with its holder, however that dies."""

    def __init__(self, config: Config, command: str) -> None:
        self._config = config
        self._command = command
        self._path = config.state_dir / "locks" / f"{config.target}-{config.participant}.lock"
        self._file: IO[str] | None = None

    def __enter__(self) -> "RunLock":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            with file:
                holder = _holder(file)
            raise UsageError(
                f"Participant `{self._config.participant}` on target `{self._config.target}` is "
                f"taken by {holder}.",
                "Wait for it to end, then run this again.",
            ) from error
        file.truncate(0)
        json.dump({"pid": os.getpid(), "command": self._command}, file)
        file.flush()
        self._file = file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        found = json.load(file)
        return f"`{found['command']}` (process {found['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another run that just began"
