"""Tokens that log a Docker client in, as ECR's GetAuthorizationToken gives them."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=12)
"""Source: ECR API reference, GetAuthorizationToken."""

_SEPARATOR = "|"


class TokenInvalid(ValueError):
    """The password is not a token that this emulator gave."""


class TokenExpired(ValueError):
    """The token is older than twelve hours."""


@dataclass(frozen=True)
class Grant:
    """Whose registry a token opens: on AWS the registry's host name says so."""

    account_id: str
    region: str


class RegistryTokens:
    """Issues and verifies signed tokens; the key lives and dies with the emulator."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, account_id: str, region: str, now: datetime) -> tuple[str, datetime]:
        """Return a token and when it ends."""
        expires = now + LIFETIME
        claim = _SEPARATOR.join((account_id, region, str(int(expires.timestamp()))))
        signed = claim + _SEPARATOR + self._signature(claim)
        return base64.urlsafe_b64encode(signed.encode()).decode(), expires

    def verify(self, token: str, now: datetime) -> Grant:
        """Return what a token grants. Raises TokenInvalid or TokenExpired."""
        try:
            text = base64.urlsafe_b64decode(token.encode()).decode()
            claim, signature = text.rsplit(_SEPARATOR, 1)
            account_id, region, expires = claim.split(_SEPARATOR)
        except (ValueError, binascii.Error) as error:
            raise TokenInvalid("not a token of this registry") from error
        if not hmac.compare_digest(signature, self._signature(claim)):
            raise TokenInvalid("a token of another emulator, or of one that was started since")
        if now.timestamp() >= int(expires):
            raise TokenExpired("the token is older than 12 hours")
        return Grant(account_id, region)

    def _signature(self, claim: str) -> str:
        return hmac.new(self._key, claim.encode(), hashlib.sha256).hexdigest()
