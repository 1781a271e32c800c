"""The way to AWS, real or embedded: the only module that imports boto3."""

import os
import threading
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.client import Config as ClientConfig
from botocore.configprovider import ConstantProvider
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)

from workshop.config import LOCAL_ACCOUNT, Config
from workshop.errors import InfrastructureError, UsageError
from workshop.isolation import is_loopback, refuse_loopback_endpoint

__all__ = [
    "Aws",
    "BotoCoreError",
    "ClientError",
    "EndpointConnectionError",
    "error_code",
    "profile_region",
]

_LOGIN = "Sign in (for example `aws sso login`, or `aws configure`), then run the command again."
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REFUSED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "AuthFailure",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
}


class Aws:
    """boto3 clients of the chosen target, made once each.

    Target `local` takes nothing from `AWS_PROFILE`, `~/.aws` or inherited keys. `unchanging` keeps,
    by kind and id, what AWS would tell the same of for ever: who follows something asks for the
    rest alone.
    """

    def __init__(self, config: Config) -> None:
        self.unchanging: dict[tuple[str, str], Any] = {}
        self._config = config
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()  # clients may be used side by side, sessions may not

    def client(self, service: str) -> Any:
        """Return the client of `service`.

        Raises: UsageError if a profile does not exist, or target `aws` would be this machine.
        """
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    @cached_property
    def account_id(self) -> str:
        """The account that the credentials belong to. Raises: UsageError if they do not work."""
        if self._config.target == "local":
            return LOCAL_ACCOUNT
        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except (NoCredentialsError, CredentialRetrievalError) as error:
            raise UsageError(f"Target `aws` has no AWS credentials: {error}.", _LOGIN) from error
        except (SSOTokenLoadError, UnauthorizedSSOTokenError) as error:
            raise UsageError(f"The AWS session is over: {error}", _LOGIN) from error
        except ClientError as error:
            raise _credentials_error(error) from error
        except BotoCoreError as error:
            raise InfrastructureError(
                f"AWS could not be asked whose credentials these are: {error}.",
                "Check the network and the proxy, then run the command again.",
            ) from error

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    @cached_property
    def _session(self) -> boto3.Session:
        core = botocore.session.Session()
        if self._config.target == "local":
            _isolate(core)
            return boto3.Session(
                botocore_session=core,
                aws_access_key_id=LOCAL_ACCOUNT,
                aws_secret_access_key="local",  # noqa: S106 (no secret: loopback only)
                region_name=self._config.region,
            )
        try:
            return boto3.Session(botocore_session=core, region_name=self._config.region)
        except ProfileNotFound as error:
            raise _missing_profile(error) from error

    def _new_client(self, service: str) -> Any:
        if self._config.target == "local":
            options = ClientConfig(
                proxies={},  # a proxy cannot reach this machine's loopback
                retries={"total_max_attempts": 2, "mode": "standard"},
                s3={"addressing_style": "path"},
                connect_timeout=5,
            )
            return self._session.client(
                service, endpoint_url=self._config.endpoint_url, config=options
            )
        refuse_loopback_endpoint(self._config.inherited)
        try:
            client = self._session.client(
                service, config=ClientConfig(retries={"total_max_attempts": 5, "mode": "standard"})
            )
        except ProfileNotFound as error:
            raise _missing_profile(error) from error
        _refuse_loopback_profile(client)
        return client


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def profile_region() -> str | None:
    """Return the region of the profile in force, if it names one. Raises: UsageError."""
    try:
        region = botocore.session.Session().get_config_variable("region")
    except ProfileNotFound as error:
        raise _missing_profile(error) from error
    return str(region) if region else None


def _isolate(core: botocore.session.Session) -> None:
    """Keep the participant's own AWS configuration out of a session of the emulator."""
    store = core.get_component("config_store")
    for name, value in {
        "profile": None,
        "config_file": os.devnull,
        "credentials_file": os.devnull,
        "ca_bundle": None,
        "use_fips_endpoint": False,
        "use_dualstack_endpoint": False,
    }.items():
        store.set_config_provider(name, ConstantProvider(value))


def _refuse_loopback_profile(client: Any) -> None:
    """Raise UsageError if a profile, rather than a variable, sends target `aws` to this machine."""
    url = str(client.meta.endpoint_url)
    if is_loopback(url):
        client.close()
        raise UsageError(
            f"The AWS profile has `endpoint_url` `{url}`, which is this machine, but the target "
            "is `aws`.",
            "Choose another profile with `AWS_PROFILE`, or take `endpoint_url` out of this one.",
        )


def _missing_profile(error: ProfileNotFound) -> UsageError:
    return UsageError(
        f"`AWS_PROFILE` names a profile that does not exist: {error}.",
        "Unset `AWS_PROFILE`, or name one that `aws configure list-profiles` shows.",
    )


def _credentials_error(error: ClientError) -> UsageError | InfrastructureError:
    code = error_code(error)
    if code in _EXPIRED:
        return UsageError(f"The AWS credentials have expired (`{code}`).", _LOGIN)
    if code in _REFUSED:
        return UsageError(f"AWS does not know these credentials (`{code}`).", _LOGIN)
    return InfrastructureError(f"AWS could not tell whose credentials these are: {error}.", _LOGIN)
