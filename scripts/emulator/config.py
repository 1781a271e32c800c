"""What an emulator can be told: one immutable object, made from the command line."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 4566
"""The port that `awslocal` and `tflocal` expect of an AWS on this machine."""

DEFAULT_CLOCK_SCALE = 12.0
"""A minute that AWS counts takes five seconds."""

ACCOUNT_ID = "123456789012"
"""moto's default account; a 12-digit access key id names another."""


@dataclass(frozen=True)
class Settings:
    """How one emulator runs.

    Shape: `port` is the API's TCP port; `published_ports` are what a listener is published on
    where its own number is privileged or taken; `clock_scale` is emulated seconds per real second.
    """

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    clock_scale: float = DEFAULT_CLOCK_SCALE
    published_ports: range = range(8080, 8180)

    @property
    def endpoint_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def registry_host(self) -> str:
        """The host of image references; `<account>.dkr.ecr.<region>.amazonaws.com` on AWS."""
        return f"{self.host}:{self.port}"
