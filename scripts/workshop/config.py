"""What a run is about: target, participant, region, folders. Flag before variable before default.

The only module that reads the environment; everything below gets it from `Config.inherited`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from workshop.errors import UsageError

TargetName = Literal["local", "aws"]

TARGETS: tuple[TargetName, ...] = ("local", "aws")
DEFAULT_PARTICIPANT = "workshop"
DEFAULT_PORT = 4566
LOCAL_REGION = "us-west-2"
LOCAL_ACCOUNT = "123456789012"

_PARTICIPANT = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")
_RESERVED = ("amzn-s3-demo-", "internal-", "sg-", "sthree-")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_MARKS = ("pyproject.toml", "terraform", "scripts/workshop")


class EnvVars:
    """Every variable a person may set."""

    TARGET = "TARGET"
    PARTICIPANT = "PARTICIPANT"
    REGION = "AWS_REGION"
    DEFAULT_REGION = "AWS_DEFAULT_REGION"
    PORT = "WORKSHOP_PORT"
    ROOT = "WORKSHOP_ROOT"
    DEBUG = "WORKSHOP_DEBUG"
    MIRROR = "WORKSHOP_MIRROR"
    TERRAFORM_RELEASES = "WORKSHOP_TERRAFORM_RELEASES"


@dataclass(frozen=True)
class Config:
    """One run's settings, valid by construction through `load_config`."""

    root: Path
    target: TargetName = "local"
    participant: str = DEFAULT_PARTICIPANT
    region: str = LOCAL_REGION
    port: int = DEFAULT_PORT
    debug: bool = False
    inherited: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def work_dir(self) -> Path:
        """The participant's clone of the application, kept through resets."""
        return self.root / "work" / self.participant / "hello-server"

    @property
    def state_dir(self) -> Path:
        return self.root / ".workshop"

    @property
    def terraform_dir(self) -> Path:
        return self.root / "terraform"

    @property
    def terraform_data_dir(self) -> Path:
        """`TF_DATA_DIR`: one a target and participant, so that none sees another's backend."""
        return self.state_dir / "terraform" / self.target / self.participant

    @property
    def evidence_dir(self) -> Path:
        return self.state_dir / "evidence" / self.target / self.participant

    @property
    def logs_dir(self) -> Path:
        return self.state_dir / "logs"

    @property
    def endpoint_url(self) -> str | None:
        """Where AWS answers on target `local`; None on `aws`, where each service has its own."""
        return f"http://127.0.0.1:{self.port}" if self.target == "local" else None


def load_config(
    environ: Mapping[str, str],
    *,
    target: str | None = None,
    participant: str | None = None,
    region: str | None = None,
    debug: bool = False,
    cwd: Path | None = None,
    profile_region: Callable[[], str | None] = lambda: None,
) -> Config:
    """Return the settings of a run. `profile_region` is asked last, and on target `aws` only.

    Raises: UsageError naming what was found and the rule.
    """
    chosen = target_name(target or environ.get(EnvVars.TARGET) or "local")
    return Config(
        root=find_root(environ, cwd or Path.cwd()),
        target=chosen,
        participant=participant_name(
            participant or environ.get(EnvVars.PARTICIPANT) or DEFAULT_PARTICIPANT
        ),
        region=_region(chosen, region, environ, profile_region),
        port=_port(environ.get(EnvVars.PORT) or str(DEFAULT_PORT)),
        debug=debug or environ.get(EnvVars.DEBUG, "") not in {"", "0"},
        inherited=dict(environ),
    )


def target_name(value: str) -> TargetName:
    """Return `value` if it is a target. Raises: UsageError."""
    if value not in TARGETS:
        raise UsageError(
            f"Target `{value}` does not exist.",
            "Choose `local` (an AWS on this machine) or `aws` (a real account).",
        )
    return value


def participant_name(value: str) -> str:
    """Return `value` if AWS accepts it at the front of every resource's name.

    Raises: UsageError with the rule that it breaks.
    Source: elasticloadbalancing CreateLoadBalancer `Name` (at most 32 characters, only
    alphanumerics and hyphens, not starting with `internal-`); EC2 CreateSecurityGroup
    `GroupName` (not starting with `sg-`); S3 bucket naming rules.
    """
    reserved = next((one for one in _RESERVED if f"{value}-".startswith(one)), None)
    if not _PARTICIPANT.fullmatch(value):
        rule = (
            "it must have 2 to 20 characters, only lower-case letters, digits and hyphens, "
            "start with a letter and not end with a hyphen"
        )
    elif "--" in value:
        rule = "it must not have two hyphens in a row"
    elif reserved:
        rule = f"AWS keeps names that start with `{reserved}` for itself"
    else:
        return value
    raise UsageError(
        f"Participant `{value}` cannot be used in the names of AWS resources: {rule}.",
        "Choose another with `--participant`, for example `--participant ana`.",
    )


def find_root(environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the project's folder: where this package was installed from, else at or above `cwd`.

    Raises: UsageError if there is none.
    """
    named = environ.get(EnvVars.ROOT)
    candidates = (
        [Path(named)] if named else [Path(__file__).resolve().parents[2], cwd, *cwd.parents]
    )
    for folder in candidates:
        if named or all((folder / mark).exists() for mark in _MARKS):
            return folder.resolve()
    raise UsageError(
        f"`{cwd}` is not in a folder of the workshop: no `terraform/` beside `pyproject.toml`.",
        "Change to the folder that you cloned, and run the command again.",
    )


def _region(
    target: TargetName,
    flag: str | None,
    environ: Mapping[str, str],
    profile_region: Callable[[], str | None],
) -> str:
    if target == "local":
        if flag and flag != LOCAL_REGION:
            raise UsageError(
                f"Region `{flag}` does not exist on target `local`, only `{LOCAL_REGION}` does.",
                "Leave `--region` out.",
            )
        return LOCAL_REGION
    found = (
        flag
        or environ.get(EnvVars.REGION)
        or environ.get(EnvVars.DEFAULT_REGION)
        or profile_region()
    )
    if not found:
        raise UsageError(
            "No region is chosen for target `aws`.",
            "Give one, for example `--region us-west-2`, or set `AWS_REGION`.",
        )
    if not _REGION.fullmatch(found):
        raise UsageError(
            f"Region `{found}` is not the name of an AWS region.",
            "Give one such as `us-west-2`.",
        )
    return found


def _port(value: str) -> int:
    if not value.isdecimal() or not 1024 <= int(value) <= 65535:
        raise UsageError(
            f"`{EnvVars.PORT}` is `{value}`, which is not a port from 1024 to 65535.",
            f"Unset it to use {DEFAULT_PORT}, or choose another.",
        )
    return int(value)
