"""Image references as people write them."""

import re
from dataclasses import dataclass, replace

from emulator.data_plane.image_builder.errors import DockerError

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<host>localhost(?::\d+)?|[\w.-]+(?:\.[\w.-]+|:\d+))/)?(?P<name>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True)
class Reference:
    """A registry's host (empty where none is given), a repository, a tag or a digest or both."""

    host: str
    name: str
    tag: str
    digest: str = ""

    @property
    def repository(self) -> str:
        return f"{self.host}/{self.name}" if self.host else self.name

    @property
    def is_local_registry(self) -> bool:
        """Tell a registry on this machine's loopback, which speaks plain HTTP."""
        return self.host.partition(":")[0] in {"127.0.0.1", "localhost"}

    def __str__(self) -> str:
        if self.digest:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag}"

    def with_tag(self, tag: str) -> "Reference":
        return replace(self, tag=tag)


def parse_reference(text: str) -> Reference:
    """Read a reference; the tag is `latest` where none is given. Raises DockerError."""
    match = _REFERENCE.fullmatch(text)
    if not match:
        raise DockerError(f'invalid argument "{text}": invalid reference format')
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return Reference(match["host"] or "", match["name"], tag, match["digest"] or "")
