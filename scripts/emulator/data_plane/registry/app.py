"""The registry's HTTP side, at /v2: what Docker's and OCI's clients push to and pull from.

Source: OCI distribution specification 1.1; Amazon ECR user guide, "Private registry
authentication". Who may log in and what a repository accepts is ECR's to say, so that both
views agree.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from emulator.control_plane.registration import backend
from emulator.data_plane.registry import protocol
from emulator.data_plane.registry.blobs import UploadOutOfOrder, UploadUnknown, is_digest
from emulator.data_plane.registry.content import blob_response, chunks
from emulator.data_plane.registry.protocol import ProtocolError
from emulator.data_plane.registry.store import ImageRecord, RepositoryKey
from emulator.data_plane.registry.tokens import Grant, TokenExpired, TokenInvalid
from emulator.runtime import Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "/v2"

_MAX_MANIFEST_BYTES = 4 * 1024 * 1024
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_NAME = r"(?P<name>[^?]+?)"
_ROUTES = [
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"/v2/?", "ping"),
        (rf"/v2/{_NAME}/blobs/uploads/?", "uploads"),
        (rf"/v2/{_NAME}/blobs/uploads/(?P<reference>[^/]+)", "upload"),
        (rf"/v2/{_NAME}/blobs/(?P<reference>[^/]+)", "blob"),
        (rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)", "manifest"),
        (rf"/v2/{_NAME}/tags/list", "tags"),
    )
]

Handler = Callable[[Request, RepositoryKey, str], Response]


class RegistryApp:
    """A WSGI app; it runs without the runtime's lock and takes it to ask ECR."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._store = runtime.images
        self._handlers: dict[tuple[str, str], Handler] = {
            ("POST", "uploads"): self._start_upload,
            ("GET", "upload"): self._describe_upload,
            ("PATCH", "upload"): self._append,
            ("PUT", "upload"): self._finish_upload,
            ("DELETE", "upload"): self._cancel_upload,
            ("GET", "blob"): self._read_blob,
            ("HEAD", "blob"): self._read_blob,
            ("DELETE", "blob"): self._delete_blob,
            ("GET", "manifest"): self._read_manifest,
            ("HEAD", "manifest"): self._read_manifest,
            ("PUT", "manifest"): self._put_manifest,
            ("DELETE", "manifest"): self._delete_manifest,
            ("GET", "tags"): self._list_tags,
        }

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except ProtocolError as error:
            response = error.response()
        except ServiceException as error:
            response = protocol.from_ecr(error).response()
        except HTTPException as error:
            response = Response(str(error), error.code or 500)
        response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        matches = ((pattern.fullmatch(request.path), kind) for pattern, kind in _ROUTES)
        match, kind = next((found for found in matches if found[0]), (None, ""))
        grant = self._grant(request)
        if kind == "ping":
            return Response("{}", content_type="application/json")
        handler = self._handlers.get((request.method, kind))
        if match is None or handler is None:
            raise protocol.unsupported(request.method, request.path)
        found = match.groupdict()
        key = self._ecr(grant, lambda ecr: ecr.key(found["name"]))
        return handler(request, key, found.get("reference") or "")

    # who asks, and whom we ask

    def _grant(self, request: Request) -> Grant:
        given = request.authorization
        token = request.args.get("token", "")
        if given and given.type == "basic" and given.username == "AWS":
            token = given.password or ""
        endpoint_url = self._runtime.settings.endpoint_url
        if not token:
            raise protocol.Unauthorized(endpoint_url, "Not Authorized")
        try:
            return self._store.tokens.verify(token, self._runtime.clock.now())
        except TokenInvalid as error:
            raise protocol.Unauthorized(endpoint_url, f"Not Authorized: {error}") from error
        except TokenExpired as error:
            raise ProtocolError(
                403, "DENIED", "Your authorization token has expired. Reauthenticate and try again."
            ) from error

    def _ecr(self, owner: Grant | RepositoryKey, ask: Callable[[Any], Any]) -> Any:
        """Ask ECR's backend, with the lock held."""
        with self._runtime.lock:
            return ask(backend("ecr", owner.account_id, owner.region))

    # uploads

    def _start_upload(self, request: Request, key: RepositoryKey, _reference: str) -> Response:
        mounted = request.args.get("mount")
        source = RepositoryKey(key.account_id, key.region, request.args.get("from", ""))
        if mounted and is_digest(mounted) and self._has(source, mounted):
            self._store.link_blob(key, mounted)
            return _blob_created(key, mounted)
        upload_id = self._store.blobs.start_upload()
        if "digest" in request.args:
            return self._finish_upload(request, key, upload_id)
        return self._upload_response(key, upload_id, 0, 202)

    def _describe_upload(self, _request: Request, key: RepositoryKey, upload_id: str) -> Response:
        try:
            size = self._store.blobs.upload_size_bytes(upload_id)
        except UploadUnknown as error:
            raise protocol.upload_unknown(upload_id) from error
        return self._upload_response(key, upload_id, size, 204)

    def _append(self, request: Request, key: RepositoryKey, upload_id: str) -> Response:
        size = self._take(request, upload_id)
        return self._upload_response(key, upload_id, size, 202)

    def _finish_upload(self, request: Request, key: RepositoryKey, upload_id: str) -> Response:
        self._take(request, upload_id)
        wanted = request.args.get("digest", "")
        if not is_digest(wanted):
            self._store.blobs.cancel(upload_id)
            raise protocol.digest_invalid(f"`{wanted}` is not a sha256 digest")
        try:
            digest = self._store.blobs.finish(upload_id, wanted)
        except ValueError as error:
            raise protocol.digest_invalid(str(error)) from error
        self._store.link_blob(key, digest)
        return _blob_created(key, digest)

    def _cancel_upload(self, _request: Request, _key: RepositoryKey, upload_id: str) -> Response:
        try:
            self._store.blobs.cancel(upload_id)
        except UploadUnknown as error:
            raise protocol.upload_unknown(upload_id) from error
        return Response(status=204)

    def _take(self, request: Request, upload_id: str) -> int:
        given = re.match(r"(?:bytes[ =])?(\d+)-(\d+)", request.headers.get("Content-Range", ""))
        try:
            first_byte = int(given[1]) if given else None
            return self._store.blobs.append(upload_id, chunks(request), first_byte)
        except UploadUnknown as error:
            raise protocol.upload_unknown(upload_id) from error
        except UploadOutOfOrder as error:
            reason = f"the next byte of the upload is {error.size_bytes}"
            raise ProtocolError(416, "BLOB_UPLOAD_INVALID", reason) from error

    def _upload_response(
        self, key: RepositoryKey, upload_id: str, size: int, status: int
    ) -> Response:
        headers = {
            "Location": f"/v2/{key.name}/blobs/uploads/{upload_id}",
            "Range": f"0-{max(size - 1, 0)}",
            "Docker-Upload-UUID": upload_id,
        }
        return Response(status=status, headers=headers)

    # blobs

    def _has(self, key: RepositoryKey, digest: str) -> bool:
        return self._store.blob_size_bytes(key, digest) is not None

    def _read_blob(self, request: Request, key: RepositoryKey, digest: str) -> Response:
        size = self._store.blob_size_bytes(key, digest)
        if size is None:
            raise protocol.blob_unknown(digest)
        response = blob_response(request, self._store.blobs.path(digest), size)
        response.headers["Docker-Content-Digest"] = digest
        return response

    def _delete_blob(self, _request: Request, key: RepositoryKey, digest: str) -> Response:
        if not self._store.unlink_blob(key, digest):
            raise protocol.blob_unknown(digest)
        return Response(status=202)

    # manifests

    def _read_manifest(self, request: Request, key: RepositoryKey, reference: str) -> Response:
        manifest = self._record(key, reference).manifest
        body = b"" if request.method == "HEAD" else manifest.body
        response = Response(body, content_type=manifest.media_type)
        response.content_length = len(manifest.body)
        response.headers["Docker-Content-Digest"] = manifest.digest
        return response

    def _put_manifest(self, request: Request, key: RepositoryKey, reference: str) -> Response:
        body = request.get_data()
        if len(body) > _MAX_MANIFEST_BYTES:
            raise ProtocolError(413, "SIZE_INVALID", "a manifest has at most 4 MiB")
        by_digest = is_digest(reference)
        if not by_digest and not _TAG.fullmatch(reference):
            raise ProtocolError(400, "TAG_INVALID", f"`{reference}` is no tag")
        tag, digest = (None, reference) if by_digest else (reference, None)
        media_type = request.mimetype or None
        record = self._ecr(key, lambda ecr: ecr.push(key.name, body, media_type, tag, digest))
        headers = {
            "Location": f"/v2/{key.name}/manifests/{record.manifest.digest}",
            "Docker-Content-Digest": record.manifest.digest,
        }
        return Response(status=201, headers=headers)

    def _delete_manifest(self, _request: Request, key: RepositoryKey, reference: str) -> Response:
        digest = self._record(key, reference).manifest.digest
        tag = None if is_digest(reference) else reference
        self._ecr(key, lambda ecr: ecr.remove_image(key.name, digest, tag))
        return Response(status=202)

    def _record(self, key: RepositoryKey, reference: str) -> ImageRecord:
        record = self._store.find(key, reference)
        if record is None:
            raise ProtocolError(404, "MANIFEST_UNKNOWN", "Requested image not found")
        return record

    def _list_tags(self, request: Request, key: RepositoryKey, _reference: str) -> Response:
        tags = sorted(tag for record in self._store.images(key) for tag in record.tags)
        last = request.args.get("last", "")
        left = [tag for tag in tags if tag > last]
        limit = request.args.get("n", len(left), type=int)
        shown = left[: max(limit, 0)]
        listing = json.dumps({"name": key.name, "tags": shown})
        response = Response(listing, content_type="application/json")
        if shown and len(shown) < len(left):
            following = f"/v2/{key.name}/tags/list?n={limit}&last={quote(shown[-1])}"
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response


def _blob_created(key: RepositoryKey, digest: str) -> Response:
    headers = {
        "Location": f"/v2/{key.name}/blobs/{digest}",
        "Docker-Content-Digest": digest,
    }
    return Response(status=201, headers=headers)
