"""Whose the lock on a state is: a run that is alive keeps it, one that died loses it."""

import socket
from pathlib import Path

import psutil

from workshop.config import Config
from workshop.errors import UsageError
from workshop.state import StateLock

_PROVIDER = "terraform-provi"
"""What a provider's process is called, which locks no state; Linux tells 15 letters of a name."""


def release_stale_lock(lock: StateLock, config: Config) -> None:
    """Return if the lock's owner is dead, so that it may be removed.

    Raises: UsageError naming the holder if it lives, or is on another machine and nobody knows.
    """
    _, _, host = lock.who.rpartition("@")
    if host != socket.gethostname():
        raise _held(lock, "on another machine")
    holder = living_terraform(config)
    if holder is not None:
        raise _held(lock, f"process {holder} of this machine")


def living_terraform(config: Config) -> int | None:
    """Return the process id of a Terraform that works on this participant's state, if one does."""
    for process in psutil.process_iter(["name"]):
        name = process.info["name"] or ""
        if not name.startswith("terraform") or name.startswith(_PROVIDER):
            continue
        try:
            if _is_on_state(process, config):
                return process.pid
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            return process.pid  # somebody's, and we cannot see whose: leave the lock alone
    return None


def _is_on_state(process: psutil.Process, config: Config) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    folder = process.environ().get("TF_DATA_DIR")
    if folder:
        return Path(folder).resolve() == config.terraform_data_dir.resolve()
    return Path(process.cwd()).resolve() == config.terraform_dir.resolve()


def _held(lock: StateLock, where: str) -> UsageError:
    return UsageError(
        f"The state of this environment is locked by `{lock.who}` ({where}) since "
        f"{lock.created}, for `{lock.operation}`.",
        "Wait for that run to end. If it is dead, run "
        f"`workshop terraform -- force-unlock {lock.lock_id}`.",
    )
