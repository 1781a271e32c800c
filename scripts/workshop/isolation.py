"""What child processes may inherit: the participant's shell must not leak into the labs."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from workshop.config import LOCAL_ACCOUNT, LOCAL_REGION
from workshop.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1", ".localhost")

_TERRAFORM_CHOICES = ("TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR", "TF_INPUT")


def local_variables(endpoint_url: str) -> dict[str, str]:
    """Return what points every AWS client at the emulator, and at no file of the participant."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": LOCAL_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def refuse_loopback_endpoint(environ: Mapping[str, str]) -> None:
    """Raise UsageError if a shell set up for `local` would send target `aws` to this machine."""
    for name, value in sorted(environ.items()):
        if name.startswith("AWS_ENDPOINT_URL") and is_loopback(value):
            raise UsageError(
                f"`{name}` is `{value}`, which is this machine, but the target is `aws`.",
                f"Run `unset {name}` and what was set beside it, or open a new shell.",
            )


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with nothing that an AWS client would read."""
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}


def without_terraform_choices(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with nothing that would change what Terraform is told."""
    return {
        name: value for name, value in environ.items() if not name.startswith(_TERRAFORM_CHOICES)
    }


def proxy_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `NO_PROXY` in both spellings, with what it had and loopback."""
    known = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    names = [name.strip() for name in known.split(",") if name.strip()]
    merged = ",".join([*names, *(name for name in LOOPBACK if name not in names)])
    return {"NO_PROXY": merged, "no_proxy": merged}
