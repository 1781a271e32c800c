"""The emulator's folder, private to the user, and held by one emulator at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO


class DataFolderInUseError(OSError):
    """Another emulator lives in the folder; the message names its process and port."""


class DataFolder:
    """Holds a folder for as long as this process lives; a dead holder's hold is gone with it.

    Two emulators in one folder would each end what the other runs, as leftovers of a crash.
    """

    def __init__(self, path: Path, port: int) -> None:
        self._path = path
        self._port = port
        self._held: IO[str] | None = None

    def hold(self) -> None:
        """Make the folder if it is missing, and hold it. Raises: DataFolderInUseError."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = (self._path / "emulator.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            with held:
                held.seek(0)
                holder = held.read().strip()
            raise DataFolderInUseError(
                f"the folder `{self._path}` belongs to another emulator, {holder}"
            ) from error
        held.truncate(0)
        held.write(f"process {os.getpid()} on port {self._port}")
        held.flush()
        self._held = held

    def release(self) -> None:
        """Let the folder go. Idempotent."""
        if self._held is not None:
            self._held.close()
            self._held = None
