"""How the front's server reads a connection."""

import logging
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger(__name__)

_TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection. Source: RFC 8446, 5.1."""


class RequestHandler(MotoRequestHandler):
    """moto's handler, that says nothing of clients which try TLS before plain HTTP, as Docker does.

    werkzeug would log each try as three errors, full of bytes, about nothing that is wrong.
    """

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class says so)
        if not getattr(self, "raw_requestline", b"").startswith(_TLS_HANDSHAKE):
            super().log_error(format, *args)

    def connection_dropped(
        self, error: BaseException, environ: "WSGIEnvironment | None" = None
    ) -> None:
        """Note which answer a client did not wait for: it may ask again for what is done."""
        if environ is not None:
            what = environ.get("HTTP_X_AMZ_TARGET") or environ.get("PATH_INFO")
            logger.info("A client went away before its answer, to %s: %s", what, error)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log no request: the parts log what they do."""
