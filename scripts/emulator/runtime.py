"""What every part of one running emulator shares."""

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.clock import Clock
from emulator.config import Settings
from emulator.data_plane.addresses import AddressBook
from emulator.data_plane.registry.store import ImageStore
from emulator.emulated_time import EmulatedTime
from emulator.hints import Hints

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.client import BaseClient


@dataclass
class Runtime:
    """The settings, the clock, the hints and the one lock of a running emulator.

    `lock` guards moto's models. The front holds it around every AWS request; whoever reads or
    changes a backend from another thread takes it too, and does nothing slow meanwhile: no
    process, no file transfer, no call of `client`, which would come back through the front.
    """

    settings: Settings
    clock: Clock
    hints: Hints = field(default_factory=Hints)
    addresses: AddressBook = field(default_factory=AddressBook)
    lock: threading.RLock = field(default_factory=threading.RLock)
    images: ImageStore = field(init=False)
    emulated_time: EmulatedTime = field(init=False)
    _session: "Session | None" = None
    _clients: dict[tuple[str, str, str], "BaseClient"] = field(default_factory=dict)
    _clients_lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.emulated_time = EmulatedTime(self.clock)
        self.images = ImageStore(self.settings.data_dir / "registry", self.settings.registry_host)

    def client(self, service: str, account_id: str, region: str) -> Any:
        """Return a boto3 client of this emulator's own API, for parts that act as AWS's callers do.

        Never call it with `lock` held: the request would wait for the thread that waits for it.
        """
        key = (service, account_id, region)
        with self._clients_lock:
            if key not in self._clients:
                self._session = self._session or _new_session()
                self._clients[key] = _new_client(self._session, self.settings.endpoint_url, *key)
            return self._clients[key]


def _new_session() -> "Session":
    """Return a session that reads nothing of the user's; its clients share the models it reads."""
    import boto3
    from botocore.session import Session

    no_file = (None, None, os.devnull, None)
    own = Session(session_vars={"config_file": no_file, "credentials_file": no_file})
    return boto3.Session(botocore_session=own)


def _new_client(
    session: "Session", endpoint_url: str, service: str, account_id: str, region: str
) -> "BaseClient":
    from botocore.config import Config

    options = Config(
        retries={"total_max_attempts": 1},
        proxies={},
        s3={"addressing_style": "path"},
    )
    return session.client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=account_id,
        aws_secret_access_key="emulator",  # noqa: S106 (no secret: loopback only)
        verify=False,  # plain HTTP, and a bundle that the environment names may be missing
        config=options,
    )
