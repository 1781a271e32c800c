"""The errors of the distribution protocol, by their codes.

Source: OCI distribution specification, "Error codes"; the wording is ECR's where it has its own.
"""

import json

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Response


class ProtocolError(Exception):
    """An answer that refuses: a status, a code and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> Response:
        body = {"errors": [{"code": self.code, "message": str(self)}]}
        return Response(json.dumps(body), self.status, content_type="application/json")


class Unauthorized(ProtocolError):
    """Nobody has logged in, or with what is no token; the challenge is ECR's."""

    def __init__(self, endpoint_url: str, reason: str) -> None:
        super().__init__(401, "UNAUTHORIZED", reason)
        self._challenge = f'Basic realm="{endpoint_url}/",service="ecr.amazonaws.com"'

    def response(self) -> Response:
        response = super().response()
        response.headers["WWW-Authenticate"] = self._challenge
        return response


def blob_unknown(digest: str) -> ProtocolError:
    return ProtocolError(404, "BLOB_UNKNOWN", f"blob `{digest}` is unknown to the registry")


def upload_unknown(upload_id: str) -> ProtocolError:
    return ProtocolError(404, "BLOB_UPLOAD_UNKNOWN", f"no upload `{upload_id}` is under way")


def digest_invalid(reason: str) -> ProtocolError:
    return ProtocolError(400, "DIGEST_INVALID", reason)


def unsupported(method: str, path: str) -> ProtocolError:
    return ProtocolError(405, "UNSUPPORTED", f"{method} {path} is not supported by this registry")


_CODES = {
    "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
    "ImageNotFoundException": (404, "MANIFEST_UNKNOWN"),
    "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
    "ImageDigestDoesNotMatchException": (400, "DIGEST_INVALID"),
    "LayersNotFoundException": (400, "MANIFEST_BLOB_UNKNOWN"),
    "ReferencedImagesNotFoundException": (400, "MANIFEST_BLOB_UNKNOWN"),
    "InvalidParameterException": (400, "MANIFEST_INVALID"),
}


def from_ecr(error: ServiceException) -> ProtocolError:
    """Say in the protocol's words what ECR refuses."""
    status, code = _CODES.get(error.code, (500, "UNKNOWN"))
    return ProtocolError(status, code, str(error.message))
